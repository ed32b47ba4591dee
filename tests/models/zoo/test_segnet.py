"""SegNet: the table of the public model, and its decoder against unpooling by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.models.zoo.segnet import segnet

STAGES = {1: [64, 64], 2: [128, 128], 3: [256] * 3, 4: [512] * 3, 5: [512] * 3}
"""Channels of the encoder's convolutions."""

DECODER = {5: [512] * 3, 4: [512, 512, 256], 3: [256, 256, 128], 2: [128, 64], 1: [64, None]}
"""Channels of the decoder's convolutions in the order in which they come; None stands for the classes."""


def convolutions(classes, width=1.0):
    """{name: (channels in, channels out)} of the table, in order."""
    names = [f"conv{stage}_{i}" for stage, channels in STAGES.items() for i in range(1, len(channels) + 1)]
    names += [f"conv{stage}_{i}_D" for stage, channels in DECODER.items() for i in range(len(channels), 0, -1)]
    outputs = [channels for table in (STAGES, DECODER) for stage in table.values() for channels in stage]
    outputs = [max(4, round(channels * width)) if channels else classes for channels in outputs]
    return dict(zip(names, zip([3, *outputs], outputs, strict=False), strict=True))


def layers_of(network, kind):
    return {layer.name: layer for layer in network.layers if isinstance(layer, kind)}


@pytest.fixture(scope="module")
def network():
    """A sixteenth of the width, 64 x 96 pixels; normalisation drawn at random."""
    keras.utils.set_random_seed(0)
    network, rng = segnet(5, (64, 96), width=0.0625), np.random.default_rng(0)
    for layer in layers_of(network, keras.layers.BatchNormalization).values():
        layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


@pytest.fixture(scope="module")
def images():
    return tf.constant(np.random.default_rng(1).integers(0, 256, (2, 64, 96, 3)), tf.float32)


def test_the_published_network(counted):
    """Keras stores two more vectors for each of the 25 normalisations, of 7,936 channels, than the public file."""
    network = counted(segnet, 21, (224, 224))
    assert network.count_params() == 29_455_125 + 2 * 7_936 == 29_470_997
    assert network.output_shape == (None, 224, 224, 21)


def test_the_table_has_the_parameters_of_the_public_model():
    table = convolutions(21)
    assert sum(9 * inputs * outputs + outputs for inputs, outputs in table.values()) == 29_439_253
    assert sum(outputs for _, outputs in table.values()) - 21 == 7_936


def test_every_convolution_is_that_of_the_table(network):
    found = layers_of(network, keras.layers.Conv2D)
    assert {name: layer.kernel.shape[2:] for name, layer in found.items()} == convolutions(5, 0.0625)
    assert {(layer.kernel_size, layer.strides, layer.use_bias) for layer in found.values()} == {((3, 3), (1, 1), True)}
    assert list(found) == list(convolutions(5))
    assert len(found) == 26


def test_every_convolution_but_the_last_is_normalised_and_rectified(network):
    names = [name for name in convolutions(5) if name != "conv1_1_D"]
    assert list(layers_of(network, keras.layers.BatchNormalization)) == [f"{name}_bn" for name in names]
    assert list(layers_of(network, keras.layers.ReLU)) == [name.replace("conv", "relu") for name in names]
    assert len(names) == 25


def test_dropout_stands_before_each_pool_and_each_unpooling(network):
    found = layers_of(network, keras.layers.Dropout)
    names = [f"pool{i}_drop" for i in range(1, 6)] + [f"upsample{i}_drop" for i in range(5, 0, -1)]
    assert list(found) == names
    assert {layer.rate for layer in found.values()} == {0.5}
    heights = [found[name].output.shape[1] for name in names]
    assert heights == [64, 32, 16, 8, 4, 2, 4, 8, 16, 32]


def unpooled_by_hand(x, before_pool):
    """x [N, h, w, C] in a plane of zeros, at the first maxima of the 2 x 2 windows of before_pool [N, H, W, C]."""
    found = np.zeros_like(before_pool)
    for n, i, j, c in np.ndindex(*x.shape):
        window = before_pool[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c]
        row, column = np.unravel_index(window.argmax(), window.shape)
        found[n, 2 * i + row, 2 * j + column, c] = x[n, i, j, c]
    return found


@pytest.mark.parametrize(("stage", "convolution"), [(5, "conv5_3_D"), (3, "conv3_3_D"), (1, "conv1_2_D")])
def test_a_decoder_stage_unpools_by_the_mask_of_its_encoder_stage(network, images, stage, convolution):
    names = [f"upsample{stage}_drop", f"pool{stage}_drop", convolution]
    low, before_pool, found = keras.Model(network.input, [network.get_layer(name).output for name in names])(images)
    expected = network.get_layer(convolution)(unpooled_by_hand(low.numpy(), before_pool.numpy()))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_the_size_of_its_authors_camvid_network(counted):
    """Their file says upsample_h 45, 23 where doubling would give 46, 24."""
    network = counted(segnet, 11, (360, 480))
    pools = [network.get_layer(f"pool{i}_drop").output.shape[1:3] for i in range(1, 6)]
    assert pools == [(360, 480), (180, 240), (90, 120), (45, 60), (23, 30)]
    ups = [network.get_layer(f"upsample{i}_drop").output.shape[1:3] for i in range(5, 0, -1)]
    assert ups == [(12, 15), *pools[:0:-1]]
    assert network.output_shape == (None, 360, 480, 11)


@pytest.mark.parametrize("size", [(45, 60), (23, 31)])
def test_odd_sizes_are_rounded_up_and_cut_back(size):
    """Against pooling and unpooling by hand, of which the last row and column may lack their neighbours."""
    keras.utils.set_random_seed(0)
    network = segnet(5, size, width=0.0625)
    images = np.random.default_rng(1).integers(0, 256, (1, *size, 3)).astype(np.float32)
    for stage, convolution in ((5, "conv5_3_D"), (3, "conv3_3_D"), (1, "conv1_2_D")):
        names = [f"upsample{stage}_drop", f"pool{stage}_drop", convolution]
        low, before_pool, found = keras.Model(network.input, [network.get_layer(name).output for name in names])(images)
        assert low.shape[1:3] == network.get_layer(names[0]).output.shape[1:3]
        expected = network.get_layer(convolution)(unpooled_by_hand(low.numpy(), before_pool.numpy()))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_an_input_gradient_is_finite_and_not_zero(network, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(tf.nn.log_softmax(network(images, training=False))[..., 0])
    gradient = tape.gradient(loss, images).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient != 0).any(-1).mean() > 0.9  # elsewhere another pixel won its window


def test_training_drops_values_and_moves_the_statistics(network, images):
    weights = network.get_weights()
    before = network.get_layer("conv1_2_D_bn").moving_mean.numpy()
    first, second = (network(images, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    assert (network.get_layer("conv1_2_D_bn").moving_mean.numpy() != before).any()
    network.set_weights(weights)
