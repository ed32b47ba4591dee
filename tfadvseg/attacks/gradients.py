"""Gradient estimators: the direction in the image that raises an objective, and how high the objective is there."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.objectives import Objective


class Ascent(NamedTuple):
    """What one pass through the network gives: the gradient [N, H, W, 3] of the objective; and at the same images its
    watched score [N], summed over the pixels of each image, and its merit [N]. So an attack may keep its best iterate
    without a pass more."""

    gradient: tf.Tensor
    score: tf.Tensor
    merit: tf.Tensor


Estimator = Callable[[Model, Objective, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | float], Ascent]
"""(model, objective, images [N, H, W, 3], labels [N, H, W], seeds [N, 2], progress) -> Ascent.

The seeds are those of each image at this iterate; a deterministic estimator leaves them alone. progress: the share t/T
of the attack's steps that lie behind it.
"""


def plain_gradient(
    model: Model,
    objective: Objective,
    images: tf.Tensor,
    labels: tf.Tensor,
    seeds: tf.Tensor,
    progress: tf.Tensor | float = 0.0,
) -> Ascent:
    """The gradient of the objective, summed over the pixels, with respect to the images."""
    del seeds
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = model(images)
        targets = objective.targets(lambda: logits, labels)
        raised = tf.reduce_sum(objective.score(logits, targets, progress), (1, 2))
    score, merit = objective.judged(logits, labels, targets, raised)
    # A loaded signature forgets the batch size, and a loop wants to know it.
    return Ascent(
        tf.ensure_shape(tape.gradient(raised, images), images.shape),
        *(tf.ensure_shape(part, images.shape[:1]) for part in (score, merit)),
    )


def usable(gradient: tf.Tensor, attackable: tf.Tensor | None) -> tf.Tensor:
    """A gradient [..., 3] with 0 where nothing may change, and where it is no finite number: one such value would make
    a whole image's step in the Euclidean ball none, and all that a momentum remembers, too."""
    gradient = tf.where(tf.math.is_finite(gradient), gradient, tf.zeros_like(gradient))
    return gradient if attackable is None else gradient * attackable


def samples_of(estimator: Estimator) -> int:
    """How many gradients of the network an estimate takes."""
    return int(getattr(estimator, "samples", 1))
