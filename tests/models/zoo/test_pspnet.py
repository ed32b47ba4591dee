"""PSPNet: the tables of the public models, built at full depth and thin."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.models.zoo.pspnet import pspnet

STAGES = ((2, 64, 3), (3, 128, 4), (4, 256, 23), (5, 512, 3))
"""Number, channels inside the blocks, blocks."""

BLOCKS = [f"conv{stage}_{block}" for stage, _, blocks in STAGES for block in range(1, blocks + 1)]


def convolutions(classes, width=1.0):
    """{name: (side of the kernel, channels in, channels out)} of the table."""

    def c(channels):
        return max(4, round(channels * width))

    table = {"conv1_1_3x3_s2": (3, 3, c(64)), "conv1_2_3x3": (3, c(64), c(64)), "conv1_3_3x3": (3, c(64), c(128))}
    x = c(128)
    for stage, m, blocks in STAGES:
        table[f"conv{stage}_1_1x1_proj"] = (1, x, c(4 * m))
        for block in range(1, blocks + 1):
            table[f"conv{stage}_{block}_1x1_reduce"] = (1, x, c(m))
            table[f"conv{stage}_{block}_3x3"] = (3, c(m), c(m))
            table[f"conv{stage}_{block}_1x1_increase"] = (1, c(m), c(4 * m))
            x = c(4 * m)
    table |= {f"conv5_3_pool{bins}_conv": (1, x, c(512)) for bins in (1, 2, 3, 6)}
    return table | {"conv5_4": (3, x + 4 * c(512), c(512)), "conv6": (1, c(512), classes)}


def layers_of(network, kind):
    return {layer.name: layer for layer in network.layers if isinstance(layer, kind)}


@pytest.fixture(scope="module")
def network():
    """The published depth, an eighth of the width, 65 x 97 pixels, so maps of 9 x 13; normalisation drawn at random."""
    keras.utils.set_random_seed(0)
    network, rng = pspnet(5, (65, 97), width=0.125), np.random.default_rng(0)
    for layer in layers_of(network, keras.layers.BatchNormalization).values():
        layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


@pytest.fixture(scope="module")
def images():
    return tf.constant(np.random.default_rng(1).integers(0, 256, (2, 65, 97, 3)), tf.float32)


@pytest.mark.parametrize(("classes", "size", "parameters"), [(21, 473, 65_819_349), (19, 713, 65_818_323)])
def test_the_published_networks(counted, classes, size, parameters):
    """Sizes of the table: 473 -> 237, 119, 60 and back; 713 -> 357, 179, 90."""
    network = counted(pspnet, classes, (size, size))
    assert network.count_params() == parameters
    assert network.output_shape == (None, size, size, classes)
    found = [network.get_layer(name).output.shape[1] for name in ("conv1_3_3x3", "conv2_3", "conv3_4", "conv5_4")]
    assert found == {473: [237, 119, 60, 60], 713: [357, 179, 90, 90]}[size]


def test_the_table_has_the_parameters_of_the_public_models():
    """Kernels, four vectors for each normalised channel, the biases of conv6."""
    for classes, parameters in ((21, 65_819_349), (19, 65_818_323)):
        table = convolutions(classes)
        kernels = sum(side**2 * inputs * outputs for side, inputs, outputs in table.values())
        channels = sum(outputs for _, _, outputs in table.values()) - classes
        assert channels == 55_424
        assert kernels + 4 * channels + classes == parameters


def test_every_convolution_is_that_of_the_table(network):
    found = layers_of(network, keras.layers.Conv2D)
    shapes = {name: (layer.kernel.shape[0], *layer.kernel.shape[2:]) for name, layer in found.items()}
    assert shapes == convolutions(5, 0.125)
    assert len(shapes) == 112
    assert [name for name, layer in found.items() if layer.use_bias] == ["conv6"]


def test_every_convolution_but_the_last_is_normalised(network):
    norms = layers_of(network, keras.layers.BatchNormalization)
    assert set(norms) == {f"{name}.bn" for name in convolutions(5) if name != "conv6"}
    assert len(norms) == 111
    assert {layer.epsilon for layer in norms.values()} == {1e-5}


def test_rectified_is_all_but_what_goes_into_a_sum(network):
    summed = {f"{block}_1x1_increase" for block in BLOCKS} | {f"conv{stage}_1_1x1_proj" for stage, *_ in STAGES}
    expected = (set(convolutions(5)) - summed - {"conv6"}) | set(BLOCKS)
    assert set(layers_of(network, keras.layers.ReLU)) == {f"{name}.relu" for name in expected}
    assert set(layers_of(network, keras.layers.Add)) == set(BLOCKS)


def test_strides_and_dilations_are_those_of_the_table(network):
    found = layers_of(network, keras.layers.Conv2D)
    strided = {name for name, layer in found.items() if layer.strides != (1, 1)}
    assert strided == {"conv1_1_3x3_s2", "conv3_1_3x3", "conv3_1_1x1_proj"}
    dilated = {name: layer.dilation_rate for name, layer in found.items() if layer.dilation_rate != (1, 1)}
    assert dilated == {
        f"conv{stage}_{block}_3x3": (rate, rate)
        for stage, rate, n in ((4, 2, 23), (5, 4, 3))
        for block in range(1, n + 1)
    }


@pytest.mark.parametrize(
    ("size", "maps", "kernels"),
    [
        ((473, 473), [237, 237, 119, 119, 60, 60], {1: (60, 60), 2: (30, 30), 3: (20, 20), 6: (10, 10)}),
        ((713, 713), [357, 357, 179, 179, 90, 90], {1: (90, 90), 2: (45, 45), 3: (30, 30), 6: (15, 15)}),
        ((513, 1025), [257, 513, 129, 257, 65, 129], {1: (65, 129), 2: (33, 65), 3: (23, 43), 6: (15, 24)}),
        ((512, 1024), [257, 513, 129, 257, 65, 129], {1: (65, 129), 2: (33, 65), 3: (23, 43), 6: (15, 24)}),
    ],
)
def test_sizes_of_the_maps_and_of_the_pyramid(size, maps, kernels):
    network = pspnet(3, size, width=0.01)
    found = [
        side for name in ("conv1_3_3x3", "conv2_3", "conv5_3") for side in network.get_layer(name).output.shape[1:3]
    ]
    assert found == maps
    assert {bins: network.get_layer(f"conv5_3_pool{bins}").pool_size for bins in kernels} == kernels
    for bins in kernels:
        assert network.get_layer(f"conv5_3_pool{bins}_conv").output.shape[1:3] == (bins, bins)
    assert network.output_shape == (None, *size, 3)


def test_the_pyramid_is_in_the_order_map_6_3_2_1(network, images):
    """Each level's part of the concatenation is that level, spread bilinearly to the size of the map."""
    names = ["conv5_3.relu", *(f"conv5_3_pool{bins}_conv.relu" for bins in (6, 3, 2, 1)), "conv5_3_concat"]
    *parts, concat = keras.Model(network.input, [network.get_layer(name).output for name in names])(images)
    parts = [tf.compat.v1.image.resize_bilinear(part, (9, 13), align_corners=True) for part in parts]
    np.testing.assert_allclose(concat, tf.concat(parts, -1), rtol=1e-4, atol=1e-4 * np.abs(concat).max())


