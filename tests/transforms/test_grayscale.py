"""Grey images by random convex weights."""

import numpy as np
import scipy.stats
import tensorflow as tf

from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.grayscale import grayscale, simplex_weights, weighted_gray

SEEDS = image_seeds(0, [str(i) for i in range(2000)])
IMAGES = np.random.default_rng(0).uniform(0, 255, (3, 4, 5, 3))
WEIGHTS = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.6, 0.4]])


def test_all_channels_hold_the_weighted_sum():
    gray = weighted_gray(tf.constant(IMAGES), tf.constant(WEIGHTS)).numpy()
    np.testing.assert_allclose(gray[..., 0], np.einsum("nhwc,nc->nhw", IMAGES, WEIGHTS))
    np.testing.assert_array_equal(gray[..., 1:], gray[..., :1].repeat(2, -1))
    np.testing.assert_array_equal(gray[1], IMAGES[1, ..., :1].repeat(3, -1))


def test_grey_stays_grey():
    images = tf.constant(IMAGES[..., :1].repeat(3, -1), tf.float32)
    np.testing.assert_allclose(grayscale(images, SEEDS[:3]), images, atol=1e-4)


def test_gradient_is_the_weights_times_the_sum_of_what_comes_from_above():
    images, upstream = tf.constant(IMAGES), np.random.default_rng(1).normal(0, 1, IMAGES.shape)
    with tf.GradientTape() as tape:
        tape.watch(images)
        gray = weighted_gray(images, tf.constant(WEIGHTS))
    expected = upstream.sum(-1, keepdims=True) * WEIGHTS[:, None, None]
    np.testing.assert_allclose(tape.gradient(gray, images, tf.constant(upstream)), expected, rtol=1e-12)


def test_gradient_equals_central_differences():
    """In float64; of a sum of squares, of which central differences are exact to rounding."""

    def total(values):
        return tf.reduce_sum(grayscale(tf.constant(values), SEEDS[:3]) ** 2).numpy()

    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(grayscale(images, SEEDS[:3]) ** 2)
    found = tape.gradient(loss, images).numpy()
    for place in np.ndindex(*IMAGES[:, :2, :2].shape):
        nudge = np.zeros_like(IMAGES)
        nudge[place] = 0.1
        np.testing.assert_allclose(found[place], (total(IMAGES + nudge) - total(IMAGES - nudge)) / 0.2, rtol=1e-6)


def test_weights_are_uniform_on_the_simplex():
    """Then each one is Beta(1, 2), and the share of one in the sum of two is uniform and independent of the third."""
    weights = simplex_weights(SEEDS).numpy().astype(float)
    assert weights.shape == (2000, 3) and weights.min() >= 0
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    for i in range(3):
        assert scipy.stats.kstest(weights[:, i], scipy.stats.beta(1, 2).cdf).pvalue > 0.01
        one, other = weights[:, i - 1], weights[:, i - 2]
        share = one / (one + other)
        assert scipy.stats.kstest(share, scipy.stats.uniform.cdf).pvalue > 0.01
        assert abs(np.corrcoef(share, weights[:, i])[0, 1]) < 4 / np.sqrt(2000)


def test_each_image_has_its_own_weights():
    weights = simplex_weights(SEEDS[:3]).numpy()
    expected = np.einsum("nhwc,nc->nhw", IMAGES, weights)[..., None].repeat(3, -1)
    np.testing.assert_allclose(grayscale(tf.constant(IMAGES), SEEDS[:3]), expected)
