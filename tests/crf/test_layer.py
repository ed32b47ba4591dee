"""The CRF as a Keras layer: its start, its weights' gradients, saving, and CRF-RNN's file."""

import dataclasses
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.caffe import weights
from tfadvseg.caffe.load import load
from tfadvseg.crf.layer import DenseCrf
from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.models import load as load_model
from tfadvseg.models import zoo
from tfadvseg.models.zoo.crf_rnn import crf_rnn
from tfadvseg.models.zoo.fcn8s import fcn8s
from tfadvseg.serving.export import export

RNG = np.random.default_rng(0)
LOGITS = tf.constant(RNG.normal(0, 2, (2, 9, 12, 4)), tf.float32)
IMAGES = tf.constant(RNG.integers(0, 256, (2, 9, 12, 3)), tf.float32)
CRF_RNN = PARAMETERS["crf_rnn"]


@tf.function
def field(logits, images, iterations):
    return mean_field(logits, images, dataclasses.replace(CRF_RNN, iterations=iterations))


@pytest.mark.parametrize(("training", "iterations"), [(False, 10), (True, 5)])
def test_it_starts_as_the_plain_crf_with_fewer_iterations_while_training(training, iterations):
    layer = DenseCrf()
    found = tf.function(lambda *inputs: layer(inputs, training=training))(LOGITS, IMAGES)
    np.testing.assert_allclose(found, field(LOGITS, IMAGES, iterations), rtol=1e-4, atol=1e-4)
    assert [tuple(w.shape) for w in layer.weights] == [(4, 4)] * 3
    assert np.abs(found - field(LOGITS, IMAGES, 15 - iterations)).max() > 1e-3


def test_matrices_act_on_the_classes_that_receive():
    """Weights that move what class 0 gathers to class 1 only: the others keep their unary logits."""
    layer = DenseCrf(dataclasses.replace(CRF_RNN, iterations=1))
    layer([LOGITS, IMAGES])
    move = np.zeros((4, 4), np.float32)
    move[1, 0] = 1
    layer.set_weights([move, 0 * move, -np.eye(4, dtype=np.float32)])
    change = (layer([LOGITS, IMAGES]) - LOGITS).numpy()
    assert not change[..., [0, 2, 3]].any() and change[..., 1].min() > 0


def test_the_gradients_of_its_weights_equal_differences():
    """Central differences of float32 sums: to a few per cent."""
    layer = DenseCrf(dataclasses.replace(CRF_RNN, iterations=3))
    layer([LOGITS, IMAGES])
    target = tf.constant(RNG.normal(size=LOGITS.shape), tf.float32)

    @tf.function
    def total():
        return tf.reduce_sum(layer([LOGITS, IMAGES]) * target)

    with tf.GradientTape() as tape:
        value = total()
    gradients = tape.gradient(value, layer.trainable_variables)
    for variable, gradient in zip(layer.weights, gradients, strict=True):
        start = variable.numpy()
        for place in ((0, 0), (1, 2)):
            ends = []
            for sign in (1, -1):
                moved = start.copy()
                moved[place] += sign * 0.05
                variable.assign(moved)
                ends.append(float(total()))
            variable.assign(start)
            assert (ends[0] - ends[1]) / 0.1 == pytest.approx(float(gradient[place]), rel=0.05, abs=0.05)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_leaves_it_in_single(policy):
    half, single = DenseCrf(dtype=policy), DenseCrf()
    found = tf.function(lambda *inputs: half(inputs))(LOGITS, IMAGES)
    assert found.dtype == tf.float32
    np.testing.assert_array_equal(found, tf.function(lambda *inputs: single(inputs))(LOGITS, IMAGES))


def test_its_configuration_makes_the_same_layer():
    layer = DenseCrf(PARAMETERS["deeplab_vgg"], name="inference1")
    again = DenseCrf.from_config(layer.get_config())
    assert again.parameters == PARAMETERS["deeplab_vgg"] and again.name == "inference1"


