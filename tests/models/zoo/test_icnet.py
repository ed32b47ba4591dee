"""ICNet: the tables of the public models, with batch normalisation and merged."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.models.zoo.icnet import icnet, icnet_merged

STAGES = ((2, 64, 32, 3), (3, 128, 64, 4), (4, 256, 128, 6), (5, 512, 256, 3))
"""Number, channels in, channels inside the blocks (they give four times as many), blocks."""

CONVOLUTIONS = {
    "conv1_1_3x3_s2": (3, 3, 32),
    "conv1_2_3x3": (3, 32, 32),
    "conv1_3_3x3": (3, 32, 64),
    **{f"conv{s}_1_1x1_proj": (1, inputs, 4 * m) for s, inputs, m, _ in STAGES},
    **{f"conv{s}_1_1x1_reduce": (1, inputs, m) for s, inputs, m, _ in STAGES},
    **{f"conv{s}_{b}_1x1_reduce": (1, 4 * m, m) for s, _, m, blocks in STAGES for b in range(2, blocks + 1)},
    **{f"conv{s}_{b}_3x3": (3, m, m) for s, _, m, blocks in STAGES for b in range(1, blocks + 1)},
    **{f"conv{s}_{b}_1x1_increase": (1, m, 4 * m) for s, _, m, blocks in STAGES for b in range(1, blocks + 1)},
    "conv5_4_k1": (1, 1024, 256),
    "conv_sub4": (3, 256, 128),
    "conv3_1_sub2_proj": (1, 256, 128),
    "conv_sub2": (3, 128, 128),
    "conv3_sub1_proj": (1, 64, 128),
    "conv1_sub1": (3, 3, 32),
    "conv2_sub1": (3, 32, 32),
    "conv3_sub1": (3, 32, 64),
    "conv6_cls": (1, 128, 19),
}
"""{name: (side of the kernel, channels in, channels out)} of the table."""

BLOCKS = [f"conv{stage}_{block}" for stage, _, _, blocks in STAGES for block in range(1, blocks + 1)]


def layers_of(network, kind):
    return {layer.name: layer for layer in network.layers if isinstance(layer, kind)}


@pytest.fixture(scope="module")
def published():
    return {build.__name__: build(19, (1025, 2049)) for build in (icnet, icnet_merged)}


@pytest.fixture(scope="module")
def network():
    """An eighth of the width, 161 x 193 pixels, so maps of 6 x 7 in the pyramid; normalisation drawn at random."""
    keras.utils.set_random_seed(0)
    network, rng = icnet(5, (161, 193), width=0.125), np.random.default_rng(0)
    for layer in layers_of(network, keras.layers.BatchNormalization).values():
        layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


@pytest.fixture(scope="module")
def images():
    return tf.constant(np.random.default_rng(1).integers(0, 256, (2, 161, 193, 3)), tf.float32)


def test_the_published_networks_have_the_parameters_of_the_public_files(published):
    """Less the three numbers of the public files' scaling of the input, which is the identity."""
    assert published["icnet"].count_params() == 6_728_534 - 3
    assert published["icnet_merged"].count_params() == 6_685_718 - 3


def test_every_convolution_is_that_of_the_table(published):
    for name, biased in (("icnet", {"conv6_cls"}), ("icnet_merged", set(CONVOLUTIONS))):
        found = layers_of(published[name], keras.layers.Conv2D)
        shapes = {layer.name: (layer.kernel.shape[0], *layer.kernel.shape[2:]) for layer in found.values()}
        assert shapes == CONVOLUTIONS
        assert {layer for layer in found if found[layer].use_bias} == biased
    assert len(CONVOLUTIONS) == 64


def test_every_convolution_but_the_last_is_normalised(published):
    norms = layers_of(published["icnet"], keras.layers.BatchNormalization)
    assert set(norms) == {f"{name}.bn" for name in CONVOLUTIONS if name != "conv6_cls"}
    assert len(norms) == 63
    assert not layers_of(published["icnet_merged"], keras.layers.BatchNormalization)


@pytest.mark.parametrize("name", ["icnet", "icnet_merged"])
def test_rectified_is_all_but_what_goes_into_a_sum(published, name):
    summed = {f"{block}_1x1_increase" for block in BLOCKS} | {f"conv{stage}_1_1x1_proj" for stage, *_ in STAGES}
    summed |= {"conv_sub4", "conv3_1_sub2_proj", "conv_sub2", "conv3_sub1_proj"}
    expected = (set(CONVOLUTIONS) - summed - {"conv6_cls"}) | {*BLOCKS, "sub24_sum", "sub12_sum"}
    assert set(layers_of(published[name], keras.layers.ReLU)) == {f"{layer}.relu" for layer in expected}
    assert set(layers_of(published[name], keras.layers.Add)) == {*BLOCKS, "conv5_3_sum", "sub24_sum", "sub12_sum"}


@pytest.mark.parametrize("name", ["icnet", "icnet_merged"])
def test_strides_and_dilations_are_those_of_the_table(published, name):
    found = layers_of(published[name], keras.layers.Conv2D)
    strided = {layer for layer in found if found[layer].strides != (1, 1)}
    assert strided == {
        "conv1_1_3x3_s2",
        "conv3_1_1x1_reduce",
        "conv3_1_1x1_proj",
        "conv1_sub1",
        "conv2_sub1",
        "conv3_sub1",
    }
    dilated = {layer: found[layer].dilation_rate[0] for layer in found if found[layer].dilation_rate != (1, 1)}
    stages = {f"conv{s}_{b}_3x3": rate for s, rate, n in ((4, 2, 6), (5, 4, 3)) for b in range(1, n + 1)}
    assert dilated == stages | {"conv_sub4": 2, "conv_sub2": 2}