def test_sizes_that_do_not_fit_are_filled_up_with_the_mean_colour(network, images):
    """60 x 90 pixels become 65 x 97, where the mean colour lies below and to the right; the rest is cut off."""
    smaller = pspnet(5, (60, 90), width=0.125)
    smaller.set_weights(network.get_weights())
    mean = np.broadcast_to(np.float32([123.68, 116.779, 103.939]), (2, 65, 97, 3)).copy()
    mean[:, :60, :90] = images[:, :60, :90]
    expected = network(mean, training=False)[:, :60, :90]
    found = smaller(images[:, :60, :90], training=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(32, 48), (97, 33), (1, 1)])
def test_sizes_without_six_bins_are_refused(size):
    with pytest.raises(ValueError, match=f"PSPNet needs images of 34x34 pixels or more.*got {size[0]}x{size[1]} "):
        pspnet(5, size)


def test_the_smallest_size_has_bins_of_one_pixel():
    assert pspnet(5, (34, 34), width=0.01).get_layer("conv5_3_pool6").pool_size == (1, 1)


def test_an_input_gradient_is_finite_and_reaches_the_pixels(network, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(tf.nn.log_softmax(network(images, training=False))[..., 0])
    gradient = tape.gradient(loss, images).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient != 0).any(-1).mean() > 0.99  # all but a few pixels whose units are all off


def test_training_drops_values_and_moves_the_statistics(network, images):
    (drop,) = layers_of(network, keras.layers.Dropout).values()
    assert drop.rate == 0.1
    weights = network.get_weights()
    before = network.get_layer("conv5_4.bn").moving_mean.numpy()
    first, second = (network(images, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    assert (network.get_layer("conv5_4.bn").moving_mean.numpy() != before).any()
    network.set_weights(weights)
