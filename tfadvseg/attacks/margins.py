"""How far a pixel is from another prediction, in logits: (logits [N, H, W, C], labels [N, H, W]) -> [N, H, W]."""

import tensorflow as tf

TOLERANCE = 1e-4
"""Logits by which a label must fall behind, so that no tie counts as another prediction."""


def lead(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """z_y - max_{k != y} z_k: above 0 where the label is predicted, below where it is not."""
    own = tf.one_hot(labels, logits.shape[-1], on_value=True, off_value=False, dtype=tf.bool)
    others = tf.where(own, tf.constant(float("-inf"), logits.dtype), logits)
    return of_class(logits, labels) - tf.reduce_max(others, -1)


def relative_lead(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """(z_y - max_{k != y} z_k + 1e-4) / (z_(1) - z_(3) + 1e-8), which no scale of the logits changes: the constraint of
    ALMA prox, met at 0 and below (Rony et al. 2023). Of two classes, which have no third, the lead alone."""
    gap = lead(logits, labels) + TOLERANCE
    if logits.shape[-1] < 3:
        return gap
    highest = tf.math.top_k(logits, 3).values
    return gap / (highest[..., 0] - highest[..., 2] + 1e-8)


def of_class(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The logit of each pixel's label."""
    return tf.gather(logits, labels, axis=-1, batch_dims=3)
