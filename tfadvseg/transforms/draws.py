"""Stateless random draws, one stream for each image.

What an image draws depends on its own seed alone, neither on its place in the batch nor on the size of it, and is the
same with XLA.
"""

import math
from collections.abc import Sequence

import tensorflow as tf


def uniform(seeds: tf.Tensor, shape: Sequence[int] | tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Independent draws from [low, high], float32 [N, *shape], of seeds int32 [N, 2]."""
    # From bits, since XLA and the kernels without it make other floating-point numbers of the same ones.
    centred = tf.cast(_bits(seeds, shape), tf.float32)  # -2^31 to 2^31
    return (low + high) / 2 + (high - low) * 2.0**-32 * centred


def normal(seeds: tf.Tensor, shape: Sequence[int] | tf.Tensor) -> tf.Tensor:
    """Independent standard normal draws, float32 [N, *shape], of seeds int32 [N, 2] (Box and Muller 1958).

    Their last bits depend on the batch, too: TensorFlow's logarithm and cosine round by where in memory a value lies.
    """
    # Of uniform draws, since XLA makes other normal ones of the same bits.
    drawn = uniform(seeds, tf.concat([[2], shape], 0), 0.0, 1.0)
    length = tf.sqrt(-2 * tf.math.log(tf.maximum(drawn[:, 0], 2.0**-25)))  # half of the least draw above 0
    return length * tf.cos(2 * math.pi * drawn[:, 1])


def derive(seeds: tf.Tensor, salt: int | tf.Tensor) -> tf.Tensor:
    """Other seeds int32 [N, 2], independent of these and of those of another salt (a whole number)."""
    salted = _bits(seeds, (2,)) + tf.stack([tf.cast(salt, tf.int32), 0])  # after a draw, lest neighbouring seeds meet
    return _bits(salted, (2,))


def _bits(seeds: tf.Tensor, shape: Sequence[int] | tf.Tensor) -> tf.Tensor:
    """Random bits, int32 [N, *shape]."""
    # As whole numbers from 0: XLA does not extend the sign of a negative seed to the 64 bits of a key, others do.
    keys = tf.bitwise.bitwise_and(tf.cast(seeds, tf.int64), 0xFFFFFFFF)

    def draw(key: tf.Tensor) -> tf.Tensor:
        # Philox of Salmon et al. 2011, by name: the default is another generator under XLA.
        return tf.random.stateless_uniform(shape, key, None, None, tf.int32, "philox")

    return tf.map_fn(draw, keys, fn_output_signature=tf.int32)
