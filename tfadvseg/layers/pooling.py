"""Average pooling into a given number of parts."""

from collections.abc import Sequence

from keras import KerasTensor, layers


def average_bins(x: KerasTensor, bins: int, strides: Sequence[int], name: str | None = None) -> KerasTensor:
    """x [N, H, W, C] -> [N, bins, bins, C]: means of equal windows that begin `strides` (rows, columns) apart.

    Windows are as long as they must be to end with the map: n - (bins - 1) stride pixels of n.
    """
    kernel = [size - (bins - 1) * stride for size, stride in zip(x.shape[1:3], strides, strict=True)]
    return layers.AveragePooling2D(kernel, strides, name=name)(x)
