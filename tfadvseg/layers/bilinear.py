"""Bilinear upsampling as Caffe does it, by a transposed convolution."""

import keras
import numpy as np


@keras.saving.register_keras_serializable("tfadvseg")
class BilinearKernel(keras.initializers.Initializer):
    """Kernel [k, k, out, in] of a transposed convolution that interpolates each channel by itself.

    With f = floor((k + 1) / 2) and centre c = f - 1 for odd k, else f - 0.5, a tap weighs 1 - |i - c| / f on each axis
    (Caffe's bilinear filler for even k, FCN's own for odd k).
    """

    def __call__(self, shape, dtype=None):
        side, _, outputs, inputs = shape
        factor = (side + 1) // 2
        centre = factor - 1 if side % 2 else factor - 0.5
        taps = 1 - np.abs(np.arange(side) - centre) / factor
        kernel = np.zeros(shape, np.float32)
        for channel in range(min(outputs, inputs)):
            kernel[:, :, channel, channel] = np.outer(taps, taps)
        return keras.ops.convert_to_tensor(kernel, dtype=dtype)
