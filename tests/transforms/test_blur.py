"""Gaussian blur, against SciPy and against finite differences."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf

from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.blur import Blur, blur, gaussian_blur

SIGMAS = np.array([0.0, 0.03, 0.2, 0.4, 0.9, 1.3, 1.99, 2.0])


def draw_images(size, seed=0):
    return np.random.default_rng(seed).uniform(-32, 287, (len(SIGMAS), *size, 3))


def by_scipy(images, sigmas):
    return np.stack([scipy.ndimage.gaussian_filter(x, (s, s, 0)) for x, s in zip(images, sigmas, strict=True)])


@pytest.mark.parametrize("size", [(24, 31), (9, 5), (3, 40), (2, 1), (1, 1)])
def test_equals_scipy(size):
    """Images smaller than the kernel, too; to float32 and to float64."""
    images = draw_images(size)
    expected = by_scipy(images, SIGMAS)
    np.testing.assert_allclose(gaussian_blur(tf.constant(images, tf.float32), SIGMAS), expected, atol=1e-4)
    np.testing.assert_allclose(gaussian_blur(tf.constant(images), SIGMAS), expected, atol=1e-11)


def test_other_widths_equal_scipy():
    images, sigmas = draw_images((12, 15)), np.linspace(0, 5, len(SIGMAS))
    np.testing.assert_allclose(gaussian_blur(images, sigmas, 5.0), by_scipy(images, sigmas), atol=1e-11)


def test_sigma_0_changes_no_bit():
    images = tf.constant(draw_images((9, 10)), tf.float32)
    np.testing.assert_array_equal(gaussian_blur(images, tf.zeros(len(SIGMAS))), images)
    np.testing.assert_array_equal(Blur(0.0)(images, image_seeds(0, "abcdefgh")), images)


def test_a_flat_image_stays_flat():
    images = tf.fill((len(SIGMAS), 6, 7, 3), 200.0)
    np.testing.assert_allclose(gaussian_blur(images, SIGMAS), images, atol=1e-4)


def test_it_is_its_own_adjoint():
    """<blur(x), y> = <x, blur(y)>, since the mirrored border keeps its matrix symmetric."""
    x, y = tf.constant(draw_images((11, 13), 1)), tf.constant(draw_images((11, 13), 2))
    left = tf.reduce_sum(gaussian_blur(x, SIGMAS) * y, axis=(1, 2, 3))
    np.testing.assert_allclose(left, tf.reduce_sum(x * gaussian_blur(y, SIGMAS), axis=(1, 2, 3)), rtol=1e-12)


def test_gradient_equals_central_differences():
    """In float64; of a sum of squares, of which central differences are exact to rounding."""
    x, sigmas = draw_images((3, 4))[:2] / 50, tf.constant([0.7, 1.6], tf.float64)

    def total(values):
        return tf.reduce_sum(gaussian_blur(values, sigmas) ** 2)

    images = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = total(images)
    differences = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = 1e-3
        differences[place] = (total(x + nudge) - total(x - nudge)) / 2e-3
    np.testing.assert_allclose(tape.gradient(loss, images), differences, rtol=1e-8, atol=1e-8)


def test_sigmas_are_uniform_in_0_to_2():
    sigmas = blur.sigmas(image_seeds(0, [str(i) for i in range(2000)])).numpy()
    assert sigmas.shape == (2000,) and sigmas.min() >= 0 and sigmas.max() <= 2
    assert scipy.stats.kstest(sigmas, scipy.stats.uniform(0, 2).cdf).pvalue > 0.01


def test_each_image_is_blurred_by_its_own_sigma():
    images, seeds = draw_images((12, 15)), image_seeds(1, "abcdefgh")
    sigmas = blur.sigmas(seeds).numpy().astype(float)
    np.testing.assert_allclose(blur(tf.constant(images), seeds), by_scipy(images, sigmas), atol=1e-11)


@pytest.mark.parametrize("sigma", [-0.5, float("nan")])
def test_impossible_widths_are_refused(sigma):
    with pytest.raises(ValueError, match="must be 0 pixels or more; got"):
        Blur(sigma)
