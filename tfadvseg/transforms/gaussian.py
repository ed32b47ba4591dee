"""Gaussian noise: what randomised smoothing puts before a network."""

import dataclasses

import tensorflow as tf

from tfadvseg.transforms.draws import normal


@dataclasses.dataclass(frozen=True)
class Gaussian:
    """Adds independent Gaussian draws of standard deviation sigma, in grey levels, to all values of an image.

    Values may leave 0..255. A certificate (`metrics.certificate`) holds with a clip behind the noise, too, as in
    gaussian+clip, since whatever follows the noise is a part of the network that is smoothed.
    """

    sigma: float = 16.0

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"The standard deviation of noise must be more than 0 grey levels; got {self.sigma}.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        drawn = normal(seeds, tf.shape(images)[1:])
        return images + tf.ensure_shape(tf.cast(self.sigma * drawn, images.dtype), images.shape)


gaussian = Gaussian()
