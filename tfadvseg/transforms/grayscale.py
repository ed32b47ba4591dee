"""Grey images, by random proportions of red, green and blue."""

import tensorflow as tf

from tfadvseg.transforms.draws import uniform


def weighted_gray(images: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Images [N, H, W, 3] whose three channels all hold the sum of the channels by each image's weights [N, 3]."""
    weights = tf.cast(weights, images.dtype)[:, tf.newaxis, tf.newaxis, :]
    gray = tf.reduce_sum(images * weights, axis=-1, keepdims=True)
    return tf.ensure_shape(tf.broadcast_to(gray, tf.shape(images)), images.shape)


def simplex_weights(seeds: tf.Tensor) -> tf.Tensor:
    """Convex weights float32 [N, 3], uniform on the simplex (a flat Dirichlet), from seeds [N, 2].

    They are the three lengths into which two uniform points cut the unit interval.
    """
    first, second = tf.unstack(uniform(seeds, (2,), 0.0, 1.0), axis=1)
    low, high = tf.minimum(first, second), tf.maximum(first, second)
    return tf.stack([low, high - low, 1 - high], axis=1)


def grayscale(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Grey images [N, H, W, 3], each with weights of its own, from images and seeds [N, 2]."""
    return weighted_gray(images, simplex_weights(seeds))
