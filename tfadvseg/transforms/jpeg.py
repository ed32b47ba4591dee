"""JPEG compression of a random quality, by the libjpeg inside TensorFlow."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfadvseg.transforms.draws import uniform
from tfadvseg.transforms.straight_through import straight_through

Codec = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Images float32 [N, H, W, 3] and qualities int32 [N] -> the images [N, H, W, 3] as they come back from the files."""


def encode_decode(images: tf.Tensor, qualities: tf.Tensor) -> tf.Tensor:
    """The images as JPEG files of these qualities (0..100) hold them; whole grey levels, float32 [N, H, W, 3].

    Baseline JPEG with libjpeg's tables, chroma halved both ways (4:2:0) and its accurate integer DCT; decoded with the
    same DCT and the triangle filter ("fancy upscaling"), which are libjpeg's own choices. Values are clipped to 0..255
    and rounded first, as in any file of 8 bits. Runs on a CPU alone and has no gradient.
    """

    def through_a_file(image_and_quality: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        image, quality = image_and_quality
        file = tf.raw_ops.EncodeJpegVariableQuality(images=image, quality=quality)
        decoded = tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE")
        return tf.ensure_shape(decoded, images.shape[1:])

    pixels = tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.uint8)
    decoded = tf.map_fn(through_a_file, (pixels, qualities), fn_output_signature=tf.TensorSpec(None, tf.uint8))
    return tf.ensure_shape(tf.cast(decoded, tf.float32), images.shape)


@dataclasses.dataclass(frozen=True)
class Jpeg:
    """JPEG compression, each image with a whole quality drawn uniformly from low..high; its gradient is the identity.

    codec: what compresses; `encode_decode`, or `simulate` where XLA or a GPU shall run it.
    """

    low: int = 50
    high: int = 100
    codec: Codec = encode_decode

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high <= 100:
            raise ValueError(f"JPEG qualities are 1 <= low <= high <= 100; got low={self.low} and high={self.high}.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3] of whole grey levels, from images and seeds [N, 2]."""
        return straight_through(self.codec)(images, self.qualities(seeds))

    def qualities(self, seeds: tf.Tensor) -> tf.Tensor:
        """The quality of each image, int32 [N]; every codec gets the same."""
        drawn = tf.cast(uniform(seeds, (), self.low, self.high + 1), tf.int32)
        return tf.minimum(drawn, self.high)  # a draw may be high + 1 itself


jpeg = Jpeg()
