"""HSV and its jitter, against the standard library, tf.image and finite differences."""

import colorsys
import itertools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.hsv import Hsv, hsv, hsv_to_rgb, jitter, rgb_to_hsv

CORNERS = np.array(list(itertools.product((0.0, 1.0, 100.0, 254.0, 255.0), repeat=3))).reshape(1, 25, 5, 3)
RANDOM = np.random.default_rng(0).uniform(0, 255, (2, 20, 30, 3))
COLOURS = pytest.mark.parametrize("images", [CORNERS, RANDOM, RANDOM.round()], ids=["corners", "random", "whole"])


def by_colorsys(function, pixels):
    """Pixels [N, H, W, 3] on the scale 0..255 through a function of colorsys."""
    return np.array([function(*pixel) for pixel in pixels.reshape(-1, 3) / 255]).reshape(pixels.shape) * 255


def moved_by_colorsys(images, noise):
    moved = by_colorsys(colorsys.rgb_to_hsv, images) + noise
    moved[..., 0] %= 255
    moved[..., 1:] = moved[..., 1:].clip(0, 255)
    return by_colorsys(colorsys.hsv_to_rgb, moved)


def draw_noise(images, reach=30.0):
    return np.random.default_rng(1).uniform(-reach, reach, images.shape)


def gradient(images, noise, upstream):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        result = jitter(images, tf.constant(noise, images.dtype))
    return tape.gradient(result, images, tf.constant(upstream, images.dtype)).numpy()


@COLOURS
def test_both_directions_equal_colorsys(images):
    expected = by_colorsys(colorsys.rgb_to_hsv, images)
    np.testing.assert_allclose(rgb_to_hsv(tf.constant(images)), expected, atol=1e-10)
    np.testing.assert_allclose(hsv_to_rgb(tf.constant(expected)), images, atol=1e-10)


@COLOURS
def test_both_directions_equal_tensorflow(images):
    """In float32; where colours are nearly grey, a hue has few digits, more so by the other formula."""
    images = tf.constant(images, tf.float32)
    np.testing.assert_allclose(rgb_to_hsv(images), 255 * tf.image.rgb_to_hsv(images / 255), atol=5e-3)
    any_hsv = tf.random.shuffle(images, seed=0)
    np.testing.assert_allclose(hsv_to_rgb(any_hsv), 255 * tf.image.hsv_to_rgb(any_hsv / 255), atol=1e-3)


@COLOURS
def test_jitter_equals_colorsys(images):
    noise = draw_noise(images)
    expected = moved_by_colorsys(images, noise)
    np.testing.assert_allclose(jitter(tf.constant(images), tf.constant(noise)), expected, atol=1e-10)
    in_float32 = jitter(tf.constant(images, tf.float32), tf.constant(noise, tf.float32))
    np.testing.assert_allclose(in_float32, expected, atol=5e-3)


def test_a_wide_jitter_equals_colorsys():
    """Hues go around several times."""
    noise = draw_noise(RANDOM, reach=1000.0)
    found = jitter(tf.constant(RANDOM), tf.constant(noise))
    np.testing.assert_allclose(found, moved_by_colorsys(RANDOM, noise), atol=1e-9)


@COLOURS
def test_no_noise_and_a_full_turn_change_nothing(images):
    images = tf.constant(images, tf.float32)
    np.testing.assert_allclose(jitter(images, tf.zeros_like(images)), images, atol=2e-4)
    turn = tf.constant([255.0, 0.0, 0.0]) * tf.ones_like(images)
    np.testing.assert_allclose(jitter(images, turn), images, atol=5e-3)


def test_images_beyond_the_range_come_back_into_it():
    """Adversarial images reach from -32 to 287; without noise only what is beyond moves the others."""
    images = np.random.default_rng(2).uniform(-32, 287, (1, 60, 60, 3))
    images[0, 0, :2] = [[-3, -8, -20], [290, 300, 280]]
    found = jitter(tf.constant(images), tf.zeros_like(images)).numpy()
    assert found.min() > -1e-10 and found.max() < 255 + 1e-10
    inside = (images.min(-1) >= 0) & (images.max(-1) <= 255)
    np.testing.assert_allclose(found[inside], images[inside], atol=1e-10)
    np.testing.assert_array_equal(found[0, 0, 0], 0)
    np.testing.assert_allclose(found[0, 0, 1], np.array([290, 300, 280]) * 255 / 300)
    assert np.isfinite(gradient(images, draw_noise(images), np.ones_like(images))).all()


def test_gradient_equals_central_differences_away_from_kinks():
    """In float64. Pixels do not see each other, so each channel of all of them moves at once."""
    images, noise = RANDOM, draw_noise(RANDOM)
    upstream = np.random.default_rng(3).normal(0, 1, images.shape)
    expected, smooth = np.zeros_like(images), np.ones(images.shape[:-1], bool)

    def total(values):
        return (jitter(tf.constant(values), tf.constant(noise)).numpy() * upstream).sum(-1)

    here = total(images)
    for channel in range(3):
        nudge = 1e-5 * np.eye(3)[channel]
        after, before = total(images + nudge) - here, here - total(images - nudge)
        smooth &= np.abs(after - before) < 1e-8  # curvature moves them apart by 1e-9 at most, a kink by 1e-5
        expected[..., channel] = (after + before) / 2e-5
    assert smooth.mean() > 0.98
    found = gradient(images, noise, upstream)
    np.testing.assert_allclose(found[smooth], expected[smooth], rtol=1e-5, atol=1e-5)
    assert (np.abs(found[smooth]).max(-1) > 0.01).mean() > 0.9


@pytest.mark.parametrize("reach", [0.0, 30.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_is_finite_at_every_corner(dtype, reach):
    """Grey, black, white and saturated colours; and nearly grey or black ones, where it is steep."""
    tiny = np.array([0.0, 1e-30, 1e-6, 100.0, 100.00001, 254.99998])
    nearly = np.array(list(itertools.product(tiny, repeat=3))).reshape(1, 36, 6, 3)
    for images in (CORNERS, nearly):
        found = gradient(images.astype(dtype), draw_noise(images, reach), np.ones(images.shape))
        assert np.isfinite(found).all()


def test_noise_is_uniform_and_independent_for_each_pixel_and_channel():
    noise = hsv.noise(image_seeds(0, ["a", "b"]), (40, 50)).numpy()
    assert noise.shape == (2, 40, 50, 3) and noise.dtype == np.float32 and np.abs(noise).max() <= 30
    uniform = scipy.stats.uniform(-30, 60).cdf
    channels = noise.reshape(2, 2000, 3).transpose(0, 2, 1).reshape(6, 2000)
    assert min(scipy.stats.kstest(channel, uniform).pvalue for channel in channels) > 0.01
    assert np.abs(np.corrcoef(channels) - np.eye(6)).max() < 4 / np.sqrt(2000)
    neighbours = np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(noise.size)


def test_the_transform_is_jitter_by_its_noise():
    images, seeds = tf.constant(RANDOM), image_seeds(0, ["a", "b"])
    noise = Hsv(10.0).noise(seeds, (20, 30)).numpy()
    np.testing.assert_allclose(Hsv(10.0)(images, seeds), moved_by_colorsys(RANDOM, noise), atol=1e-10)


def test_an_impossible_reach_is_refused():
    with pytest.raises(ValueError, match="must be 0 or more; got -1"):
        Hsv(-1.0)
