"""Packed weights: the answers and gradients of rounded kernels, names that come back, half the bytes."""

import dataclasses
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.models import load, scales, zoo
from tfadvseg.models.initial import start_from
from tfadvseg.models.packing import FILE, unpacked
from tfadvseg.serving.export import export
from tfadvseg.serving.packed import SMALL, PackedWeights, check_logits

SIZE = (32, 48)


def _build():
    """With what packing meets: kernels, vectors, normalisations, and the state of a random draw."""
    layers = keras.layers
    x = images = keras.Input((*SIZE, 3), name="images")
    for number, channels in enumerate((24, 32)):
        x = layers.Conv2D(channels, 3, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU()(layers.BatchNormalization(name=f"norm{number}")(x))
    x = layers.Dropout(0.5)(x)
    return keras.Model(images, layers.Conv2DTranspose(11, 3, padding="same", name="score")(x), name="little")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(5)
    made = _build()
    for variable in made.weights:
        if len(variable.shape) == 1:
            variable.assign(np.random.default_rng(variable.shape[0]).uniform(0.5, 1.5, variable.shape))
    return made


@pytest.fixture(scope="module")
def folder(network, make_card, tmp_path_factory):
    card = dataclasses.replace(make_card("packed", network), input_size=SIZE)
    return export(network, card, tmp_path_factory.mktemp("packed"), half=True)


@pytest.fixture
def image():
    return tf.constant(np.random.default_rng(1).uniform(0, 255, (2, *SIZE, 3)), tf.float32)


def _is_large(values):
    return np.ndim(values) > 1 and np.size(values) >= SMALL


def _rounded(network):
    """A copy of the network with its large kernels rounded to float16 by NumPy."""
    copy = _build()
    for own, variable in zip(copy.weights, network.weights, strict=True):
        values = np.asarray(variable)
        own.assign(values.astype(np.float16).astype(np.float32) if _is_large(values) else values)
    return copy


def test_the_file_answers_as_the_network_with_rounded_kernels(network, folder, image):
    copy = _rounded(network)
    expected = tf.function(lambda x: copy(x, training=False))(image).numpy()
    np.testing.assert_allclose(load(folder)(image), expected, atol=2e-5 * np.abs(expected).max())
    assert np.abs(expected - np.asarray(network(image, training=False))).max() > 0  # rounding is seen at all


def test_its_gradient_is_that_of_the_network_with_rounded_kernels(network, folder, image):
    copy, model = _rounded(network), load(folder)
    slopes = []
    for call in (lambda x: copy(x, training=False), model):
        with tf.GradientTape() as tape:
            tape.watch(image)
            total = tf.reduce_sum(call(image)[..., 3])
        slopes.append(tape.gradient(total, image).numpy())
    assert np.abs(slopes[0]).max() > 0
    np.testing.assert_allclose(slopes[1], slopes[0], atol=1e-4 * np.abs(slopes[0]).max())


def test_it_takes_half_the_space(network, folder):
    """Two bytes a weight of a kernel, four of all others, and little beside."""
    kernels = sum(np.size(v) for v in map(np.asarray, network.weights) if _is_large(v))
    others = sum(np.size(v) for v in map(np.asarray, network.weights) if not _is_large(v))
    assert kernels > 0
    stored = sum(file.stat().st_size for file in (folder / "variables").iterdir())
    assert 2 * kernels + 4 * others <= stored < 2 * kernels + 4 * others + 2000


def test_each_weight_comes_back_by_its_name(network, folder):
    found = load(folder).weights
    assert list(found) == [variable.path for variable in network.weights]
    for variable in network.weights:
        np.testing.assert_allclose(found[variable.path], np.asarray(variable), rtol=1e-3, atol=1e-7)
        assert found[variable.path].dtype == np.float32


def test_a_training_can_start_from_it(network, folder):
    other = _build()
    assert start_from(other, str(folder)).lacking == []
    for mine, theirs in zip(other.weights, _rounded(network).weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


CHANNELS = -(-SMALL // 3)
"""Of a kernel of one pixel that is just large."""


def _scaled(factor, channels=CHANNELS):
    """A network of one convolution by a factor."""
    images = keras.Input((*SIZE, 3))
    layer = keras.layers.Conv2D(channels, 1, use_bias=True)
    made = keras.Model(images, layer(images), name="scaled")
    layer.kernel.assign(np.full((1, 1, 3, channels), factor, np.float32))
    return made


def test_a_small_kernel_keeps_float32():
    assert PackedWeights(_scaled(0.1)).entries[0][0] == "float16"
    assert PackedWeights(_scaled(0.1, CHANNELS - 1)).entries[0][0] == "float32"


def test_a_kernel_beyond_float16_keeps_float32():
    network = _scaled(65536.0)
    packed = PackedWeights(network)
    assert [part for part, *_ in packed.entries] == ["float32", "float32"]
    x = tf.ones((1, *SIZE, 3))
    np.testing.assert_allclose(packed.call(network, x), np.full((1, *SIZE, CHANNELS), 3 * 65536.0))
    assert PackedWeights(_scaled(65504.0)).entries[0][0] == "float16"


def test_logits_that_move_too_far_are_refused():
    """Two kernels that differ by less than float16 tells apart, of which the logits are the difference."""
    images = keras.Input((*SIZE, 3))
    one, other = (keras.layers.Conv2D(CHANNELS, 1, use_bias=False, name=name) for name in ("one", "other"))
    network = keras.Model(images, keras.layers.Subtract()([one(images), other(images)]), name="difference")
    for layer, value in ((one, 1.0), (other, 0.5)):
        layer.kernel.assign(np.full((1, 1, 3, CHANNELS), value, np.float32))
    check_logits(network, PackedWeights(network), SIZE)
    other.kernel.assign(np.full((1, 1, 3, CHANNELS), 1.0001, np.float32))
    with pytest.raises(ValueError, match=r"logits of difference move by 1 of the largest .* keep its weights in"):
        check_logits(network, PackedWeights(network), SIZE)


def test_a_file_that_is_not_packed_has_no_list(tmp_path):
    assert unpacked(tmp_path, []) == {}
    assert FILE == pathlib.Path("assets.extra/weights.json")


def test_an_ensemble_over_scales_has_all_its_signatures_on_the_same_variables(make_card, tmp_path):
    network = zoo.build_multiscale("enet", 11, (48, 64), 0.5, scales=(0.5, 1.0))
    card = dataclasses.replace(make_card("scaled", network), input_size=(48, 64))
    folder = export(network, card, tmp_path, half=True)
    weights = sum(np.size(v) for v in map(np.asarray, network.weights))
    assert (folder / "variables" / "variables.data-00000-of-00001").stat().st_size < 4.1 * weights
    x = tf.constant(np.random.default_rng(2).uniform(0, 255, (1, 48, 64, 3)), tf.float32)
    answers = {spec.name: spec.open()(x).numpy() for spec in scales(folder)}
    assert list(answers) == ["scaled@50", "scaled@100", "scaled"]
    np.testing.assert_allclose(answers["scaled"], np.maximum(answers["scaled@50"], answers["scaled@100"]), atol=1e-4)
    assert np.abs(answers["scaled@50"] - answers["scaled@100"]).max() > 1e-3
