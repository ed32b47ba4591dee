"""The two Gaussian filters of a dense CRF: values [N, H, W, C] -> [N, H, W, C], each image and channel alone.

Kernels include the weight of a pixel on itself, which is 1. A filter is a tuple of tensors that can be transposed.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.crf.lattice import Lattice, permutohedral_lattice
from tfadvseg.crf.parameters import NORMALISATIONS

TAIL = 4.5
"""Standard deviations at which a convolution's Gaussian ends: 7e-6 of its mass lie beyond."""

WIDE = 12.0
"""Pixels: a wider spatial Gaussian is quicker as a matrix for each axis than as a convolution."""


class Bilateral(NamedTuple):
    """A lattice whose points are the pixels of all images, in order."""

    lattice: Lattice

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Values [N, H, W, C] -> [N, H, W, C], of the images whose lattice this is."""
        return tf.reshape(self.lattice(_pixels(values)), tf.shape(values))

    def transposed(self) -> "Bilateral":
        """The filter by the transposed matrix, which gradients go through."""
        return Bilateral(self.lattice.transposed())

    def scaled(self, before: tf.Tensor, after: tf.Tensor) -> "Bilateral":
        """The filter between factors [N, H, W, 1]."""
        return Bilateral(self.lattice.scaled(_pixels(before), _pixels(after)))


class Spatial(NamedTuple):
    """after * smooth(before * values), by a symmetric kernel for each axis: a vector to convolve with, or a matrix."""

    before: tf.Tensor
    vertical: tf.Tensor
    horizontal: tf.Tensor
    after: tf.Tensor

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Values [N, H, W, C] -> [N, H, W, C]; beyond the border there is 0."""
        smooth = _convolved if self.vertical.shape.rank == 1 else _multiplied
        return self.after * smooth(self.before * values, self.vertical, self.horizontal)

    def transposed(self) -> "Spatial":
        """The filter by the transposed matrix: the kernels are symmetric, so only the factors change places."""
        return Spatial(self.after, self.vertical, self.horizontal, self.before)

    def scaled(self, before: tf.Tensor, after: tf.Tensor) -> "Spatial":
        """The filter between factors [N, H, W, 1]."""
        return Spatial(self.before * before, self.vertical, self.horizontal, self.after * after)


Filter = Bilateral | Spatial


def bilateral_filter(images: tf.Tensor, theta_alpha: float, theta_beta: float) -> Bilateral:
    """exp(-|p_i - p_j|^2 / 2 theta_alpha^2 - |I_i - I_j|^2 / 2 theta_beta^2), on a permutohedral lattice.

    images: [N, H, W, 3]; theta_alpha in pixels, theta_beta in grey levels.
    """
    shape = tf.shape(images)[:3]
    number, row, column = tf.unstack(tf.unravel_index(tf.range(tf.reduce_prod(shape)), shape))
    positions = tf.cast(tf.stack([column, row], axis=1), images.dtype)
    features = tf.concat([positions * (1 / theta_alpha), _pixels(images) * (1 / theta_beta)], axis=1)
    return Bilateral(permutohedral_lattice(features, number))


def spatial_filter(images: tf.Tensor, theta_gamma: float) -> Spatial:
    """exp(-|p_i - p_j|^2 / 2 theta_gamma^2) on images [N, H, W, 3], of which only the size matters; in pixels."""
    if theta_gamma <= WIDE:
        reach = math.ceil(TAIL * theta_gamma)
        vertical = horizontal = _gaussian(tf.range(-reach, reach + 1), theta_gamma, images.dtype)
    else:
        rows, columns = (tf.range(length) for length in tf.unstack(tf.shape(images)[1:3]))
        vertical = _gaussian(rows[:, None] - rows, theta_gamma, images.dtype)
        horizontal = _gaussian(columns[:, None] - columns, theta_gamma, images.dtype)
    one = tf.ones([], images.dtype)
    return Spatial(one, vertical, horizontal, one)


def normalised(kernel: Filter, images: tf.Tensor, normalisation: str, gain: float = 1.0) -> Filter:
    """gain times the filter, divided by powers of its sums as NORMALISATIONS says."""
    sums = kernel(tf.ones_like(images[..., :1]))
    before, after = NORMALISATIONS[normalisation]
    return kernel.scaled(_quotient(1.0, sums, before), _quotient(gain, sums, after))


def _quotient(numerator: tf.Tensor | float, values: tf.Tensor, exponent: float) -> tf.Tensor:
    """numerator / values^exponent, exactly rounded, so that no bit depends on a value's place in the batch.

    TensorFlow's root in float32, its powers and the reciprocal that it makes of 1 / x round differently at the end.
    """
    if exponent == 0.5:
        values = tf.cast(tf.sqrt(tf.cast(values, tf.float64)), values.dtype)
    return tf.math.divide_no_nan(numerator, values if exponent else tf.ones_like(values))


def linear(kernel: Filter, values: tf.Tensor) -> tf.Tensor:
    """kernel(values), with a gradient for the values alone, which needs nothing of the forward pass but the kernel."""

    @tf.custom_gradient
    def apply(
        values: tf.Tensor, *tensors: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor | None, ...]]]:
        own = tf.nest.pack_sequence_as(kernel, tensors)
        return own(values), lambda upstream: (own.transposed()(upstream), *(None for _ in tensors))

    return apply(values, *tf.nest.flatten(kernel))  # as arguments, since a SavedModel cannot keep what it closes over


def _pixels(values: tf.Tensor) -> tf.Tensor:
    """[N, H, W, C] -> [N H W, C]."""
    return tf.reshape(values, [tf.reduce_prod(tf.shape(values)[:3]), values.shape[3]])


def _gaussian(distances: tf.Tensor, theta: float, dtype: tf.DType) -> tf.Tensor:
    return tf.exp(-0.5 * (tf.cast(distances, dtype) * (1 / theta)) ** 2)


def _convolved(values: tf.Tensor, vertical: tf.Tensor, horizontal: tf.Tensor) -> tf.Tensor:
    for kernel in (vertical[:, None, None, None], horizontal[None, :, None, None]):
        values = tf.nn.depthwise_conv2d(values, tf.tile(kernel, [1, 1, values.shape[3], 1]), [1, 1, 1, 1], "SAME")
    return values


def _multiplied(values: tf.Tensor, vertical: tf.Tensor, horizontal: tf.Tensor) -> tf.Tensor:
    return tf.einsum("ih,jw,nhwc->nijc", vertical, horizontal, values)
