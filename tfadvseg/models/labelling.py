"""What the scores of inputs say of the photographs that lie in them."""

import tensorflow as tf

from tfadvseg.data.framing import Frame


def labels_on_photographs(
    scores: tf.Tensor, frame: Frame, inside: tf.Tensor, shape: tf.Tensor, dtype: tf.DType = tf.uint8
) -> tf.Tensor:
    """Labels [N, *shape] from the scores [N, h, w, C] of inputs, of which `inside` is the part of photographs of this
    shape; of equal scores the first class wins. dtype: of the labels; uint8 holds those of 256 classes.

    A class at a time where they are resized: of twelve million pixels the scores of all classes would take gigabytes.
    """

    def as_they_are() -> tf.Tensor:
        return tf.cast(tf.argmax(scores[:, : inside[0], : inside[1]], -1), dtype)

    def resized() -> tf.Tensor:
        wanted = tf.concat([tf.shape(scores)[:1], shape], 0)
        best, labels = tf.fill(wanted, float("-inf")), tf.zeros(wanted, dtype)
        for label in tf.range(scores.shape[-1]):
            own = tf.reshape(frame.lift(scores[..., label : label + 1], inside, shape), wanted)
            labels = tf.where(own > best, tf.cast(label, dtype), labels)
            best = tf.maximum(own, best)
        return labels

    labels = tf.cond(tf.reduce_all(inside == shape), as_they_are, resized)
    return tf.ensure_shape(labels, (scores.shape[0], None, None))


def mean_inside(values: tf.Tensor, inside: tf.Tensor) -> tf.Tensor:
    """[N], of values [N, h, w] over the part of the inputs that is photograph."""
    return tf.reduce_mean(values[:, : inside[0], : inside[1]], (1, 2))
