"""Bilinear resizing with aligned corners: Caffe's Interp layer, as two matrix products."""

from collections.abc import Sequence

import numpy as np
from keras import KerasTensor, layers, ops
from numpy.typing import NDArray


def resize(x: KerasTensor, size: Sequence[int], kept: Sequence[int] | None = None) -> KerasTensor:
    """x [N, H, W, C] -> [N, *size, C]; the corner pixels' centres stay corners, so a scale is (n - 1) / (m - 1).

    kept: (rows, columns) to compute, the first ones; all by default. Gradients of a crop afterwards would cost as
    much as those of the interpolation.
    """
    kept = kept or size
    # Where every new pixel meets an old one it is picked. Windows of one pixel do that ten times faster than slices.
    steps = tuple(_step(before, after) for before, after in zip(x.shape[1:3], size, strict=True))
    if max(steps) > 1:
        x = ops.average_pool(x, 1, steps, padding="valid")
    # Columns first: the larger of two products in enlarging is then a single one for each image.
    height, width, channels = x.shape[1:]
    if not width == size[1] == kept[1]:
        x = _resize_middle(ops.reshape(x, (-1, width, channels)), size[1], kept[1])
        x = ops.reshape(x, (-1, height, kept[1], channels))
    if not height == size[0] == kept[0]:
        x = _resize_middle(ops.reshape(x, (-1, height, kept[1] * channels)), size[0], kept[0])
        x = ops.reshape(x, (-1, *kept, channels))
    return x


def zoom(x: KerasTensor, factor: int, kept: Sequence[int] | None = None) -> KerasTensor:
    """Enlarges n pixels to n + (n - 1)(factor - 1) on each axis, of which the first `kept` are computed."""
    return resize(x, tuple(size + (size - 1) * (factor - 1) for size in x.shape[1:3]), kept)


def shrink(x: KerasTensor, factor: int) -> KerasTensor:
    """Shrinks n pixels to floor((n - 1) / factor) + 1 on each axis, without a low pass."""
    return resize(x, tuple((size - 1) // factor + 1 for size in x.shape[1:3]))


def fill_up(x: KerasTensor, stride: int) -> KerasTensor:
    """x [N, H, W, C] with zeros below and to the right, up to sizes of the form `stride` * k + 1.

    With these every halving keeps the first and the last pixel, so that interpolation with aligned corners brings each
    feature back to the pixel that it was computed around.
    """
    return layers.ZeroPadding2D([(0, (1 - size) % stride) for size in x.shape[1:3]])(x)


def weights(before: int, after: int) -> NDArray[np.float32]:
    """float32 [after, before]: what each pixel before contributes to each pixel after."""
    positions = np.arange(after) * ((before - 1) / max(1, after - 1))
    return np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(before))).astype(np.float32)


def _step(before: int, after: int) -> int:
    """How many pixels lie between those that `after` pixels meet, or 1 if they do not all meet one."""
    if after == 1:
        return before
    return (before - 1) // (after - 1) if after < before and (before - 1) % (after - 1) == 0 else 1


def _resize_middle(x: KerasTensor, after: int, kept: int) -> KerasTensor:
    """x [N, H, C] -> [N, kept, C], the first of `after` pixels."""
    return ops.matmul(ops.convert_to_tensor(weights(x.shape[1], after)[:kept], dtype=x.dtype), x)
