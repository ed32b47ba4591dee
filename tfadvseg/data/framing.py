"""How a photograph becomes a network's input, and what was found on the input comes back to the photograph.

Nothing here needs TensorFlow before a photograph is placed, so a card may hold a `Frame`.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tfadvseg.conventions import IGNORED
from tfadvseg.registry import choose

if TYPE_CHECKING:
    import tensorflow as tf

Size = tuple[int, int]
Colour = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Frame:
    """size: (height, width) of the input, or None for photographs as they are. fit: of FITS. colour: RGB that fills up.
    multiple: without a size, what the input's (height, width) are multiples of; photographs are filled up to that.

    A photograph lies in the input's upper left corner; `inside`, int32 [2], is the (height, width) of the part of the
    input that comes from it.
    """

    size: Size | None = None
    fit: str = "pad"
    colour: Colour = (0.0, 0.0, 0.0)
    multiple: Size = (1, 1)

    def __post_init__(self) -> None:
        choose(FITS, self.fit, "fit")
        if self.size is not None and (len(self.size) != 2 or min(self.size) < 1):
            raise ValueError(f"A frame's size is (height, width) of 1 pixel or more, or None; got {self.size}.")
        if len(self.multiple) != 2 or min(self.multiple) < 1:
            raise ValueError(f"A frame's multiples are (height, width) of 1 pixel or more; got {self.multiple}.")

    def input_size(self, shape: Size) -> Size:
        """(height, width) of the input that a photograph of this (height, width) becomes."""
        height, width = (-(-side // multiple) * multiple for side, multiple in zip(shape, self.multiple, strict=True))
        return self.size or (height, width)

    def place(self, photograph: "tf.Tensor") -> "tuple[tf.Tensor, tf.Tensor]":
        """Photograph [H, W, 3] in 0..255 -> (input float32 [*size, 3], inside), after the released code of the paper.

        Resized bilinearly, where it must be. Of photographs of one size [N, H, W, 3] the inputs [N, *size, 3].
        """
        import tensorflow as tf

        image, shape = tf.cast(photograph, tf.float32), tf.shape(photograph)[-3:-1]
        fit = FITS[self.fit]
        if self.size is None:
            return (
                image if self.multiple == (1, 1) else fit.fill(image, shape, self._around(shape), self.colour)
            ), shape
        inside = fit.inside(shape, self.size)
        image = fit.fill(_resized(image, shape, inside), inside, self.size, self.colour)
        return tf.ensure_shape(image, (*image.shape[:-3], *self.size, 3)), inside

    def _around(self, shape: "tf.Tensor") -> "tf.Tensor":
        """The least (height, width) of multiples that holds a photograph of this shape."""
        import tensorflow as tf

        multiple = tf.constant(self.multiple)
        return -(-shape // multiple) * multiple

    def place_labels(self, labels: "tf.Tensor", inside: "tf.Tensor") -> "tf.Tensor":
        """Labels [H, W] of a photograph that was placed -> int32 [*size], by nearest neighbour, 255 where filled up."""
        import tensorflow as tf

        labels = tf.cast(labels, tf.int32)
        if self.size is None:
            margins = _margins(inside, self._around(inside))[:2]
            return labels if self.multiple == (1, 1) else tf.pad(labels, margins, constant_values=IGNORED)
        resized = tf.image.resize(labels[..., None], inside, method="nearest")
        filled = tf.pad(resized, _margins(inside, self.size), constant_values=IGNORED)
        return tf.ensure_shape(filled, (*self.size, 1))[..., 0]

    def lift(self, on_input: "tf.Tensor", inside: "tf.Tensor", shape: "tf.Tensor") -> "tf.Tensor":
        """A perturbation or logits on the input [H, W, C] -> on the photograph, [*shape, C] with `shape` = its (H, W).

        Of several inputs [N, H, W, C] that hold photographs of one size [N, *shape, C]. Crops to `inside`; where the
        photograph had been resized, resizes bilinearly to its size. No value lies outside the least and the largest one
        of the crop, so a perturbation lifted stays within the bound that it keeps on the input.
        """
        import tensorflow as tf

        part, shape = on_input[..., : inside[0], : inside[1], :], tf.convert_to_tensor(shape, tf.int32)
        lifted = _resized(part, tf.convert_to_tensor(inside, tf.int32), shape)
        # Interpolation may round beyond both its ends, as XLA's does. A NaN fails both comparisons and stays.
        ends = (tf.reduce_min, tf.reduce_max)
        least, largest = (end(part, axis=(-3, -2, -1), keepdims=True) for end in ends)
        lifted = tf.where(lifted > largest, largest, tf.where(lifted < least, least, lifted))
        return tf.ensure_shape(lifted, (*on_input.shape[:-3], None, None, on_input.shape[-1]))


def inside(sizes: "tf.Tensor", input_size: Size) -> "tf.Tensor":
    """bool [N, H, W]: the pixels of inputs that are photograph and not filled up; sizes: `inside` of each, [N, 2]."""
    import tensorflow as tf

    rows = tf.range(input_size[0])[None, :, None] < sizes[:, None, None, 0]
    return rows & (tf.range(input_size[1])[None, None, :] < sizes[:, None, None, 1])


def crop(array: Any, size: Any) -> Any:
    """The part of one input [H, W, ...] that is photograph, for `size` = its `inside`; an array or a tensor."""
    return array[: size[0], : size[1]]


def _resized(image: "tf.Tensor", shape: "tf.Tensor", wanted: "tf.Tensor") -> "tf.Tensor":
    """Image [..., *shape, C] bilinearly at the size `wanted`, and not touched at all where it has that size."""
    import tensorflow as tf

    return tf.cond(
        tf.reduce_all(wanted == shape), lambda: image, lambda: tf.image.resize(image, wanted, antialias=False)
    )


def _shrunk(shape: "tf.Tensor", size: Size) -> "tf.Tensor":
    """The size of an image that is shrunk, with its aspect kept, as far as it must be."""
    import tensorflow as tf

    scale = tf.reduce_min(tf.constant(size, tf.float64) / tf.cast(shape, tf.float64))
    smaller = tf.where(scale < 1, tf.cast(tf.round(tf.cast(shape, tf.float64) * scale), tf.int32), shape)
    return tf.clip_by_value(smaller, 1, tf.constant(size))


def _whole(shape: "tf.Tensor", size: Size) -> "tf.Tensor":
    """The size of the input, whatever the image has."""
    import tensorflow as tf

    return tf.constant(size)


def _fill_with_colour(image: "tf.Tensor", inside: "tf.Tensor", size: Size, colour: Colour) -> "tf.Tensor":
    import tensorflow as tf

    if not any(colour):
        return tf.pad(image, _margins(inside, size, image.shape.rank))
    rgb = tf.constant(colour, tf.float32)
    return tf.pad(image - rgb, _margins(inside, size, image.shape.rank)) + rgb


def _fill_with_reflection(image: "tf.Tensor", inside: "tf.Tensor", size: Size, colour: Colour) -> "tf.Tensor":
    """Rows and columns 0 ... n - 1 and back, the outermost not repeated, as often as it takes."""
    import tensorflow as tf

    for side in (0, 1):
        period = tf.maximum(1, 2 * (inside[side] - 1))
        index = tf.range(size[side]) % period
        image = tf.gather(image, tf.minimum(index, period - index), axis=side - 3)
    return image


def _margins(inside: "tf.Tensor", size: Size, rank: int = 3) -> "list[list[int | tf.Tensor]]":
    return [[0, 0]] * (rank - 3) + [[0, size[0] - inside[0]], [0, size[1] - inside[1]], [0, 0]]


class Fit(NamedTuple):
    """inside: (shape, size) -> the size that a photograph gets; fill: (image, inside, size, colour) -> the input."""

    inside: "Callable[[tf.Tensor, Size], tf.Tensor]"
    fill: "Callable[[tf.Tensor, tf.Tensor, Size, Colour], tf.Tensor]"


FITS = {
    "pad": Fit(_shrunk, _fill_with_colour),
    "reflect": Fit(_shrunk, _fill_with_reflection),
    "stretch": Fit(_whole, _fill_with_colour),
}
"""pad: shrunk where it is too large, its aspect kept, then filled up at the bottom and at the right with one colour.
reflect: the same, filled up with its mirror image. stretch: resized, whatever its aspect."""
