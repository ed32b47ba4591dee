"""What happens to a published map outside of its Caffe network, in plain numpy."""

import numpy as np


def zoomed_by_8(values, size):
    """[H/8, W/8, C] -> [*size, C]: bilinear at (y / 8, x / 8), so without a shift by half a pixel."""
    for axis, length in enumerate(size):
        cells = values.shape[axis]
        position = np.arange(length) / 8
        low = np.minimum(position.astype(int), cells - 1)
        share = (position - low).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        below, above = (np.take(values, np.minimum(i, cells - 1), axis) for i in (low, low + 1))
        values = below * (1 - share) + above * share
    return values
