"""Deeplab v2: counts, names and sizes of the published networks, and where their answers lie."""

import keras
import numpy as np
import pytest

from tfadvseg.models.zoo.deeplab_v2 import MEAN, deeplab_v2_resnet101, deeplab_v2_vgg

BUILDERS = [deeplab_v2_vgg, deeplab_v2_resnet101]


def test_deeplab_on_vgg_has_the_published_layers_and_count(counted):
    network = counted(deeplab_v2_vgg, 21, (513, 513))
    assert network.count_params() == 37_877_652
    assert network.output_shape == (None, 513, 513, 21)
    assert network.get_layer("fc8_voc12").output.shape == (None, 65, 65, 21)
    assert sum(bool(layer.weights) for layer in network.layers) == 25
    for branch in range(1, 5):
        names = (f"fc6_{branch}", f"fc7_{branch}", f"fc8_voc12_{branch}")
        assert [network.get_layer(name).count_params() for name in names] == [4_719_616, 1_049_600, 21_525]
        assert network.get_layer(names[0]).dilation_rate == (6 * branch, 6 * branch)


def test_deeplab_on_resnet_has_the_published_layers_and_count(counted):
    """Caffe's batch normalisation stores one factor more for each of 104 layers."""
    network = counted(deeplab_v2_resnet101, 21, (513, 513))
    assert network.count_params() == 44_153_980 - 104
    assert network.output_shape == (None, 513, 513, 21)
    assert network.get_layer("fc1_voc12").output.shape == (None, 65, 65, 21)
    assert sum(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers) == 104
    for branch, rate in enumerate((6, 12, 18, 24)):
        layer = network.get_layer(f"fc1_voc12_c{branch}")
        assert layer.count_params() == 387_093 and layer.dilation_rate == (rate, rate)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("size", [(1, 1), (33, 64), (50, 47)])
def test_answers_are_at_the_size_of_the_images(counted, builder, size):
    assert counted(builder, 3, size, 0.02).output_shape == (None, *size, 3)


@pytest.mark.parametrize("builder", BUILDERS)
def test_each_pixel_has_a_gradient(builder, image_gradient):
    gradient = image_gradient(builder, 3, (33, 42), 0.1)
    assert np.isfinite(gradient).all() and (gradient != 0).any(-1).all()


def test_filling_up_with_the_mean_colour_is_what_the_network_does_itself():
    """An image of 33 x 34 pixels, alone and already filled up to 33 x 41."""
    small, large = deeplab_v2_vgg(3, (33, 34), 0.02), deeplab_v2_vgg(3, (33, 41), 0.02)
    large.set_weights(small.get_weights())
    image = np.random.default_rng(0).uniform(0, 255, (1, 33, 34, 3)).astype(np.float32)
    filled = np.concatenate([image, np.broadcast_to(np.float32(MEAN[::-1]), (1, 33, 7, 3))], axis=2)
    expected = large.predict_on_batch(filled)[:, :, :34]
    np.testing.assert_allclose(small.predict_on_batch(image), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_deeplab_on_vgg_answers_in_place(hand_on):
    """The pools hand on maxima of 23 pixels to each side of every eighth, the branches 4 times that; then linear."""
    image = np.zeros((1, 65, 81, 3), np.float32)
    image[..., 2] = np.random.default_rng(0).uniform(MEAN[0], 255, (1, 65, 81)) ** 2 / 255
    values = np.maximum(image[0, ..., 2] - np.float32(MEAN[0]), 0)
    network = hand_on(deeplab_v2_vgg(2, (65, 81), 0.02))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, 23), (47, 47))[::8, ::8].max((2, 3))
    expected = np.stack([np.interp(np.arange(81), 8 * np.arange(11), row) for row in 4 * windows])
    expected = np.stack([np.interp(np.arange(65), 8 * np.arange(9), column) for column in expected.T], -1)
    np.testing.assert_allclose(network.predict_on_batch(image)[0, ..., 0], expected, rtol=1e-4, atol=1e-2)
