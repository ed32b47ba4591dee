"""When an attack that looks for a small perturbation has found one: enough pixels are where it wants them."""

import dataclasses

import tensorflow as tf

from tfadvseg.attacks.objectives import Objective
from tfadvseg.conventions import IGNORED

GOAL = 0.99
"""Share of the counted pixels of an image, as Rony et al. (2023) and Xie et al. (2017) have it."""


@dataclasses.dataclass(frozen=True)
class ShareReached:
    """A merit (`merits.Merit`): the share [N] of an image's counted pixels that lie where the objective leads, so with
    another prediction than their label, or toward labels with that one; 1 where no pixel counts."""

    objective: Objective

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        """The share [N] by logits [N, H, W, C] and labels int32 [N, H, W]; of the score only the dtype is taken."""
        targets = self.objective.targets(lambda: logits, labels)
        there = tf.equal(tf.argmax(logits, -1, targets.dtype), targets)
        return share(there if self.objective.sign < 0 else ~there, targets != IGNORED, score.dtype)


def share(reached: tf.Tensor, counted: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Share [N] of the counted pixels, bool [N, H, W], that are reached; 1 where none is counted."""
    number = tf.reduce_sum(tf.cast(counted, dtype), (1, 2))
    found = tf.reduce_sum(tf.cast(reached & counted, dtype), (1, 2))
    return tf.where(number > 0, tf.math.divide_no_nan(found, number), tf.ones_like(number))


def check(goal: float) -> None:
    """ValueError unless it is a share."""
    if not 0 < goal <= 1:
        raise ValueError(f"A goal is a share of the pixels, above 0 and at most 1; got {goal}.")
