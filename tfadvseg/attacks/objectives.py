"""What an attack raises: a score [N, H, W] for each pixel, zero where the label is ignored.

A targeted attack is a negated loss on other labels, not a second kind of attack. So an objective is made of a rule for
the labels, a loss and a sign.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfadvseg.conventions import IGNORED

Look = Callable[[], tf.Tensor]
"""Gives the network's logits [N, H, W, C] at the iterate; a rule that does not call it costs no forward pass."""

LabelRule = Callable[[Look, tf.Tensor], tf.Tensor]
"""(look, labels given to the attack [N, H, W]) -> labels that the loss refers to [N, H, W]."""

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(logits [N, H, W, C], labels [N, H, W] without ignored ones) -> [N, H, W]."""


def given(look: Look, labels: tf.Tensor) -> tf.Tensor:
    """The labels that the attack was given: the network's clean prediction, or the ground truth."""
    del look
    return labels


def least_likely(look: Look, labels: tf.Tensor) -> tf.Tensor:
    """Each pixel's least likely class at this iterate.

    Ties, which a saturated softmax would have, are settled by the logits: the first least one wins.
    """
    del labels
    return tf.argmin(look(), axis=-1, output_type=tf.int32)


@dataclasses.dataclass(frozen=True)
class OneClass:
    """The same class everywhere."""

    target: int

    def __post_init__(self):
        if self.target < 0:
            raise ValueError(f"A target class is counted from 0; got {self.target}.")

    def __call__(self, look: Look, labels: tf.Tensor) -> tf.Tensor:
        del look
        return tf.fill(tf.shape(labels), self.target)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy [N, H, W] of the softmax to the labels."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


@dataclasses.dataclass(frozen=True)
class Objective:
    """sign * loss(logits, rule's labels), to be raised: sign 1 leads away from the labels, -1 toward them."""

    rule: LabelRule
    sign: float
    loss: Loss = cross_entropy

    def targets(self, look: Look, labels: tf.Tensor) -> tf.Tensor:
        """The labels [N, H, W] of the loss; ignored where those given to the attack are."""
        return tf.where(labels != IGNORED, self.rule(look, labels), IGNORED)

    def score(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """The score [N, H, W] of logits [N, H, W, C], 0 where the target is ignored."""
        counted = targets != IGNORED
        loss = self.loss(logits, tf.where(counted, targets, 0))
        return tf.where(counted, self.sign * loss, tf.zeros_like(loss))

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The score [N, H, W] where targets are read from the same logits."""
        return self.score(logits, self.targets(lambda: logits, labels))


away_from_labels = Objective(given, 1.0)
"""Eq. 3 and 5 of the paper."""

toward_least_likely = Objective(least_likely, -1.0)
"""Eq. 4 and 6; the target is read anew from each iterate."""


def toward_class(target: int) -> Objective:
    """Toward one class everywhere."""
    return Objective(OneClass(target), -1.0)


@dataclasses.dataclass(frozen=True)
class ScaledCrossEntropy:
    """Cross-entropy of logits / temperature.

    Divides nothing but the confidence: where the softmax of the logits themselves is 1 in float32, and its loss and
    gradient are 0, that of the scaled logits has both. An attack on it shows whether confidence masks the gradient.
    """

    temperature: float

    def __post_init__(self):
        if not self.temperature > 0:
            raise ValueError(f"A temperature must be more than 0; got {self.temperature}.")

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return cross_entropy(logits / self.temperature, labels)
