"""The count of arithmetic against closed forms, and for the whole zoo against a sum over layers."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tfadvseg.crf.layer import DenseCrf
from tfadvseg.layers.bilinear import GroupedBilinear, upsample
from tfadvseg.layers.interpolation import resize
from tfadvseg.models import load, zoo
from tfadvseg.models.flops import gigaflops
from tfadvseg.serving.export import export


def multiplications(model, size):
    """Half of the count: each multiplication comes with an addition."""
    return gigaflops(model, size) / 2e-9


def of_layers(size, *stack):
    """Multiplications of a stack of layers."""
    return multiplications(keras.Sequential([keras.Input((*size, 3)), *stack]), size)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv2D(5, 3, strides=2, use_bias=False), 3 * 3 * 3 * 5 * 4 * 5),
        (layers.Conv2D(5, (3, 2), padding="same"), 3 * 2 * 3 * 5 * 9 * 11),
        (layers.Conv2D(5, 3, dilation_rate=2), 3 * 3 * 3 * 5 * 5 * 7),
        (layers.Conv2D(5, 3, dilation_rate=4, padding="same"), 3 * 3 * 3 * 5 * 9 * 11),
        (layers.Conv2D(6, 3, groups=3), 3 * 3 * 1 * 6 * 7 * 9),
        (layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2), 3 * 3 * 3 * 2 * 4 * 5),
        (layers.DepthwiseConv2D(3, dilation_rate=2, padding="same"), 3 * 3 * 3 * 9 * 11),
        (layers.SeparableConv2D(5, 3), (3 * 3 * 3 + 3 * 5) * 7 * 9),
        (layers.Conv2DTranspose(5, 4, strides=2), 4 * 4 * 3 * 5 * 9 * 11),
        (layers.Conv2DTranspose(5, 4, strides=2, padding="same"), 4 * 4 * 3 * 5 * 9 * 11),
        (layers.Dense(5), 3 * 5 * 9 * 11),
    ],
)
def test_a_layer_costs_as_many_multiplications_as_kernel_taps_meet_pixels(layer, expected):
    """Of 9 x 11 pixels and 3 channels; a transposed convolution meets the pixels of its input."""
    assert of_layers((9, 11), layer) == pytest.approx(expected)


def test_a_volume_costs_its_taps_too():
    def through_time(images):
        return tf.nn.conv3d(tf.stack([images] * 5, 1), tf.ones((2, 3, 3, 3, 7)), [1, 1, 2, 2, 1], "VALID")

    assert multiplications(through_time, (9, 11)) == pytest.approx(2 * 3 * 3 * 3 * 7 * 4 * 4 * 5)


def test_matrix_products_cost_what_they_contract():
    """Attention of 4 heads with keys of 5 numbers among 6 * 7 pixels: four projections, scores and their use."""
    pixels, attention = keras.Input((6 * 7, 8)), layers.MultiHeadAttention(4, 5, output_shape=9)
    within = keras.Model(pixels, attention(pixels, pixels))
    network = keras.Sequential([keras.Input((6, 7, 3)), layers.Reshape((42, 3)), layers.Dense(8), within])
    expected = 42 * (3 * 8 + 3 * 8 * 4 * 5 + 4 * 5 * 9) + 2 * 4 * 42 * 42 * 5
    assert multiplications(network, (6, 7)) == pytest.approx(expected)


def test_transposed_factors_contract_their_other_side():
    kernel = tf.Variable(tf.random.stateless_normal((5, 3), (0, 0)))

    def product(images):
        flat = tf.reshape(images, (-1, 3))
        scores = tf.matmul(kernel, flat, transpose_b=True)
        return tf.matmul(scores[None], tf.einsum("nc,kc->kn", flat, kernel)[None], adjoint_a=True)

    assert multiplications(product, (4, 6)) == pytest.approx(2 * 5 * 3 * 24 + 24 * 24 * 5)


def test_layers_without_a_kernel_cost_nothing():
    assert of_layers((4, 6), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D()) == 0


def test_resizing_costs_nothing_however_it_is_done():
    """Aligned corners and Caffe's enlargement are products with constant matrices, large ones captured by the trace."""
    for resized in (lambda x: resize(x, (70, 90)), lambda x: resize(x, (5, 7)), lambda x: upsample(x, 8)):
        images = keras.Input((13, 15, 3))
        assert multiplications(keras.Model(images, resized(images)), (13, 15)) == 0
    assert of_layers((13, 15), layers.Resizing(70, 90)) == 0


