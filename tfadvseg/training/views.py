"""Random views of labelled photographs: flip, scale, crop and colour.

What a view is like is drawn with NumPy, ten numbers each, and made of the pixels in `keras.ops`, so within the training
step and on its device. Between the two the photograph's part that a view can see is cut out, of one size for all.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from tfadvseg.conventions import IGNORED

Tensor = Any
"""Of whatever backend Keras has."""

GREY = 128
"""What fills up a view beyond the photograph's border."""


class Draw(NamedTuple):
    """One view. scale: pixels of the view a pixel of the photograph. flip: 1 for a mirrored view, else 0. top, left:
    where its upper left corner lies in the photograph; below 0 where the photograph begins further in. height, width:
    of the photograph. saturation, contrast, gain: factors; brightness: in grey levels."""

    scale: float
    flip: float
    top: float
    left: float
    height: float
    width: float
    saturation: float = 1.0
    contrast: float = 1.0
    gain: float = 1.0
    brightness: float = 0.0


def draw(
    size: tuple[int, int],
    crop: tuple[int, int],
    rng: np.random.Generator,
    scales: tuple[float, float] = (0.75, 1.75),
    colour: float = 0.25,
) -> Draw:
    """A view (height, width) = `crop` of a photograph of `size`.

    The scale is log-uniform in `scales`. The view lies anywhere within the scaled photograph or, where that is smaller,
    the photograph anywhere within the view; corners are whole pixels of it, so scale 1 interpolates nothing.
    colour: strength of the colour jitter, 0 for none: saturation, contrast and gain by factors within 1 +- `colour`,
    brightness by up to 80 * `colour` levels.
    """
    scale = float(np.exp(rng.uniform(*np.log(scales))))
    flip = float(rng.random() < 0.5)
    corner = []
    for full, part in zip(size, crop, strict=True):
        slack = int(full - part / scale)  # toward 0
        corner.append(float(rng.integers(min(0, slack), max(0, slack) + 1)))
    saturation, contrast, gain = rng.uniform(1 - colour, 1 + colour, 3)
    brightness = rng.uniform(-80, 80) * colour
    return Draw(scale, flip, corner[0], corner[1], size[0], size[1], saturation, contrast, gain, brightness)


def largest_window(largest: tuple[int, int], crop: tuple[int, int], smallest_scale: float) -> tuple[int, int]:
    """Rows and columns that the views of photographs up to the size `largest` can see of them."""
    rows, columns = (
        min(full, math.ceil(part / smallest_scale) + 2 * _reach(smallest_scale))
        for full, part in zip(largest, crop, strict=True)
    )
    return rows, columns


def window(
    image: np.ndarray, labels: np.ndarray, view: Draw, crop: tuple[int, int], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, Draw]:
    """(image [*size, 3], labels [*size], the same view of these) of the part of a photograph that the view can see.

    size: of `largest_window`; what is left of it is 0 and not looked at.
    """
    reach = _reach(view.scale)
    begin, length = [], []
    for corner, part, full in zip((view.top, view.left), crop, labels.shape, strict=True):
        first = min(max(0, int(corner) - reach), full - 1)
        last = max(first + 1, min(full, int(corner) + math.ceil(part / view.scale) + reach))
        begin.append(first)
        length.append(last - first)
    (top, left), (height, width) = begin, length
    seen = np.zeros((*size, 3), image.dtype), np.zeros(size, labels.dtype)
    for cut, whole in zip(seen, (image, labels), strict=True):
        cut[:height, :width] = whole[top : top + height, left : left + width]
    return *seen, view._replace(top=view.top - top, left=view.left - left, height=float(height), width=float(width))


