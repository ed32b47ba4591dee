"""The one step that every attack is made of, and the paper's number of them."""

import math

import tensorflow as tf


def sign_step(
    perturbation: tf.Tensor, gradient: tf.Tensor, alpha: tf.Tensor | float, epsilon: tf.Tensor | float
) -> tf.Tensor:
    """clip(perturbation + alpha * sign(gradient), epsilon); alpha and epsilon in grey levels (Eq. 3 to 6).

    The state is the perturbation and not the image, so the bound holds exactly; sign(0) = 0 leaves a pixel alone.
    """
    return tf.clip_by_value(perturbation + alpha * tf.sign(gradient), -epsilon, epsilon)


def within_range(perturbation: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The part of the perturbation that keeps images in 0..255 within 0..255."""
    return tf.clip_by_value(perturbation, -images, 255.0 - images)


def on_8_bits(perturbation: tf.Tensor) -> tf.Tensor:
    """Whole grey levels, toward zero: what of the perturbation of an 8-bit image a PNG can hold, still in the ball."""
    return tf.sign(perturbation) * tf.floor(tf.abs(perturbation))


def iterations(epsilon: float) -> int:
    """min(epsilon + 4, ceil(1.25 epsilon)), at least 1 (Kurakin et al. 2017; section 4 of the paper)."""
    return max(1, math.ceil(min(epsilon + 4, 1.25 * epsilon)))


def iterations_at(epsilon: tf.Tensor) -> tf.Tensor:
    """`iterations` of a radius that is a float32 tensor, int32.

    1.25 of a radius that float32 has rounded up may lie just above a whole number, where 1.25 of the radius that was
    meant is that number: 0.8 would take 2 steps. So what float32 cannot tell from a whole number counts as that.
    """
    radius = tf.cast(epsilon, tf.float64)
    wanted = tf.minimum(radius + 4, 1.25 * radius) * (1 - 2.0**-23)
    return tf.maximum(tf.cast(tf.math.ceil(wanted), tf.int32), 1)
