"""How sure a network is of each pixel."""

import tensorflow as tf


def certainty(logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(confidence, entropy) [N, H, W] of logits [N, H, W, C]: the largest softmax probability, and -sum p ln p in nats,
    which is no number where a logit is none."""
    below = logits - tf.reduce_max(logits, -1, keepdims=True)
    exp = tf.exp(below)
    sums = tf.reduce_sum(exp, -1)
    return 1 / sums, tf.math.log(sums) - tf.reduce_sum(exp * below, -1) / sums
