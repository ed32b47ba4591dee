"""What an attack raises: a score [N, H, W] for each pixel, zero where the label is ignored.

A targeted attack is a negated loss on other labels, not a second kind of attack. Every objective has the signature
(logits [N, H, W, C], labels [N, H, W]) -> [N, H, W]; those that choose their own target read from the labels only
which pixels count.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfadvseg.conventions import IGNORED

Objective = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def away_from_labels(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy [N, H, W] to the labels (Eq. 3 and 5)."""
    return _cross_entropy(logits, labels, labels)


def toward_least_likely(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Minus the cross-entropy [N, H, W] to each pixel's least likely class at this iterate (Eq. 4 and 6).

    Ties, which a saturated softmax would have, are settled by the logits: the first least one wins.
    """
    return -_cross_entropy(logits, tf.argmin(logits, axis=-1, output_type=tf.int32), labels)


@dataclasses.dataclass(frozen=True)
class TowardClass:
    """Minus the cross-entropy [N, H, W] to one class."""

    target: int

    def __post_init__(self):
        if self.target < 0:
            raise ValueError(f"A target class is counted from 0; got {self.target}.")

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return -_cross_entropy(logits, tf.fill(tf.shape(labels), self.target), labels)


def _cross_entropy(logits, targets, labels):
    counted = labels != IGNORED
    targets = tf.where(counted, targets, 0)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.where(counted, loss, 0.0)
