"""Random zoom against SciPy and TensorFlow's own resizing, and the way back."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf

from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.rescale import Rescale, rescale, zoom

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (3, 12, 16, 3))
CENTRES = np.array([[0.0, 0.0], [0.5, 0.25], [1.0, 0.7]])


def by_scipy(image, factor, centre):
    """Sampled at single points, as a zoom in does; its own mirror."""
    sides = np.array(image.shape[:2])
    grid = [(np.arange(n) + 0.5 - (1 - factor) * c * n) / factor - 0.5 for n, c in zip(sides, centre, strict=True)]
    rows, columns = np.meshgrid(*grid, indexing="ij")
    planes = [scipy.ndimage.map_coordinates(image[..., c], [rows, columns], order=1, mode="reflect") for c in range(3)]
    return np.stack(planes, -1)


@pytest.mark.parametrize("factor", [1.0, 1.2, 2.5])
def test_a_zoom_in_equals_scipy(factor):
    found = zoom(tf.constant(IMAGES), np.full(3, factor), CENTRES)
    expected = [by_scipy(image, factor, centre) for image, centre in zip(IMAGES, CENTRES, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_zoom_out_equals_resizing_with_the_mirror_image_beside_it():
    """By 1/2 about the upper left corner, and by 1/2 about the lower right one."""
    small = tf.image.resize(IMAGES, (6, 8), antialias=True).numpy()
    found = zoom(tf.constant(IMAGES), [0.5] * 3, [[0.0, 0.0]] * 3).numpy()
    np.testing.assert_allclose(found[:, :6, :8], small, atol=1e-4)  # TensorFlow's is in float32
    np.testing.assert_allclose(found[:, 6:, :8], found[:, 5::-1, :8], atol=1e-9)
    np.testing.assert_allclose(found[:, :, 8:], found[:, :, 7::-1], atol=1e-9)
    other = zoom(tf.constant(IMAGES), [0.5] * 3, [[1.0, 1.0]] * 3).numpy()
    np.testing.assert_allclose(other[:, 6:, 8:], small, atol=1e-4)


def test_a_factor_of_1_changes_no_bit():
    images = tf.constant(IMAGES, tf.float32)
    for mirrored in (True, False):
        np.testing.assert_array_equal(zoom(images, tf.ones(3), CENTRES, mirrored), images)
    np.testing.assert_array_equal(Rescale(1.0, 1.0)(images, image_seeds(0, "abc")), images)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3])
def test_the_way_back_leads_to_the_same_places(factor):
    """Of a ramp of 100 a column and 1 a row; what was not seen is 0, all else is there."""
    ramp = np.broadcast_to(np.arange(40.0)[:, None] + 100 * np.arange(60.0), (3, 40, 60))[..., None].copy()
    seen = zoom(tf.constant(ramp), np.full(3, factor), CENTRES)
    found = zoom(seen, np.full(3, 1 / factor), CENTRES, mirrored=False).numpy()
    for one, clean, (y, x) in zip(found, ramp, CENTRES, strict=True):
        rows, columns = (
            np.abs(factor * (np.arange(n) + 0.5) + (1 - factor) * c * n - n / 2) <= n / 2 for n, c in ((40, y), (60, x))
        )
        inside = (rows[:, None] & columns)[..., None]
        assert not one[~inside].any() and inside.mean() >= min(1, factor**-2) - 0.1
        away = scipy.ndimage.binary_erosion(inside[..., 0], iterations=3)[..., None]  # from the edge
        np.testing.assert_allclose(one[away], clean[away], atol=10)  # a tenth of a pixel


def test_answers_at_a_stride_return_as_those_at_full_size_do():
    """Flat blocks of 4 x 4, up to a pixel at their edges."""
    seeds = tf.constant(image_seeds(2, "abc"))
    coarse = RNG.normal(0, 1, (3, 8, 12, 5))
    smooth = scipy.ndimage.zoom(coarse, (1, 4, 4, 1), order=1, mode="nearest", grid_mode=True)
    low, high = rescale.back(tf.constant(coarse), seeds).numpy(), rescale.back(tf.constant(smooth), seeds).numpy()
    averaged = high.reshape(3, 8, 4, 12, 4, 5).mean((2, 4))
    assert np.corrcoef(low.ravel(), averaged.ravel())[0, 1] > 0.9


def test_gradient_equals_central_differences():
    """In float64, of a sum of squares there and back."""
    seeds, x = tf.constant(image_seeds(1, "abc")), IMAGES[:, :4, :5] / 50

    @tf.function
    def totals(values):
        moved = rescale(values, seeds)
        return tf.reduce_sum(moved**2 + 3 * rescale.back(moved**2, seeds), (1, 2, 3))

    images = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = totals(images)
    found = tape.gradient(total, images).numpy()
    for place in np.ndindex(*x.shape[1:]):
        nudge = np.zeros_like(x)
        nudge[(slice(None), *place)] = 1e-3
        differences = (totals(x + nudge) - totals(x - nudge)) / 2e-3
        np.testing.assert_allclose(found[(slice(None), *place)], differences, rtol=1e-7, atol=1e-7)


def test_factors_are_log_uniform_and_centres_uniform():
    factors, centres = rescale.drawn(image_seeds(0, [str(i) for i in range(2000)]))
    logs = np.log(factors.numpy().astype(float))
    assert 0.5 - 1e-6 <= np.min(factors) and np.max(factors) <= 1.5 + 1e-6
    assert scipy.stats.kstest(logs, scipy.stats.uniform(np.log(0.5), np.log(3)).cdf).pvalue > 0.01
    for draws in centres.numpy().T:
        assert scipy.stats.kstest(draws, "uniform").pvalue > 0.01
        assert abs(np.corrcoef(draws, logs)[0, 1]) < 0.1


def test_each_image_is_zoomed_by_its_own_draw():
    seeds = image_seeds(3, "abc")
    factors, centres = (part.numpy() for part in rescale.drawn(seeds))
    found = rescale(tf.constant(IMAGES), seeds)
    for i in range(3):
        alone = zoom(tf.constant(IMAGES[i : i + 1]), factors[i : i + 1], centres[i : i + 1])
        np.testing.assert_allclose(found[i], alone[0], atol=1e-9)
    assert len(set(factors)) == 3


def test_gradients_through_it_lead_where_those_of_the_image_itself_do(linear_model):
    """Two halves with other labels, which pull the other way; without the way back they would be mixed up."""
    images, seeds = tf.fill((1, 24, 32, 3), 100.0), tf.constant(image_seeds(0, "a"))
    labels = tf.repeat(tf.constant([[[0], [1]]]), 16, 1)
    labels = tf.broadcast_to(tf.reshape(labels, (1, 1, 32)), (1, 24, 32))
    plain = plain_gradient(linear_model, away_from_labels, images, labels, seeds).gradient.numpy()
    found = ExpectedGradient(rescale, 8)(linear_model, away_from_labels, images, labels, seeds).gradient.numpy()
    assert (np.sign(plain[:, :, :16]) != np.sign(plain[:, :, 16:])).all()
    beside = np.abs(np.arange(32) - 15.5) > 2  # the border between the two is blurred
    assert (np.sign(found) == np.sign(plain))[:, :, beside].mean() > 0.99


@pytest.mark.parametrize("factors", [(0.0, 1.0), (1.5, 0.5), (0.5, float("inf"))])
def test_impossible_factors_are_refused(factors):
    with pytest.raises(ValueError, match="0 < low <= high; got"):
        Rescale(*factors)
