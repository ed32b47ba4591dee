"""FCN-8s: counts, names and sizes of the published networks, and where their answers lie."""

import numpy as np
import pytest

from tfadvseg.layers.bilinear import GroupedBilinear
from tfadvseg.models.zoo.fcn8s import CITYSCAPES_MEAN, MEAN, fcn8s, fcn8s_cityscapes, fcn8s_resnet101

BUILDERS = [fcn8s, fcn8s_cityscapes, fcn8s_resnet101]


def blue(height, width, mean):
    """(an image of random blue above the mean, its blue channel less the mean)."""
    image = np.zeros((1, height, width, 3), np.float32)
    image[..., 2] = np.random.default_rng(0).uniform(mean[0], 255, (1, height, width))
    return image, image[0, ..., 2] - np.float32(mean[0])


@pytest.mark.parametrize(
    ("builder", "classes", "size", "parameters", "names"),
    [
        (fcn8s, 21, (513, 513), 134_489_780, "score-fr score2 score-pool4 score4 score-pool3 upsample"),
        (
            fcn8s_cityscapes,
            19,
            (512, 1024),
            134_358_489,
            "score_fr upscore2 score_pool4 upscore_pool4 score_pool3 upscore8",
        ),
        (fcn8s_resnet101, 21, (513, 513), 42_695_047 - 104, "score-fr score2 score-res4b22 score4 score-res3b3"),
    ],
)
def test_layers_and_counts_are_the_published_ones(counted, builder, classes, size, parameters, names):
    """Caffe's batch normalisation on ResNet-101 stores one factor more for each of 104 layers."""
    network = counted(builder, classes, size)
    assert network.count_params() == parameters
    assert network.output_shape == (None, *size, classes)
    weighted = [layer.name for layer in network.layers if layer.weights]
    trunk = 208 if builder is fcn8s_resnet101 else 15
    assert set(names.split()) <= set(weighted) and len(weighted) == trunk + len(names.split())


def test_sizes_inside_are_those_of_the_published_table(counted):
    network = counted(fcn8s_cityscapes, 19, (512, 1024))
    expected = {
        "conv1_1": (710, 1222),
        "pool1": (355, 611),
        "pool2": (178, 306),
        "pool3": (89, 153),
        "pool4": (45, 77),
        "pool5": (23, 39),
        "fc6": (17, 33),
        "upscore2": (36, 68),
        "upscore_pool4": (74, 138),
        "upscore8": (600, 1112),
    }
    assert {name: network.get_layer(name).output.shape[1:3] for name in expected} == expected


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("size", [(1, 1), (33, 64), (50, 47)])
def test_answers_are_at_the_size_of_the_images(counted, builder, size):
    assert counted(builder, 3, size, 0.02).output_shape == (None, *size, 3)


@pytest.mark.parametrize("builder", BUILDERS)
def test_each_pixel_has_a_gradient(builder, image_gradient):
    gradient = image_gradient(builder, 3, (33, 42), 0.1)
    assert np.isfinite(gradient).all() and (gradient != 0).any(-1).all()


def test_fixed_upsampling_is_not_trained():
    cityscapes, voc = fcn8s_cityscapes(3, (9, 9), 0.02), fcn8s(3, (9, 9), 0.02)
    fixed = {weight.path for network in (cityscapes, voc) for weight in network.non_trainable_weights}
    assert fixed == {"upscore2/kernel", "upscore_pool4/kernel", "upscore8/kernel", "upsample/kernel"}
    assert sum(isinstance(layer, GroupedBilinear) for layer in cityscapes.layers) == 3


def test_the_finest_path_on_vgg_answers_in_place(hand_on):
    """pool3 hands on maxima of blocks of 8 pixels, counted from -3 because of the border; in between it is linear."""
    image, values = blue(41, 58, CITYSCAPES_MEAN)
    network = hand_on(fcn8s_cityscapes(2, (41, 58), 0.02), {"score_fr": 0, "score_pool4": 0})
    below, right = -(41 + 3) % 8 + 8, -(58 + 3) % 8 + 8
    padded = np.pad(values, ((11, below), (11, right)))  # a block of border more on each side
    blocks = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).max((1, 3))
    rows, columns = (8 * np.arange(n) - 11 + 3.5 for n in blocks.shape)
    expected = np.stack([np.interp(np.arange(58), columns, row) for row in blocks])
    expected = np.stack([np.interp(np.arange(41), rows, column) for column in expected.T], -1)
    found = network.predict_on_batch(image)[0]
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-4, atol=1e-2)
    assert not found[..., 1].any()


def test_the_finest_path_on_resnet_answers_in_place(hand_on):
    """res3b3 hands on maxima of every second pixel around every eighth; in between it is linear."""
    image, values = blue(41, 60, MEAN)
    network = hand_on(fcn8s_resnet101(2, (41, 60), 0.02), {"score-fr": 0, "score-res4b22": 0})
    for layer in network.layers:
        if layer.name.endswith("branch2c"):
            layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    sampled = np.pad(values, ((0, 0), (0, 5)))[::2, ::2]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(sampled, 1), (3, 3))[::4, ::4].max((2, 3))
    expected = np.stack([np.interp(np.arange(60), 8 * np.arange(windows.shape[1]), row) for row in windows])
    expected = np.stack([np.interp(np.arange(41), 8 * np.arange(6), column) for column in expected.T], -1)
    np.testing.assert_allclose(network.predict_on_batch(image)[0, ..., 0], expected, rtol=2e-3, atol=1e-2)
