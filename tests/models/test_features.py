"""Features of SavedModels: which tensor is taken, that it is what the network computes, and that it has a gradient."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.models.strangers import FORMS, IMAGES, KERNEL, images_of, rounded, save
from tfadvseg.attacks.fspgd import Fspgd
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.noise import Noise
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.models import load
from tfadvseg.models.features import refuse_dead
from tfadvseg.models.postprocessed import PostprocessedModel


def hidden(images, stride=1):
    """What leaves the convolution of all forms."""
    return tf.nn.conv2d(images, KERNEL, stride, "SAME")


@pytest.fixture
def opened(tmp_path):
    """(form, **fields of its reading) -> the model."""

    def open_form(name, **fields):
        FORMS[name].write(tmp_path / "net")
        return load(tmp_path / "net", **FORMS[name].reading | fields)

    return open_form


@pytest.mark.parametrize(
    ("form", "fields", "expected"),
    [
        ("a stride of 4", {}, lambda x: hidden(x, 4)),
        ("a stride of 8, any size", {}, lambda x: hidden(x, 8)),
        ("any height and width", {"features": "Conv2D"}, hidden),
        ("a batch of 2", {"features": "Conv2D:0"}, hidden),
        ("channels first", {"features": "Conv2D"}, hidden),
        ("whole numbers in", {"features": "Conv2D"}, lambda x: hidden(rounded(x))),
        ("labels of an argmax at a stride of 4, any size", {}, lambda x: hidden(x, 4)),
        ("mean and std outside", {"features": "Conv2D"}, hidden),
    ],
)
def test_features_are_what_the_network_computes_within(opened, form, fields, expected):
    model = opened(form, **fields)
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        found = model.features(IMAGES)
        total = tf.reduce_sum(tf.sin(found))
    with tf.GradientTape() as own:
        own.watch(IMAGES)
        directly = expected(IMAGES)
        summed = tf.reduce_sum(tf.sin(directly))
    np.testing.assert_allclose(found, directly, rtol=1e-3, atol=2e-3)
    gradient, slope = tape.gradient(total, IMAGES), own.gradient(summed, IMAGES)
    if slope is None:  # through `rounded`, whose gradient a straight-through one stands for
        assert np.abs(gradient).max() > 0
    else:
        np.testing.assert_allclose(gradient, slope, rtol=1e-2, atol=1e-3)


def test_those_of_tiles_lie_one_below_the_other(opened):
    model = opened("tiles", features="Conv2D")
    found = model.features(IMAGES)
    parts = [IMAGES[:, r : r + 8, c : c + 8] for r in range(0, 16, 8) for c in range(0, 24, 8)]
    np.testing.assert_allclose(found, tf.concat([hidden(part) for part in parts], 1), rtol=1e-4, atol=1e-4)


def test_the_widest_layer_is_taken_with_all_that_follows_value_by_value(tmp_path):
    """Not the full-sized one, not the classes', and of two equally wide ones the last."""
    rng = np.random.default_rng(5)
    kernels = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in ((3, 3, 3, 16), (3, 3, 3, 9), (3, 3, 9, 9))]
    bias = rng.normal(0, 0.1, 9).astype(np.float32)

    def layers(x):
        stem = tf.nn.conv2d(x / 100, kernels[0], 1, "SAME")
        first = tf.nn.relu(tf.nn.conv2d(x / 100, kernels[1], 2, "SAME"))
        last = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(first, kernels[2], 1, "SAME"), bias) * 0.5 + first)
        scores = tf.nn.conv2d(last, tf.ones((1, 1, 9, 4)), 1, "SAME") + tf.reduce_mean(last, (1, 2, 3), True)
        return tf.image.resize(scores, (16, 24)) + tf.reduce_mean(stem), last

    save(tmp_path / "net", lambda net, x: layers(x)[0] + 0 * net(x), images_of(None, 16, 24, 3))
    found = load(tmp_path / "net").features(IMAGES)
    np.testing.assert_allclose(found, layers(IMAGES)[1], rtol=1e-4, atol=1e-4)


def test_where_nothing_fits_tensors_are_listed(opened):
    """Its convolution is as large as the image; of a file that leaves the size open it would be taken."""
    with pytest.raises(ValueError, match=r"at a stride with more .* 4 classes; name a tensor as `features`, .*:0"):
        opened("a batch of 2").features(IMAGES)


@pytest.mark.parametrize(
    ("name", "message"), [("conv9", "no tensor 'conv9'; it has .*:0"), ("ReadVariableOp", "2 tensors 'ReadVariableOp'")]
)
def test_another_name_is_refused_in_a_sentence(opened, name, message):
    with pytest.raises(ValueError, match=message):
        opened("a stride of 4", features=name).features(IMAGES)


def test_features_are_found_after_a_gradient_was_taken_of_the_scores(opened):
    model = opened("a stride of 4")
    plain_gradient(model, away_from_labels, IMAGES, tf.zeros((3, 16, 24), tf.int32), None)
    np.testing.assert_allclose(model.features(IMAGES), hidden(IMAGES, 4), rtol=1e-3, atol=2e-3)


def test_a_tensor_that_is_no_map_of_features_is_refused(opened):
    with pytest.raises(ValueError, match=r"features are \[N, h, w, channels\], and .*ArgMax:0 is"):
        opened("labels of an argmax", features="ArgMax").features(IMAGES)


def test_features_decide_no_answer(opened, tmp_path):
    one = opened("a stride of 4")
    other = load(tmp_path / "net", features="Conv2D")
    assert one.digest == other.digest and one.spec != other.spec
    refined = PostprocessedModel(other, dataclasses.replace(other.spec, refinement=lambda logits, images: logits))
    np.testing.assert_array_equal(refined.features(IMAGES), other.features(IMAGES))


def test_an_attack_moves_them_in_one_trace(opened):
    """The graph is opened where the attack is traced."""
    model = opened("a stride of 4")
    labels = tf.argmax(model(IMAGES), -1, tf.int32)
    found = Fspgd(8.0, steps=3)(model, IMAGES, labels, tf.ones((3, 2), tf.int32))
    noise = Noise(8.0)(model, IMAGES, labels, tf.ones((3, 2), tf.int32))
    clean, moved, noisy = (tf.math.l2_normalize(hidden(IMAGES + r, 4), -1) for r in (0, found, noise))
    assert np.abs(found).max() == 8 and np.mean(clean * moved) < np.mean(clean * noisy)


def test_features_that_no_gradient_leads_from_are_refused(opened):
    """Behind a rounding whose own gradient is lost."""
    model = opened("a stride of 4")
    refuse_dead(model.path, model.features, IMAGES)
    with pytest.raises(ValueError, match="no gradient leads from its features to the image, so FSPGD would leave it"):
        refuse_dead(model.path, lambda images: tf.round(model.features(images)), IMAGES)
