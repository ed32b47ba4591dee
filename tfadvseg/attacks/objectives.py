"""What an attack raises: a score [N, H, W] for each pixel, zero where the label is ignored.

A targeted attack is a negated loss on other labels, not a second kind of attack. So an objective is made of a rule for
the labels, a loss and a sign.
"""

import dataclasses
from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

from tfadvseg.attacks.merits import Merit, fewest_right, raised
from tfadvseg.conventions import IGNORED, LEFT_OUT

GetLogits = Callable[[], tf.Tensor]
"""Gives the network's logits [N, H, W, C] at the iterate; a rule that does not call it costs no forward pass."""

LabelRule = Callable[[GetLogits, tf.Tensor], tf.Tensor]
"""(get_logits, labels given to the attack [N, H, W]) -> labels that the loss refers to [N, H, W]."""

Progress: TypeAlias = tf.Tensor | float
"""The share t/T of an attack's steps that lie behind it: 0 at the first, (T - 1) / T at the last."""

Loss = Callable[[tf.Tensor, tf.Tensor, Progress], tf.Tensor]
"""(logits [N, H, W, C], labels [N, H, W] without ignored ones, progress) -> [N, H, W]. All losses are told the
progress, so that no loop has to ask which one it holds."""


def given(get_logits: GetLogits, labels: tf.Tensor) -> tf.Tensor:
    """The labels that the attack was given: the network's clean prediction, or the ground truth."""
    del get_logits
    return labels


def least_likely(get_logits: GetLogits, labels: tf.Tensor) -> tf.Tensor:
    """Each pixel's least likely class at this iterate.

    Ties, which a saturated softmax would have, are settled by the logits: the first least one wins.
    """
    del labels
    return tf.argmin(get_logits(), axis=-1, output_type=tf.int32)


@dataclasses.dataclass(frozen=True)
class OneClass:
    """The same class everywhere."""

    target: int

    def __post_init__(self) -> None:
        if self.target < 0:
            raise ValueError(f"A target class is counted from 0; got {self.target}.")

    def __call__(self, get_logits: GetLogits, labels: tf.Tensor) -> tf.Tensor:
        """int32 [N, H, W], the target at every pixel, also where the labels given are ignored."""
        del get_logits
        return tf.fill(tf.shape(labels), self.target)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """Cross-entropy [N, H, W] of the softmax to the labels."""
    del progress
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


@dataclasses.dataclass(frozen=True)
class Objective:
    """sign * loss(logits, rule's labels), to be raised: sign 1 leads away from the labels, -1 toward them.

    timed: whether the loss depends on the progress; then attacks of another number of steps share no trajectory.
    watched: the loss that says how far an attack has got, where that is not the loss whose gradient it follows. merit:
    what decides between two of its iterates.
    """

    rule: LabelRule
    sign: float
    loss: Loss = cross_entropy
    timed: bool = False
    watched: Loss | None = None
    merit: Merit = raised

    def targets(self, get_logits: GetLogits, labels: tf.Tensor) -> tf.Tensor:
        """The labels [N, H, W] of the loss; ignored where those given to the attack are LEFT_OUT, or the rule has
        none."""
        return tf.where(labels != LEFT_OUT, self.rule(get_logits, labels), IGNORED)

    def score(self, logits: tf.Tensor, targets: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
        """The score [N, H, W] of logits [N, H, W, C], 0 where the target is ignored."""
        counted = targets != IGNORED
        loss = self.loss(logits, tf.where(counted, targets, 0), progress)
        return tf.where(counted, self.sign * loss, tf.zeros_like(loss))

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
        """The score [N, H, W] where targets are read from the same logits."""
        return self.score(logits, self.targets(lambda: logits, labels), progress)

    def judged(
        self,
        logits: tf.Tensor,
        labels: tf.Tensor,
        targets: tf.Tensor,
        score: tf.Tensor,
        seen: tf.Tensor | float = 1.0,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(the watched score [N], the merit [N]) of logits, where `score` [N] is the sum of this objective's own over
        the share `seen` of the places, divided by that share."""
        if self.watched is not None:
            watched = dataclasses.replace(self, loss=self.watched).score(logits, targets)
            score = tf.reduce_sum(watched, (1, 2)) / seen
        return score, self.merit(logits, labels, score)


away_from_labels = Objective(given, 1.0)
"""Eq. 3 and 5 of the paper."""

toward_least_likely = Objective(least_likely, -1.0, merit=fewest_right)
"""Eq. 4 and 6; the target is read anew from each iterate, so losses of two iterates are to other classes and do not
compare: the image itself, of which the network is least sure, would be taken for the best of them."""


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

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"A temperature must be more than 0; got {self.temperature}.")

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
        """[N, H, W] of logits [N, H, W, C], whatever the progress."""
        return cross_entropy(logits / self.temperature, labels, progress)
