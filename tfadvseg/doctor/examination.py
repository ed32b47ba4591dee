"""What a look at an open model on a few images shows, before anything is concluded from attacks on it."""

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.data.split import Example
from tfadvseg.doctor.memory import activation_bytes
from tfadvseg.doctor.timing import seconds
from tfadvseg.models.postprocessed import Model
from tfadvseg.models.spec import ModelSpec
from tfadvseg.seeds import no_seeds

SAME = 1e-3
"""How far two answers may lie apart, beside their largest value, and still be the same but for the last digits."""

NOISES = (0.25, 1.0, 8.0)
"""Grey levels of noise that `examine` adds."""

NO_DERIVATIVE = "an operation without a derivative, such as rounding, stands between its input and its scores"


@dataclasses.dataclass(frozen=True)
class InputGradient:
    """Shares of its values that are exactly zero and that are no finite numbers. missing: why there is none at all, or
    ""."""

    zero: float
    not_finite: float
    missing: str = ""


def input_gradient(model: Model, images: tf.Tensor) -> InputGradient:
    """Of the loss that leads away from the model's own predictions."""
    try:
        found = _gradient(model, images)
    except (LookupError, TypeError, AttributeError, ValueError, tf.errors.OpError) as error:
        said = " ".join(str(error).split())[:200]
        return InputGradient(1.0, 0.0, NO_DERIVATIVE if "NoneType" in said else said or type(error).__name__)
    if found is None:
        return InputGradient(1.0, 0.0, NO_DERIVATIVE)
    values = found.numpy()
    return InputGradient(float(np.mean(values == 0)), float(np.mean(~np.isfinite(values))))


def _gradient(model: Model, images: tf.Tensor) -> tf.Tensor:
    labels = tf.argmax(model(images), -1, tf.int32)
    return plain_gradient(model, away_from_labels, images, labels, no_seeds(images)).gradient


def repeats(first: np.ndarray, again: np.ndarray) -> bool:
    """Whether a model gave the same logits twice, but for the last digits of a parallel sum."""
    return bool(np.abs(first - again).max() <= SAME * np.abs(first).max())


def alone_as_in_company(model: Model, images: tf.Tensor) -> bool:
    """Whether the first image [N, H, W, 3] gets the logits by itself that it gets among the others."""
    return repeats(model(images)[:1].numpy(), model(images[:1]).numpy())


def response(model: Model, images: tf.Tensor, size: float, seed: int = 0) -> float:
    """How far noise of +-`size` grey levels moves the logits: the norm of the change beside theirs."""
    clean = model(images).numpy()
    signs = tf.sign(tf.random.stateless_normal(tf.shape(images), (seed, 1)))
    moved = model(images + size * signs).numpy() - clean
    return float(np.linalg.norm(moved)) / max(float(np.linalg.norm(clean)), 1e-30)


def least_multiple(
    call: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, multiples: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128)
) -> int | None:
    """The least number whose multiples as sides a network takes, where it does not take those of `images`. Tried on
    odd multiples, since 192 as a multiple of 2 is one of 64, too."""
    for multiple in multiples:
        pads = [[0, -(side - multiple) % (2 * multiple)] for side in images.shape[1:3]]
        try:
            call(tf.pad(images, [[0, 0], *pads, [0, 0]]))
        except Exception:  # whatever its graph happens to hit
            continue
        return multiple
    return None


@dataclasses.dataclass(frozen=True)
class Examination:
    """What `examine` finds. moves: {grey levels of noise: how far it moves the logits}. forward, backward: seconds of a
    forward pass and an input gradient of one image. activations: bytes that a gradient keeps of one image."""

    gradient: InputGradient
    moves: dict[float, float]
    repeats: bool
    alone: bool
    forward: float
    backward: float
    activations: int


def examine(model: Model, images: tf.Tensor) -> Examination:
    """Everything above, of a model on a few images [N, H, W, 3] of one size; times are medians of three calls."""
    first = images[:1]
    gradient = input_gradient(model, first)  # it also warms up
    return Examination(
        gradient,
        {noise: response(model, first, noise) for noise in NOISES},
        repeats(model(first).numpy(), model(first).numpy()),
        alone_as_in_company(model, images),
        statistics.median(seconds(model, first) for _ in range(3)),
        math.nan
        if gradient.missing
        else statistics.median(seconds(lambda x: _gradient(model, x), first) for _ in range(3)),
        activation_bytes(model, (images.shape[1], images.shape[2])),
    )


def placed(spec: ModelSpec, photographs: Sequence[Example]) -> tf.Tensor:
    """Photographs of one size as the model's input [N, H, W, 3]."""
    return tf.stack([spec.frame.place(tf.constant(image, tf.float32))[0] for _, image, _ in photographs])


def pair_of_a_size(photographs: Sequence[Example]) -> list[Example]:
    """The first and another as large, or the first upside down."""
    first = photographs[0]
    alike = [other for other in photographs[1:] if other.image.shape == first.image.shape]
    return [first, alike[0] if alike else first._replace(image=first.image[::-1])]
