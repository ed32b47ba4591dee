"""Convolutions that begin as the identity."""

import keras
import numpy as np

from tfadvseg.layers.identity import IdentityKernel


def test_signals_are_spread_over_more_channels_and_gathered_again():
    """3 signals on 3, then 12, then 6, then 3 channels: each value is halved where it has twice the channels."""
    x = np.random.default_rng(0).uniform(size=(1, 4, 5, 3)).astype(np.float32)
    y = x
    for channels, expected in ((12, np.repeat(x, 4, -1) / 4), (6, np.repeat(x, 2, -1) / 2), (3, x)):
        y = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=IdentityKernel(3, stddev=0.0))(y)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(y), expected, rtol=1e-6)


def test_signals_keep_their_sums_over_channels_that_cannot_be_shared_evenly():
    """2 signals on 5 channels: 3 of the first, 2 of the second, each with its part of what came in."""
    x = np.array([[[[6.0, 8.0]]]], np.float32)
    y = keras.layers.Conv2D(5, 3, padding="same", kernel_initializer=IdentityKernel(2, stddev=0.0))(x)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(y)[0, 0, 0], [2, 2, 2, 4, 4], rtol=1e-6)


def test_the_rest_is_noise_that_tells_equal_channels_apart():
    kernel = keras.ops.convert_to_numpy(IdentityKernel(3, seed=1)((3, 3, 6, 12)))
    identity = keras.ops.convert_to_numpy(IdentityKernel(3, stddev=0.0)((3, 3, 6, 12)))
    noise = kernel[identity == 0]
    assert 0.0009 < noise.std() < 0.0011
    assert np.abs(kernel[..., 0] - kernel[..., 1]).max() > 0.001


def test_the_initializer_survives_saving():
    kernel = IdentityKernel(3, seed=1)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(kernel))
    first, second = (keras.ops.convert_to_numpy(k((3, 3, 6, 6))) for k in (kernel, again))
    np.testing.assert_array_equal(first, second)
