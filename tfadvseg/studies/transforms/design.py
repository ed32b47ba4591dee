"""Random input transforms as defenses, against attacks that do not know them and attacks that do (section 7)."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.expectation import ExpectedGradient, sign_agreement
from tfadvseg.attacks.seeds import image_seeds
from tfadvseg.attacks.sign_attack import SignAttack
from tfadvseg.experiments.encounter import Encounter, Protocol, View
from tfadvseg.experiments.evidence import FAILS, HOLDS, Claim, Evidence, each, text, verdict
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.transforms import TRANSFORMS

MakeProtocol = Callable[..., Protocol]
"""Settings of all attacks -> the protocol, such as protocol(gradient=...)."""


def defenses(
    model: LoadedModel, protocol: MakeProtocol, transforms: Sequence[str], trials: int, samples: int, at_once: int
) -> list[Encounter]:
    """Figures 6 and 7: each transform before the network, against the plain attack and against one that expects it."""
    views = (View(model), *(View(model, name, trials) for name in transforms))
    aware = [_aware(model, protocol, name, (View(model, name, trials),), samples, at_once) for name in transforms]
    return [Encounter(model, protocol(), views), *aware]


def transfers(
    model: LoadedModel, protocol: MakeProtocol, transforms: Sequence[str], trials: int, samples: int, at_once: int
) -> list[Encounter]:
    """Table 2 and Figure 8: every transform that an attack expects against every one before the network."""
    views = (View(model), *(View(model, name, trials) for name in transforms))
    aware = [_aware(model, protocol, name, views, samples, at_once) for name in transforms]
    return [Encounter(model, protocol(), views), *aware]


def _aware(model, protocol, name, views, samples, at_once) -> Encounter:
    estimator = ExpectedGradient(TRANSFORMS[name], samples, at_once)
    return Encounter(model, protocol(gradient=estimator), views, transform=name, clean=False)


def agreement(
    model: LoadedModel, batch: dict[str, tf.Tensor], transforms: Sequence[str], attack: SignAttack, seed: int
) -> dict[str, dict[int, float]]:
    """How often two independent expectations over a transform agree in the sign of the gradient, by their samples.

    On one batch, at the untouched images and away from or toward the labels that the attack's objective names there.
    """
    images = batch["image"]
    seeds = tf.constant(image_seeds(seed, [name.decode() for name in batch["id"].numpy()], purpose="agreement"))
    labels = tf.argmax(model(images), -1, tf.int32)
    return {
        name: sign_agreement(TRANSFORMS[name], model, attack.objective, images, labels, seeds) for name in transforms
    }


STATEMENTS = {
    "C58": "Each transform raises the IoU under an attack that does not know it",
    "C59": "JPEG and blur help most, then HSV jitter, then grayscale",
    "C60": "The effect varies little over the trials: two standard deviations are less than the gain",
    "C61": "Each transform changes the clean IoU by at most 2 points",
    "C62": "Each transform changes the IoU more on attacked than on clean images",
    "C64": "Each transform helps little (by at most 5 points) once the attack expects it",
    "C65": "Each transform that helps loses over half of its gain to the attack that expects it (in per cent of it)",
    "C66": "Attacks that expect JPEG or blur transfer badly to HSV jitter and grayscale (5 points or more behind)",
    "C67": "Attacks that expect grayscale transfer best to the other transforms (mean IoU over them)",
    "C68": "Attacks that expect JPEG, blur or HSV jitter are stronger than the plain one even without a transform",
}
"""The claims of section 7 that can be judged, by their numbers in BUILD_NOTES."""


def claims(evidence: Evidence, model: str, attack: str, epsilon: float, transforms: Sequence[str]) -> list[Claim]:
    """What section 7 of the paper claims, on one network at one epsilon: of STATEMENTS, those whose cells were run."""

    def j(inference: str, expected: str = "none", touched: bool = True) -> np.ndarray:
        kind, size = (attack, epsilon) if touched else ("clean", 0.0)
        return evidence.iou(
            model=model, attack=kind, epsilon=size, inference_transform=inference, attack_transform=expected
        )

    plain, clean = j("none"), j("none", touched=False)
    gains = {name: j(name) - plain for name in transforms}
    changes = {name: j(name, touched=False) - clean for name in transforms}
    more = {name: np.abs(gains[name]) - np.abs(changes[name]) for name in transforms}
    spreads = {
        name: evidence.spread(
            model=model, attack=attack, epsilon=epsilon, inference_transform=name, attack_transform="none"
        ) for name in transforms
    }  # fmt: skip
    left = {name: j(name, name) - plain for name in transforms}
    helpful = [name for name in transforms if gains[name][0] > 0]  # of no gain nothing can be lost
    taken = {name: 100 * (j(name) - j(name, name)) / np.where(gains[name] > 0, gains[name], np.nan) for name in helpful}
    found = [
        each("C58", STATEMENTS["C58"], gains, lambda gain: gain > 0),
        *_order(gains),
        _steady(gains, spreads),
        each("C61", STATEMENTS["C61"], changes, lambda change: np.abs(change) <= 2),
        each("C62", STATEMENTS["C62"], more, lambda difference: difference > 0),
        each("C64", STATEMENTS["C64"], left, lambda gain: gain <= 5),
        *([each("C65", STATEMENTS["C65"], taken, lambda share: share > 50)] if taken else []),
    ]
    return found + (_transfer_claims(j, plain, transforms) if _crossed(evidence, transforms) else [])


def _transfer_claims(j, plain, transforms) -> list[Claim]:
    behind = {
        f"{k} to {i}": j(i, k) - j(i, i)
        for k in ("jpeg", "blur") for i in ("hsv", "grayscale") if {i, k} <= set(transforms)
    }  # fmt: skip
    abroad = {k: np.mean([j(i, k) for i in transforms if i != k], 0) for k in transforms}
    stronger = {k: plain - j("none", k) for k in transforms if k != "grayscale"}
    found = [each("C66", STATEMENTS["C66"], behind, lambda difference: difference > 5)]
    if "grayscale" in transforms and len(transforms) > 1:
        best = abroad["grayscale"] < np.min([abroad[k] for k in transforms if k != "grayscale"], 0)
        measured = "; ".join(f"{k} {text(value)}" for k, value in abroad.items())
        found.append(Claim("C67", STATEMENTS["C67"], verdict(best), measured))
    return [*found, each("C68", STATEMENTS["C68"], stronger, lambda gain: gain > 0)]


def _crossed(evidence: Evidence, transforms: Sequence[str]) -> bool:
    """Whether every transform of an attack met every one before the network."""
    known = {(cell.attack_transform, cell.inference_transform) for cell in evidence.found.cells}
    return {(k, i) for k in transforms for i in ("none", *transforms)} <= known and len(transforms) > 1


def _order(gains: dict[str, np.ndarray]) -> list[Claim]:
    """C59, where all four were run."""
    if not {"jpeg", "blur", "hsv", "grayscale"} <= set(gains):
        return []
    most = np.minimum(gains["jpeg"], gains["blur"])
    ordered = (most > gains["hsv"]) & (gains["hsv"] > gains["grayscale"]) & (gains["grayscale"] > 0)
    ranked = sorted(gains, key=lambda name: -gains[name][0])
    measured = "; ".join(f"{name} {text(gains[name], '+.1f')}" for name in ranked)
    return [Claim("C59", STATEMENTS["C59"], verdict(ordered), measured)]


def _steady(gains: dict[str, np.ndarray], spreads: dict[str, float]) -> Claim:
    steady = all(spreads[name] < gains[name][0] for name in gains)
    measured = "; ".join(f"{name} {spread:.2f} of {gains[name][0]:+.1f}" for name, spread in spreads.items())
    return Claim("C60", STATEMENTS["C60"], HOLDS if steady else FAILS, measured)
