"""What decides between two perturbations of an image: the merit of each, larger where the attack is better.

The objective that an attack follows need not be what it is wanted for: its weights may change with the time, or look
away from pixels that are lost already.
"""

from collections.abc import Callable

import tensorflow as tf

from tfadvseg.conventions import IGNORED, LEFT_OUT

Merit = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""(logits [N, H, W, C], labels given to the attack [N, H, W], score [N]) -> [N]."""


def raised(logits: tf.Tensor, labels: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
    """How high the watched loss is."""
    del logits, labels
    return score


def fewest_right(logits: tf.Tensor, labels: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
    """Share of the counted pixels that are still right, negated."""
    use = counted(labels)
    right = tf.logical_and(tf.argmax(logits, -1, labels.dtype) == labels, use)
    right, use = (tf.reduce_sum(tf.cast(part, score.dtype), (1, 2)) for part in (right, use))
    return -tf.math.divide_no_nan(right, use)


def lowest_iou(logits: tf.Tensor, labels: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
    """Mean IoU of the image over the classes that its labels or predictions have, negated."""
    classes, use = logits.shape[-1], tf.cast(counted(labels), score.dtype)[..., None]
    labelled = tf.one_hot(labels, classes, dtype=score.dtype) * use
    predicted = tf.one_hot(tf.argmax(logits, -1), classes, dtype=score.dtype) * use
    hits = tf.reduce_sum(labelled * predicted, (1, 2))
    union = tf.reduce_sum(labelled + predicted, (1, 2)) - hits
    present = tf.reduce_sum(tf.cast(union > 0, score.dtype), -1)
    return -tf.math.divide_no_nan(tf.reduce_sum(tf.math.divide_no_nan(hits, union), -1), present)


def counted(labels: tf.Tensor) -> tf.Tensor:
    """bool: where a label is none of those that do not count."""
    return tf.logical_and(labels != IGNORED, labels != LEFT_OUT)


MERITS: dict[str, Merit] = {"loss": raised, "accuracy": fewest_right, "iou": lowest_iou}
