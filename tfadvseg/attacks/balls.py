"""The ball that holds a perturbation: how far one may go, which way is steepest, and where a random start lies."""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import tensorflow as tf


class Ball(Protocol):
    """A frozen dataclass. Radii are in grey levels."""

    def project(self, perturbation: tf.Tensor, epsilon: tf.Tensor | float) -> tf.Tensor:
        """The nearest perturbation [N, H, W, 3] of a norm of at most epsilon."""

    def steepest(self, gradient: tf.Tensor) -> tf.Tensor:
        """The step of norm 1 along which a gradient [N, H, W, 3] rises most, image by image."""

    def noise(self, images: tf.Tensor, epsilon: tf.Tensor | float, seeds: tf.Tensor) -> tf.Tensor:
        """A random perturbation [N, H, W, 3] in the ball, from seeds int32 [N, 2]."""


@dataclasses.dataclass(frozen=True)
class LInf:
    """Every value within epsilon of 0."""

    def project(self, perturbation: tf.Tensor, epsilon: tf.Tensor | float) -> tf.Tensor:
        """Each value by itself, clipped to -epsilon..epsilon."""
        return tf.clip_by_value(perturbation, -epsilon, epsilon)

    def steepest(self, gradient: tf.Tensor) -> tf.Tensor:
        """sign(0) = 0 leaves a value alone."""
        return tf.sign(gradient)

    def noise(self, images: tf.Tensor, epsilon: tf.Tensor | float, seeds: tf.Tensor) -> tf.Tensor:
        """Uniform."""
        drawn = _each(images, seeds, lambda shape, seed: tf.random.stateless_uniform(shape, seed, -1.0, 1.0))
        return epsilon * drawn


@dataclasses.dataclass(frozen=True)
class L2:
    """The Euclidean norm of an image's perturbation is at most epsilon: 64 is 64/255 for images in 0..1."""

    def project(self, perturbation: tf.Tensor, epsilon: tf.Tensor | float) -> tf.Tensor:
        """What lies outside is scaled down image by image, so its direction stays; what lies inside stays as it is."""
        norm = _norm(perturbation)
        return tf.where(norm > epsilon, perturbation * tf.math.divide_no_nan(epsilon, norm), perturbation)

    def steepest(self, gradient: tf.Tensor) -> tf.Tensor:
        """The gradient [N, H, W, 3] of each image over its Euclidean norm; 0 where the gradient is 0."""
        return tf.math.divide_no_nan(gradient, _norm(gradient))

    def noise(self, images: tf.Tensor, epsilon: tf.Tensor | float, seeds: tf.Tensor) -> tf.Tensor:
        """Uniform on the sphere, near which almost all of a ball of so many dimensions lies."""
        return epsilon * self.steepest(_each(images, seeds, tf.random.stateless_normal))


BALLS: dict[str, Ball] = {"linf": LInf(), "l2": L2()}


def _norm(perturbation: tf.Tensor) -> tf.Tensor:
    """Euclidean, [N, 1, 1, 1]. Divided by the largest value first, whose square may be no float32."""
    largest = tf.reduce_max(tf.abs(perturbation), (1, 2, 3), keepdims=True)
    scaled = tf.math.divide_no_nan(perturbation, largest)
    return largest * tf.sqrt(tf.reduce_sum(scaled * scaled, (1, 2, 3), keepdims=True))


def _each(images: tf.Tensor, seeds: tf.Tensor, draw: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """One draw an image, so that none depends on its neighbours in the batch."""
    shape = tf.shape(images)[1:]
    drawn = tf.map_fn(lambda seed: draw(shape, seed), seeds, fn_output_signature=tf.float32)
    return tf.ensure_shape(drawn, images.shape)
