"""Gaussian blur of a random width."""

import dataclasses

import tensorflow as tf

from tfadvseg.transforms.draws import uniform


def gaussian_blur(images: tf.Tensor, sigmas: tf.Tensor, max_sigma: float = 2.0) -> tf.Tensor:
    """Images [N, H, W, 3] blurred by Gaussians of these standard deviations in pixels, [N], 0..max_sigma.

    The rules of scipy.ndimage.gaussian_filter: sampled at whole pixels, cut off beyond int(4 sigma + 0.5) of them,
    normalised, and the image mirrored about its edge (d c b a | a b c d | d c b a). A sigma below 1/8 reaches no other
    pixel and changes nothing.
    """
    radius = _radius(max_sigma)
    height, width = images.shape[1:3]
    kernels = _gaussians(tf.cast(sigmas, images.dtype), radius)
    kernels = tf.repeat(tf.transpose(kernels), 3, axis=1)[:, tf.newaxis, :, tf.newaxis]  # [2 radius + 1, 1, 3 N, 1]
    # A depthwise convolution has a kernel for each channel, so batch and colours become the channels of one image.
    x = tf.reshape(tf.transpose(images, (1, 2, 0, 3)), (1, height, width, -1))
    x = tf.nn.depthwise_conv2d(_mirror(x, radius, axis=1), kernels, (1, 1, 1, 1), "VALID")
    kernels = tf.transpose(kernels, (1, 0, 2, 3))
    x = tf.nn.depthwise_conv2d(_mirror(x, radius, axis=2), kernels, (1, 1, 1, 1), "VALID")
    return tf.ensure_shape(tf.transpose(tf.reshape(x, (height, width, -1, 3)), (2, 0, 1, 3)), images.shape)


@dataclasses.dataclass(frozen=True)
class Blur:
    """Gaussian blur, each image with a sigma drawn uniformly from 0..max_sigma pixels."""

    max_sigma: float = 2.0

    def __post_init__(self) -> None:
        if not self.max_sigma >= 0:
            raise ValueError(f"The largest sigma of a blur must be 0 pixels or more; got {self.max_sigma}.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        return gaussian_blur(images, self.sigmas(seeds), self.max_sigma)

    def sigmas(self, seeds: tf.Tensor) -> tf.Tensor:
        """The standard deviation of each image's blur in pixels, float32 [N]."""
        return uniform(seeds, (), 0.0, self.max_sigma)


blur = Blur()


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _gaussians(sigmas: tf.Tensor, radius: int) -> tf.Tensor:
    """Kernels [N, 2 radius + 1], each with the radius of its own sigma."""
    steps = tf.range(-radius, radius + 1, dtype=sigmas.dtype)
    sigmas = sigmas[:, tf.newaxis]
    inside = tf.abs(steps) <= tf.floor(4 * sigmas + 0.5)
    weights = tf.where(inside, tf.exp(-0.5 * (steps / tf.maximum(sigmas, 0.1)) ** 2), 0)  # 0.1: reaches no further
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)


def _mirror(x: tf.Tensor, radius: int, axis: int) -> tf.Tensor:
    """x, longer by radius at both ends of an axis; an axis shorter than that is mirrored more than once."""
    while radius:
        step = min(radius, x.shape[axis])
        x = tf.pad(x, [(step, step) if i == axis else (0, 0) for i in range(4)], "SYMMETRIC")
        radius -= step
    return x