def test_sizes_of_the_published_network(published):
    network = published["icnet"]
    sizes = {
        "conv1_3_3x3": (257, 513),
        "pool1_3x3_s2": (129, 257),
        "conv2_3": (129, 257),
        "conv3_1": (65, 129),
        "conv3_4": (33, 65),
        "conv5_3_sum": (33, 65),
        "conv_sub4": (65, 129),
        "sub24_sum": (65, 129),
        "conv_sub2": (129, 257),
        "sub12_sum": (129, 257),
        "conv3_sub1_proj": (129, 257),
        "conv6_cls": (257, 513),
    }
    assert {name: network.get_layer(name).output.shape[1:3] for name in sizes} == sizes
    assert network.output_shape == (None, 1025, 2049, 19)


@pytest.mark.parametrize(
    ("size", "kernels", "strides"),
    [
        ((1025, 2049), [(33, 65), (17, 33), (13, 25), (8, 15)], [(33, 65), (16, 32), (10, 20), (5, 10)]),
        ((513, 1025), [(17, 33), (9, 17), (7, 13), (7, 8)], [(17, 33), (8, 16), (5, 10), (2, 5)]),
        ((512, 1024), [(17, 33), (9, 17), (7, 13), (7, 8)], [(17, 33), (8, 16), (5, 10), (2, 5)]),
    ],
)
def test_windows_of_the_pyramid(size, kernels, strides):
    """As published, and half as far apart at half the size."""
    network = icnet_merged(3, size, width=0.05)
    pools = [network.get_layer(f"conv5_3_pool{bins}") for bins in (1, 2, 3, 6)]
    assert [pool.pool_size for pool in pools] == kernels
    assert [pool.strides for pool in pools] == strides
    assert network.output_shape == (None, *size, 3)


def test_merging_the_normalisation_into_the_convolutions_leaves_the_logits(network, images):
    """So both builders have one graph."""
    merged = icnet_merged(5, (161, 193), width=0.125)
    for name, layer in layers_of(merged, keras.layers.Conv2D).items():
        weights = network.get_layer(name).get_weights()
        if name != "conv6_cls":
            gamma, beta, mean, variance = network.get_layer(f"{name}.bn").get_weights()
            scale = gamma / np.sqrt(variance + 1e-5)
            weights = [weights[0] * scale, beta - mean * scale]
        layer.set_weights(weights)
    expected = network(images, training=False)
    np.testing.assert_allclose(merged(images), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_the_pyramid_adds_its_levels_to_the_map(network, images):
    """Each spread bilinearly to the size of the map."""
    names = ["conv5_3.relu", *(f"conv5_3_pool{bins}" for bins in (1, 2, 3, 6)), "conv5_3_sum"]
    features, *levels, total = keras.Model(network.input, [network.get_layer(name).output for name in names])(images)
    for level in levels:
        features += tf.compat.v1.image.resize_bilinear(level, (6, 7), align_corners=True)
    np.testing.assert_allclose(total, features, rtol=1e-4, atol=1e-4 * np.abs(total).max())


def test_sizes_that_do_not_fit_are_filled_up_with_the_mean_colour(network, images):
    """150 x 170 pixels become 161 x 193, where the mean colour lies below and to the right; the rest is cut off."""
    smaller = icnet(5, (150, 170), width=0.125)
    smaller.set_weights(network.get_weights())
    mean = np.broadcast_to(np.float32([123.68, 116.779, 103.939]), (2, 161, 193, 3)).copy()
    mean[:, :150, :170] = images[:, :150, :170]
    expected = network(mean, training=False)[:, :150, :170]
    found = smaller(images[:, :150, :170], training=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("build", [icnet, icnet_merged])
@pytest.mark.parametrize("size", [(128, 256), (513, 129), (1, 1)])
def test_sizes_without_six_bins_are_refused(build, size):
    with pytest.raises(ValueError, match=f"ICNet needs images of 130x130 pixels or more.*got {size[0]}x{size[1]} "):
        build(5, size)


def test_the_smallest_size_has_bins_of_one_pixel():
    assert icnet_merged(5, (130, 130), width=0.05).get_layer("conv5_3_pool6").pool_size == (1, 1)


def test_an_input_gradient_is_finite_and_reaches_the_pixels(network, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(tf.nn.log_softmax(network(images, training=False))[..., 0])
    gradient = tape.gradient(loss, images).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient != 0).any(-1).mean() > 0.95  # elsewhere all four units are off


def test_training_moves_the_statistics(network, images):
    weights = network.get_weights()
    before = network.get_layer("conv_sub2.bn").moving_mean.numpy()
    network(images, training=False)
    np.testing.assert_array_equal(network.get_layer("conv_sub2.bn").moving_mean.numpy(), before)
    network(images, training=True)
    assert (network.get_layer("conv_sub2.bn").moving_mean.numpy() != before).any()
    network.set_weights(weights)
