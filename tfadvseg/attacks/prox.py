"""The proximity operator of the largest value, in a metric and a box."""

import tensorflow as tf

HALVINGS = 30
"""Of the interval that holds the solution's norm: below float32's last bit of its upper end."""


def prox_of_max(point: tf.Tensor, boxed: tf.Tensor, metric: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """argmin over p in a box of sum H (p - point)^2 / 2 + weight max |p|, image by image.

    point, metric (H >= 0): [N, H, W, 3]. boxed: the point of the box nearest to `point`; the box holds 0. weight:
    [N, 1, 1, 1]. Where the solution has the norm t it is `boxed` clipped to -t..t, so t alone is sought: the slope of
    the objective in it, weight - sum over |boxed| > t of H (|point| - t), only rises.
    """
    distance, reach = tf.abs(point), tf.abs(boxed)
    high = tf.reduce_max(reach, (1, 2, 3), keepdims=True)
    low = tf.zeros_like(high)
    for _ in tf.range(HALVINGS):
        middle = (low + high) / 2
        pull = tf.reduce_sum(tf.where(reach > middle, metric * (distance - middle), 0.0), (1, 2, 3), keepdims=True)
        falls = pull > weight
        low, high = tf.where(falls, middle, low), tf.where(falls, high, middle)
    return tf.clip_by_value(boxed, -high, high)
