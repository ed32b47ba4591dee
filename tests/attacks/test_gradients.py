"""The gradient estimator against finite differences and against a formula."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient, usable
from tfadvseg.attacks.objectives import away_from_labels, toward_class, toward_least_likely
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.seeds import no_seeds


@pytest.mark.parametrize("objective", [away_from_labels, toward_least_likely, toward_class(1)])
def test_gradient_equals_central_differences(objective, smooth_model):
    """In float64, where a step of 1e-4 grey levels leaves an error of about 1e-8 of the largest component."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 255, (1, 4, 5, 3))
    labels = rng.integers(0, 4, (1, 4, 5)).astype(np.int32)
    labels[0, 0, :2] = LEFT_OUT
    images = tf.constant(x)
    gradient = plain_gradient(smooth_model, objective, images, labels, no_seeds(images)).gradient.numpy()

    def total(values):
        return float(tf.reduce_sum(objective(smooth_model(tf.constant(values)), labels)))

    differences = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = 1e-4
        differences[place] = (total(x + nudge) - total(x - nudge)) / 2e-4
    assert np.abs(gradient).min() > 1e-6
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-7)


def test_gradient_toward_a_class_is_its_weights_minus_the_expected_ones(linear_model):
    """d(-CE)/dx = w_t - sum_c p_c w_c for logits w x."""
    images = tf.constant(np.random.default_rng(6).uniform(0, 255, (1, 3, 3, 3)), tf.float32)
    labels = tf.zeros((1, 3, 3), tf.int32)
    weights = np.array([[0.0, 0.001, 0.002], [0.0, -0.002, -0.001], [0.0, 0.003, 0.001]])
    logits = images.numpy().astype(float) @ weights + [4.0, 0.0, -1.0]
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    expected = weights[:, 1] - p @ weights.T
    found = plain_gradient(linear_model, toward_class(1), images, labels, no_seeds(images)).gradient
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-8)  # float32


def test_images_of_a_batch_do_not_see_each_other(smooth_model, images):
    """To rounding: other batch sizes may sum in another order."""
    labels = tf.argmax(smooth_model(images), -1, tf.int32)
    both = plain_gradient(smooth_model, away_from_labels, images, labels, no_seeds(images)).gradient
    alone = plain_gradient(smooth_model, away_from_labels, images[1:], labels[1:], no_seeds(images[1:])).gradient
    np.testing.assert_allclose(both[1:], alone, rtol=1e-3, atol=1e-5)


def test_what_is_no_finite_number_and_what_may_not_change_leaves_the_rest_alone():
    gradient = tf.constant([[[[np.nan, 1.0, -np.inf], [2.0, np.inf, 3.0]]]])
    np.testing.assert_array_equal(usable(gradient, None), [[[[0, 1, 0], [2, 0, 3]]]])
    may = tf.constant([[[[1.0], [0.0]]]])
    np.testing.assert_array_equal(usable(gradient, may), [[[[0, 1, 0], [0, 0, 0]]]])
