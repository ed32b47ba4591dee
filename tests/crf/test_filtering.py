"""The two filters against full kernel matrices, with every normalisation."""

import brute_force
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.filtering import WIDE, bilateral_filter, linear, normalised, spatial_filter
from tfadvseg.crf.parameters import NORMALISATIONS


def spatial_kernel(height, width, theta):
    return brute_force.gaussian(brute_force.positions(height, width) / theta)


def matrix_of(kernel, height, width):
    """[P, P], of a filter of one image, in float64."""
    pixels = height * width
    return (
        kernel(tf.reshape(tf.eye(pixels, dtype=tf.float64), [1, height, width, pixels])).numpy().reshape(pixels, pixels)
    )


@pytest.mark.parametrize("normalisation", sorted(NORMALISATIONS))
@pytest.mark.parametrize("theta", [0.5, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("size", [(11, 14), (1, 9), (1, 1)])
def test_spatial_filter_equals_the_kernel_matrix(size, theta, normalisation):
    """Exact but for the tail of a convolution; 20 pixels is wider than any."""
    images = tf.zeros((1, *size, 3), tf.float64)
    found = matrix_of(normalised(spatial_filter(images, theta), images, normalisation, 2.0), *size)
    np.testing.assert_allclose(
        found, 2 * brute_force.normalised(spatial_kernel(*size, theta), normalisation), atol=1e-4, rtol=1e-5
    )


def test_convolution_and_matrices_agree_where_one_hands_over_to_the_other():
    images = tf.zeros((2, 21, 30, 3))
    values = tf.constant(np.random.default_rng(0).uniform(size=(2, 21, 30, 4)), tf.float32)
    convolved, multiplied = (
        normalised(spatial_filter(images, theta), images, "after")(values) for theta in (WIDE, WIDE + 1e-3)
    )
    np.testing.assert_allclose(convolved, multiplied, atol=1e-4)


@pytest.mark.parametrize("thetas", [(160.0, 3.0), (67.0, 3.0), (5.0, 20.0)])
def test_bilateral_filter_is_about_the_kernel_matrix(thetas, scene):
    """Filtered probabilities differ by the lattice's error, which is large at single pixels and small on average."""
    image, logits = scene
    parameters = dict(zip(("theta_alpha", "theta_beta"), thetas, strict=True))
    values = brute_force.softmax(logits.astype(float))
    features = np.concatenate([brute_force.positions(24, 32) / thetas[0], image.reshape(-1, 3) / thetas[1]], 1)
    exact = brute_force.normalised(brute_force.gaussian(features), "after") @ values.reshape(-1, 5)
    images = tf.constant(image[None])
    found = normalised(bilateral_filter(images, **parameters), images, "after")(values[None].astype(np.float32))
    difference = np.abs(found - exact.reshape(found.shape))
    assert difference.mean() < 0.01 and np.quantile(difference, 0.99) < 0.1
    assert np.abs(exact - values.reshape(-1, 5)).mean() > 0.05  # the filter does something here


@pytest.mark.parametrize("normalisation", sorted(NORMALISATIONS))
def test_normalisations_divide_by_the_sums_of_the_filters_own_kernel(normalisation, scene):
    images = tf.constant(scene[0][None, :9, :12], tf.float64)
    bare = bilateral_filter(images, 30.0, 10.0)
    kernel, sums = matrix_of(bare, 9, 12), bare(tf.ones((1, 9, 12, 1), tf.float64)).numpy().ravel()
    np.testing.assert_allclose(kernel.sum(1), sums)
    before, after = brute_force.DIVISORS[normalisation](sums)
    expected = kernel / np.reshape(after, (-1, 1)) / before
    found = normalised(bare, images, normalisation, -3.0)
    np.testing.assert_allclose(matrix_of(found, 9, 12), -3 * expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(matrix_of(found.transposed(), 9, 12), -3 * expected.T, rtol=1e-9, atol=1e-12)


def test_images_of_a_batch_do_not_mix(scene):
    image, logits = (tf.constant(array) for array in scene)
    images, values = tf.stack([image, image[:, ::-1], 0 * image]), tf.stack([logits, -logits, logits])
    for make in (
        lambda x: bilateral_filter(x, 40.0, 5.0),
        lambda x: spatial_filter(x, 2.0),
        lambda x: spatial_filter(x, 20.0),
    ):
        together = normalised(make(images), images, "symmetric")(values)
        alone = [normalised(make(images[i : i + 1]), images[:1], "symmetric")(values[i : i + 1]) for i in range(3)]
        np.testing.assert_allclose(together, tf.concat(alone, 0), atol=1e-5)


@pytest.mark.parametrize("make", [lambda x: bilateral_filter(x, 40.0, 5.0), lambda x: spatial_filter(x, 2.0)])
def test_linear_has_the_gradient_of_the_plain_filter_and_none_for_the_kernel(make, scene):
    images = tf.constant(scene[0][None], tf.float64)
    values = tf.constant(scene[1][None], tf.float64)
    upstream = tf.constant(np.random.default_rng(1).normal(size=values.shape))
    gradients = []
    for apply in (linear, lambda kernel, x: kernel(x)):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([images, values])
            kernel = normalised(make(images), images, "before")
            total = tf.reduce_sum(apply(kernel, values) * upstream)
        gradients.append(tape.gradient(total, values))
        if apply is linear:
            assert tape.gradient(total, images) is None
    np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-12)
    assert np.abs(gradients[0]).max() > 0.1
