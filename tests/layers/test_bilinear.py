"""The bilinear kernel by hand, and what it does in a transposed convolution."""

import keras
import numpy as np
import pytest

from tfadvseg.layers.bilinear import BilinearKernel, GroupedBilinear, upsample


def kernel(shape):
    return keras.ops.convert_to_numpy(BilinearKernel()(shape))


def maps(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


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


@pytest.mark.parametrize("side", [4, 16])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_grouped_deconvolution_is_a_sum_of_stamped_kernels(side, padding):
    """Each pixel stamps its channel's kernel, any kernel, `side / 2` further on; "same" cuts a quarter kernel off."""
    x, stride = maps(2, 3, 5, 4), side // 2
    layer = GroupedBilinear(side, padding)
    layer.build(x.shape)
    stamps = maps(side, side, 4, 1)
    layer.set_weights([stamps])
    expected = np.zeros((2, 4 * stride, 6 * stride, 4), np.float32)
    for i, j in np.ndindex(3, 5):
        expected[:, i * stride :, j * stride :][:, :side, :side] += x[:, i, None, j, None] * stamps[..., 0]
    if padding == "same":
        expected = expected[:, stride // 2 : -stride // 2, stride // 2 : -stride // 2]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, atol=1e-5)


def test_a_grouped_deconvolution_holds_one_fixed_kernel_a_channel():
    layer = GroupedBilinear(4)
    layer.build((None, 3, 5, 6))
    assert layer.count_params() == 6 * 4 * 4 and not layer.trainable_weights
    np.testing.assert_array_equal(layer.get_weights()[0], np.repeat(kernel((4, 4, 1, 1)), 6, axis=2))


def test_a_grouped_deconvolution_knows_its_size_beforehand():
    assert GroupedBilinear(16)(keras.Input((5, 7, 3))).shape == (None, 48, 64, 3)
    assert GroupedBilinear(16, "same")(keras.Input((5, 7, 3))).shape == (None, 40, 56, 3)


def test_a_grouped_deconvolution_survives_saving(tmp_path):
    images = keras.Input((3, 5, 2))
    model = keras.Model(images, GroupedBilinear(4, "same", name="upscore")(images))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("upscore").get_config() == model.get_layer("upscore").get_config()
    x = maps(1, 3, 5, 2)
    np.testing.assert_array_equal(again.predict_on_batch(x), model.predict_on_batch(x))


def test_an_odd_kernel_is_refused():
    with pytest.raises(ValueError, match="even kernel_size; got 3"):
        GroupedBilinear(3)


@pytest.mark.parametrize("factor", [2, 8])
def test_upsampling_without_kernels_is_the_grouped_deconvolution(factor):
    """Down to the border, where half of each kernel finds nothing."""
    x = maps(2, 3, 5, 4)
    expected = GroupedBilinear(2 * factor, "same")(x)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(upsample(x, factor)), keras.ops.convert_to_numpy(expected), atol=1e-5
    )
