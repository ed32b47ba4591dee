"""Random input transforms before a network: oblivious attacks, adaptive ones, and what they transfer to."""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfadvseg.attacks.expectation import ExpectedGradient, sign_agreement
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.models.postprocessed import Model
from tfadvseg.models.spec import ModelSpec
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms import named

BASELINE = "clip"
"""Stands for no defense: images within 0..255, as any file holds them."""

MakeProtocol = Callable[..., Protocol]
"""Settings of all attacks -> the protocol, such as protocol(gradient=...)."""


def scenarios(
    model: ModelSpec,
    protocol: MakeProtocol,
    transforms: Sequence[str],
    trials: int,
    samples: int,
    at_once: int,
    cross: bool = False,
) -> list[Scenario]:
    """Each transform before the network, against the oblivious attack and against the one that is adapted to it
    (Figures 6 and 7); with `cross`, every adaptive attack meets every transform (Table 2 and Figure 8).

    Images under attack may leave 0..255, which JPEG and HSV jitter undo beside what they are tried for; so the network
    behind a clip is shown them, too, and stands for the undefended one.

    samples: draws in each adaptive gradient, of which `at_once` share a batch.
    """
    targets = {name: Target(model, name, trials) for name in transforms}
    everyone = (Target(model), Target(model, BASELINE), *targets.values())
    found = [Scenario(model, protocol(), everyone)]
    for name in transforms:
        adaptive = protocol(gradient=ExpectedGradient(named(name), samples, at_once))
        met = everyone if cross else (targets[name],)
        attacked = tuple(dataclasses.replace(target, clean=False) for target in met)
        found.append(Scenario(model, adaptive, attacked, transform=name))
    return found


def agreement(
    model: Model, batch: dict[str, tf.Tensor], transforms: Sequence[str], attack: GradientAscent, seed: int
) -> dict[str, dict[int, float]]:
    """How often two independent expectations over a transform agree in the sign of the gradient, by their samples.

    On one batch, at the untouched images and away from or toward the labels that the attack's objective names there.
    """
    images = batch["image"]
    seeds = tf.constant(image_seeds(seed, [name.decode() for name in batch["id"].numpy()], purpose="agreement"))
    labels = tf.argmax(model(images), -1, tf.int32)
    return {name: sign_agreement(named(name), model, attack.objective, images, labels, seeds) for name in transforms}
