"""The bilinear kernel by hand, and what it does in a transposed convolution."""

import keras
import numpy as np
import pytest

from tfadvseg.layers.bilinear import BilinearKernel


def kernel(shape):
    return keras.ops.convert_to_numpy(BilinearKernel()(shape))


def test_a_kernel_of_4_worked_by_hand():
    """Taps 1/4, 3/4, 3/4, 1/4 on each axis."""
    expected = np.array([[1, 3, 3, 1], [3, 9, 9, 3], [3, 9, 9, 3], [1, 3, 3, 1]]) / 16
    np.testing.assert_array_equal(kernel((4, 4, 1, 1))[:, :, 0, 0], expected)


def test_a_kernel_of_3_worked_by_hand():
    expected = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    np.testing.assert_array_equal(kernel((3, 3, 1, 1))[:, :, 0, 0], expected)


def test_channels_do_not_mix():
    found = kernel((4, 4, 3, 3))
    for out, into in np.ndindex(3, 3):
        assert (found[:, :, out, into].sum() == 4) == (out == into)
        assert found[:, :, out, into].any() == (out == into)


@pytest.mark.parametrize("factor", [2, 8])
def test_a_linear_ramp_is_upsampled_exactly_in_the_interior(factor):
    """Output o lies at (o + 0.5) / factor - 1 of the input: pixels are at their centres, half a kernel hangs over."""
    side, rows, columns = 2 * factor, 5, 7
    ramp = np.add.outer(3.0 * np.arange(rows), -2.0 * np.arange(columns)).astype(np.float32)
    layer = keras.layers.Conv2DTranspose(2, side, strides=factor, kernel_initializer=BilinearKernel(), use_bias=False)
    found = keras.ops.convert_to_numpy(layer(np.stack([ramp, -ramp], -1)[None]))[0]
    y, x = ((np.arange(n) + 0.5) / factor - 1 for n in found.shape[:2])
    expected = np.add.outer(3.0 * y, -2.0 * x)
    inner = np.s_[side // 2 : -side // 2, side // 2 : -side // 2]
    np.testing.assert_allclose(found[inner][..., 0], expected[inner], atol=1e-5)
    np.testing.assert_allclose(found[inner][..., 1], -expected[inner], atol=1e-5)


def test_the_initializer_survives_saving():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(BilinearKernel()))
    assert isinstance(again, BilinearKernel)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again((4, 4, 1, 1))), kernel((4, 4, 1, 1)))
