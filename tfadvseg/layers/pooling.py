"""Average pooling into a given number of parts."""

from keras import layers


def average_bins(x, bins, strides, name=None):
    """x [N, H, W, C] -> [N, bins, bins, C]: means of equal windows that begin `strides` (rows, columns) apart.

    Windows are as long as they must be to end with the map: n - (bins - 1) stride pixels of n.
    """
    kernel = [size - (bins - 1) * stride for size, stride in zip(x.shape[1:3], strides, strict=True)]
    return layers.AveragePooling2D(kernel, strides, name=name)(x)