@pytest.fixture(scope="module")
def thin():
    keras.utils.set_random_seed(0)
    return crf_rnn(4, (40, 56), width=0.03)


def test_crf_rnn_is_fcn8s_with_three_matrices(thin):
    assert thin.count_params() == fcn8s(4, (40, 56), width=0.03).count_params() + 3 * 4 * 4
    assert thin.layers[-1].name == "inference1" and thin.output_shape == (None, 40, 56, 4)


def test_the_published_crf_rnn_has_as_many_values_as_its_file():
    """537,968,303 bytes are 4 of each and 3,891 of names and shapes."""
    published = zoo.MODELS["crf_rnn"]
    with keras.StatelessScope(initialize_variables=False):
        network = published.build(published.classes, published.input_size)
    assert network.count_params() == 134_491_103 == (537_968_303 - 3_891) // 4
    keras.utils.clear_session()


def test_under_another_backend_it_is_refused():
    code = "from tfadvseg.models import zoo; zoo.build('crf_rnn', 3, (40, 56), 0.03)"
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "The dense CRF runs on TensorFlow only; KERAS_BACKEND is jax." in ended.stderr


def test_keras_does_not_compile_it_by_xla(thin):
    """On a GPU Keras takes XLA by itself unless a layer forbids it, and XLA knows no products with sparse matrices."""
    from keras.src.trainers.trainer import model_supports_jit

    assert not model_supports_jit(thin) and model_supports_jit(keras.Model(thin.input, thin.layers[-2].output))


def test_crf_rnn_trains(thin):
    """Steps of the whole network lower its loss, and the CRF's matrices move."""
    images = RNG.integers(0, 256, (2, 40, 56, 3)).astype(np.float32)
    labels = np.zeros((2, 40, 56), np.int32)
    labels[:, :, 28:] = 2
    images[:, :, 28:] += 100
    start = [w.numpy() for w in thin.layers[-1].weights]
    thin.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = [float(thin.train_on_batch(images, labels)) for _ in range(12)]
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
    for before, variable in zip(start, thin.layers[-1].weights, strict=True):
        assert np.abs(before - variable.numpy()).max() > 1e-4


def test_crf_rnn_survives_export_with_its_gradient(thin, make_card, tmp_path):
    images = tf.constant(RNG.integers(0, 256, (1, 40, 56, 3)), tf.float32)
    reloaded = load_model(export(thin, make_card("crf", thin), tmp_path))

    def slope(network):
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(network(images)[..., 0])
        return tape.gradient(total, images).numpy()

    expected = tf.function(lambda x: thin(x, training=False))
    np.testing.assert_allclose(reloaded(images), expected(images), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(slope(reloaded), slope(expected), rtol=1e-2, atol=1e-3 * np.abs(slope(expected)).max())


def test_the_blobs_of_crf_rnns_file_are_spatial_bilateral_and_compatibility():
    layer_input = [keras.Input((9, 12, 4)), keras.Input((9, 12, 3))]
    net = keras.Model(layer_input, DenseCrf(name="inference1")(layer_input))
    blobs = [RNG.normal(size=(1, 1, 4, 4)).astype(np.float32) for _ in range(3)]
    report = load(net, {"inference1": blobs})
    assert report.imported == {"inference1": "1x1x4x4, 1x1x4x4, 1x1x4x4"}
    layer = net.get_layer("inference1")
    for name, blob in zip(weights.MEAN_FIELD, blobs, strict=True):
        np.testing.assert_array_equal(getattr(layer, name), blob[0, 0])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [([(4, 4)] * 2, "2 blobs where 3 belong"), ([(4, 4), (4, 4), (5, 5)], "holds 5x5 where the network has 4x4")],
)
def test_other_blobs_are_refused(shapes, message):
    with pytest.raises(ValueError, match=message):
        weights.mean_field([np.ones(shape, np.float32) for shape in shapes], 4)
