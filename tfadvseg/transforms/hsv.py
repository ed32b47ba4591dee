"""Random changes of every pixel's hue, saturation and value.

All three are on the scale 0..255, a hue of 255 being a full turn. The formulas are written on planes [N, H, W] of one
channel: TensorFlow stacks along a last axis slowly, and has a gradient only for one of the two conversions.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from tfadvseg.transforms.draws import uniform


def rgb_to_hsv(images: tf.Tensor) -> tf.Tensor:
    """Hue, saturation, value [N, H, W, 3] of images [N, H, W, 3]; the hue of grey and the saturation of black are 0.

    Of colours within 0..255. Beyond, where unclipped attacks lead, hue and value go on and so does the saturation,
    above 255 where a channel is negative; a pixel without a positive channel has saturation 0.
    """
    return _join(_to_hsv(*_planes(images)))


def hsv_to_rgb(hsv: tf.Tensor) -> tf.Tensor:
    """Images [N, H, W, 3] in 0..255 of any hues and of saturations and values clipped to 0..255, [N, H, W, 3]."""
    return _join(_to_rgb(*_planes(hsv)))


def jitter(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Images [N, H, W, 3] in 0..255 after adding noise [N, H, W, 3] to hue, saturation and value.

    The hue wraps around, the others are clipped to 0..255. The gradient is finite everywhere, but as steep as the
    hue itself is where colours are nearly grey, and as the saturation is where they are nearly black.
    """
    moved = [x + shift for x, shift in zip(_to_hsv(*_planes(images)), _planes(noise), strict=True)]
    return _join(_to_rgb(*moved))


@dataclasses.dataclass(frozen=True)
class Hsv:
    """Moves hue, saturation and value of every pixel by independent uniform draws from -reach..reach (of 0..255)."""

    reach: float = 30.0

    def __post_init__(self) -> None:
        if not self.reach >= 0:
            raise ValueError(f"The reach of a change of hue, saturation and value must be 0 or more; got {self.reach}.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        return jitter(images, tf.cast(self.noise(seeds, images.shape[1:3]), images.dtype))

    def noise(self, seeds: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
        """What is added to hue, saturation and value, float32 [N, H, W, 3]."""
        return uniform(seeds, (*size, 3), -self.reach, self.reach)


hsv = Hsv()


def _to_hsv(red: tf.Tensor, green: tf.Tensor, blue: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    high, low = tf.maximum(green, blue), tf.minimum(green, blue)
    value = tf.maximum(red, high)
    least = tf.minimum(red, low)
    chroma = value - least
    # The angle from red in sixths of a turn, 0..3, on either side: with the channels scaled to 0..1 it is
    # 1 + green + blue - red. It is 0 for grey.
    angle = tf.math.divide_no_nan(value - red + high - least + low - least, chroma)
    hue = tf.where(green >= blue, angle * (255 / 6), 255 - angle * (255 / 6))
    return hue, 255 * tf.math.divide_no_nan(chroma, tf.nn.relu(value)), value


def _to_rgb(hue: tf.Tensor, saturation: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    # On scales of 0..6, where a clip is relu6: its gradient is one operation.
    hue = hue * (6 / 255) - 6 * tf.round(hue / 255)  # -3..3, of sixths of a turn
    value = tf.nn.relu6(value * (6 / 255))
    chroma = value * tf.nn.relu6(saturation * (6 / 255)) * (255 / 6**3)
    value = value * (255 / 6)
    from_red = tf.abs(hue)
    from_green = 3 - tf.abs(tf.abs(hue - 2) - 3)
    from_blue = 3 - tf.abs(tf.abs(hue + 2) - 3)
    # A channel is full up to one sixth of a turn from its own hue, and gone from two sixths on.
    red, green, blue = (
        value - chroma * tf.nn.relu6(6 * distance - 6) for distance in (from_red, from_green, from_blue)
    )
    return red, green, blue


def _planes(images: tf.Tensor) -> list[tf.Tensor]:
    return tf.unstack(tf.transpose(images, (3, 0, 1, 2)))


def _join(planes: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.transpose(tf.stack(planes), (1, 2, 3, 0))
