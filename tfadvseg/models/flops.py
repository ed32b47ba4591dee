"""How much arithmetic a network takes."""

import keras
import numpy as np

from tfadvseg.layers.bilinear import GroupedBilinear


def gigaflops(network: keras.Model) -> float:
    """1e9 additions and multiplications of the convolutions for one image: two for each tap that meets a pixel.

    A transposed convolution meets the pixels of its input, any other those of its output.
    """
    return sum(2e-9 * np.prod(kernel) * pixels for kernel, pixels in map(_taps, network.layers))


def _taps(layer):
    """(shape of the layer's kernel, pixels that it meets); a layer without kernel has none."""
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return (0,), 0
    transposed = isinstance(layer, keras.layers.Conv2DTranspose | GroupedBilinear)
    return kernel.shape, np.prod((layer.input if transposed else layer.output).shape[1:3])