def views(images: Tensor, labels: Tensor, draws: Tensor, crop: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(float32 [N, *crop, 3] in 0..255, labels [N, *crop] of their type) of images [N, H, W, 3], labels [N, H, W] and
    draws [N, 10], whose columns are those of `Draw`.

    Images are resampled by a tent, which is bilinear where they are enlarged and as many times wider where they are
    shrunk, as Pillow's; labels by the nearest pixel. Beyond the photograph a view is grey and its labels are ignored.
    """
    view = Draw(*ops.unstack(ops.cast(draws, "float32"), axis=1))
    y, tops, rows = _axis(view.top, view.scale, view.height, crop[0], ops.zeros_like(view.flip), images.shape[1])
    x, lefts, columns = _axis(view.left, view.scale, view.width, crop[1], view.flip, images.shape[2])
    inside = ops.logical_and(tops[:, :, None], lefts[:, None, :])
    # Channel by channel, both products are plain ones of matrices and grey is a sum of planes: twice as fast on a CPU.
    planes = ops.cast(ops.transpose(images, (0, 3, 1, 2)), "float32")
    planes = ops.matmul(ops.matmul(y[:, None], planes), ops.transpose(x, (0, 2, 1))[:, None])
    colours = view.saturation, view.contrast, view.gain, view.brightness
    coloured = _coloured(planes, ops.cast(inside, "float32")[:, None], *colours)
    planes = ops.where(inside[:, None], coloured, float(GREY))
    return ops.transpose(planes, (0, 2, 3, 1)), _nearest(labels, rows, columns, inside)


def _reach(scale: float) -> int:
    """Pixels beyond its own that a view's outermost pixels are interpolated from."""
    return math.ceil(max(1.0, 1 / scale))


def _axis(
    corner: Tensor, scale: Tensor, length: Tensor, size: int, flip: Tensor, full: int
) -> tuple[Tensor, Tensor, Tensor]:
    """(weights [N, size, full] of the photograph's pixels in the view's, whether these are inside [N, size], int32
    numbers of the nearest ones [N, size]) for a side of `size` of views of scale [N] from corner [N] on, on photographs
    of `length` [N] pixels."""
    corner, scale, length, flip = (values[:, None] for values in (corner, scale, length, flip))
    number = ops.arange(size, dtype="float32")[None]
    number = ops.where(flip > 0, size - 1 - number, number)
    place = corner + (number + 0.5) / scale  # its pixel 0 spans 0..1
    inside = ops.logical_and(place >= 0, place < length)
    pixel = ops.arange(full, dtype="float32")[None, None]
    distance = ops.abs(place[:, :, None] - 0.5 - pixel) / ops.maximum(1.0, 1 / scale)[:, :, None]
    weights = ops.where(pixel < length[:, :, None], ops.maximum(0.0, 1 - distance), 0.0)
    weights = weights / ops.maximum(1e-6, ops.sum(weights, axis=-1, keepdims=True))
    nearest = ops.cast(ops.clip(ops.floor(place), 0, length - 1), "int32")
    return weights, inside, nearest


def _nearest(labels: Tensor, rows: Tensor, columns: Tensor, inside: Tensor) -> Tensor:
    """The labels [N, H, W] at rows [N, h] and columns [N, w], ignored ones where that is not `inside` [N, h, w]."""
    height, width = labels.shape[1:]
    first = ops.arange(ops.shape(labels)[0], dtype="int32")[:, None] * height
    places = ((first + rows) * width)[:, :, None] + columns[:, None, :]
    return ops.where(inside, ops.take(ops.reshape(labels, (-1,)), places), ops.cast(IGNORED, labels.dtype))


def _coloured(
    planes: Tensor, inside: Tensor, saturation: Tensor, contrast: Tensor, gain: Tensor, brightness: Tensor
) -> Tensor:
    """Planes [N, 3, h, w] with their saturation, contrast, gain and brightness changed; contrast is about the mean of
    what is `inside` [N, 1, h, w]."""
    saturation, contrast, gain, brightness = (
        values[:, None, None, None] for values in (saturation, contrast, gain, brightness)
    )
    grey = ops.mean(planes, axis=1, keepdims=True)
    planes = grey + (planes - grey) * saturation
    count = ops.maximum(1.0, ops.sum(inside, axis=(2, 3), keepdims=True))
    mean = ops.sum(grey * inside, axis=(2, 3), keepdims=True) / count
    return ops.clip((mean + (planes - mean) * contrast) * gain + brightness, 0, 255)