def test_a_matrix_of_constant_weights_is_counted():
    """As in a network of TensorFlow 1 whose weights were frozen into its graph."""
    weights = np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)
    assert multiplications(lambda x: tf.reshape(x, (-1, 3)) @ weights, (4, 6)) == pytest.approx(3 * 20 * 24)


def test_a_fixed_enlargement_is_counted_as_it_runs_with_zeros_between_the_channels():
    assert of_layers((4, 6), GroupedBilinear(4)) == pytest.approx(4 * 4 * 3 * 3 * 4 * 6)


def test_a_shared_sub_model_is_counted_at_each_call():
    single = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(5, 3, padding="same")])
    images = keras.Input((8, 12, 3))
    half = single(layers.AveragePooling2D(2)(images))
    network = keras.Model(images, layers.Add()([single(images), layers.UpSampling2D(2)(half)]))
    assert multiplications(network, (8, 12)) == pytest.approx(3 * 3 * 3 * 5 * (8 * 12 + 4 * 6))


def test_a_function_is_counted_at_each_call_and_as_often_as_what_calls_it():
    kernel = tf.Variable(tf.ones((3, 3, 3, 3)))
    blur = tf.function(lambda x: tf.nn.conv2d(x, kernel, 1, "SAME"))
    twice = tf.function(lambda x: blur(blur(x)))
    assert multiplications(lambda x: twice(x) + twice(2 * x) + blur(x), (4, 6)) == pytest.approx(5 * 81 * 24)


def test_vgg_16_takes_its_well_known_15_3_billion_multiplications():
    """Simonyan and Zisserman's network on 224 x 224: 15.35e9 multiply-adds in the convolutions."""
    with keras.StatelessScope(initialize_variables=False):
        network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
        assert multiplications(network, (224, 224)) / 1e9 == pytest.approx(15.35, abs=0.05)
    keras.utils.clear_session()


def sum_over_layers(network):
    """Taps times pixels, from the shapes that Keras knows: what a flat network costs without its CRF."""
    total = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            transposed = isinstance(layer, layers.Conv2DTranspose | GroupedBilinear)
            pixels = np.prod((layer.input if transposed else layer.output).shape[1:3])
            each_channel = layer.kernel.shape[2] if isinstance(layer, GroupedBilinear) else 1
            total += np.prod(layer.kernel.shape) * pixels * each_channel
    return total


def crf_products(network, size):
    """Of 10 iterations of mean field, each with a Gaussian of 27 taps along both axes and a matrix on the classes.

    The Gaussian's sums, by which it is normalised, are those of one more channel. The bilateral kernel is sparse, and
    only its result passes a matrix. Each of the two matrices is a product of weight and compatibility.
    """
    (crf,) = (layer for layer in network.layers if isinstance(layer, DenseCrf))
    classes, pixels, iterations = crf.compatibility.shape[0], np.prod(size), crf.parameters.iterations
    taps = 2 * (2 * int(np.ceil(4.5 * crf.parameters.theta_gamma)) + 1)
    gaussian = taps * pixels * (iterations * classes + 1)
    return gaussian + 2 * iterations * pixels * classes**2 + 2 * classes**3


@pytest.mark.parametrize("name", [name for name in zoo.MODELS if name != "deeplab_v2_multiscale"])
def test_networks_of_the_zoo_cost_the_sum_over_their_layers(name):
    size = (161, 193) if name.startswith("icnet") else (192, 224)
    with keras.StatelessScope(initialize_variables=False):
        network = zoo.build(name, 5, size, width=0.1)
        found = multiplications(functools.partial(network, training=False), size)
    expected = sum_over_layers(network) + (crf_products(network, size) if name == "crf_rnn" else 0)
    keras.utils.clear_session()
    assert found == pytest.approx(expected, rel=1e-12) and found > 1e6


def test_a_network_over_scales_costs_the_sum_over_its_scales():
    with keras.StatelessScope(initialize_variables=False):
        network = zoo.build("deeplab_v2_multiscale", 5, (65, 97), width=0.1)
        found = multiplications(functools.partial(network, training=False), (65, 97))
        sizes = ((65, 97), (49, 73), (33, 49))
        expected = sum(sum_over_layers(zoo.build("deeplab_v2_resnet101", 5, size, width=0.1)) for size in sizes)
    keras.utils.clear_session()
    assert found == pytest.approx(expected, rel=1e-12) and found > 1e6


@pytest.mark.parametrize("name", ["deeplab_v2_vgg", "crf_rnn"])
def test_a_saved_model_costs_what_the_network_did(name, make_card, tmp_path):
    """Its functions were traced for an unknown number of images; CRF-RNN's matrices then have unknown sides."""
    size = (73, 89) if name == "deeplab_v2_vgg" else (16, 24)
    network = zoo.build(name, 11, size, width=0.05)
    folder = export(network, make_card("saved", network), tmp_path)
    expected = gigaflops(functools.partial(network, training=False), size)
    assert gigaflops(load(folder), size) == pytest.approx(expected, rel=1e-12) and expected > 0


def test_a_saved_model_of_open_size_is_counted_for_the_size_that_is_asked_for(tmp_path):
    network = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, padding="same"), layers.Dense(2)])
    network.export(tmp_path / "open", verbose=False)
    loaded = load(tmp_path / "open", signature="serving_default")
    for size in ((4, 6), (32, 40)):
        assert multiplications(loaded, size) == pytest.approx((27 * 4 + 4 * 2) * size[0] * size[1])


def test_what_cannot_be_counted_is_refused_in_one_sentence():
    kernel = tf.ones((3, 3, 3, 3))

    def blur(x):
        return tf.ensure_shape(tf.nn.conv2d(x, kernel, 1, "SAME"), x.shape)

    def loop(images):
        return tf.while_loop(lambda x: tf.reduce_max(x) < 9, lambda x: [blur(x)], [images])[0]

    def branch(images):
        return tf.cond(tf.reduce_max(images) < 9, lambda: blur(images), lambda: images)

    def foreign(images):
        return tf.numpy_function(lambda x: x, [images], tf.float32)

    def bright_pixels(images):
        return tf.matmul(images[images[..., 0] > 9], tf.reshape(images, (3, -1)))

    for network, sentence in (
        (loop, "Arithmetic in a loop or a branch .*While.* cannot be counted; give a network without it"),
        (branch, "Arithmetic in a loop or a branch .*If.* cannot be counted"),
        (foreign, "Arithmetic in code outside of the graph .*PyFunc.* cannot be counted"),
        (
            bright_pixels,
            r"Arithmetic with a tensor of shape \(None, 72\) .* cannot be counted; give a network whose s",
        ),
    ):
        with pytest.raises(ValueError, match=sentence):
            gigaflops(network, (4, 18))


def test_loops_and_branches_without_arithmetic_are_no_hindrance():
    def halved(images):
        small = tf.while_loop(lambda x: tf.reduce_max(x) > 1, lambda x: [x / 2], [images])[0]
        small = tf.cond(tf.reduce_max(small) < 1, lambda: small, lambda: tf.nn.relu(small))
        return tf.nn.conv2d(small, tf.ones((1, 1, 3, 5)), 1, "SAME")

    assert multiplications(halved, (4, 6)) == pytest.approx(3 * 5 * 24)
