import numpy as np
import pytest

from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.intervals import (
    iou_interval,
    iou_ratio_interval,
    percentile_interval,
    resample_weights,
    resampled_iou,
)
from tfadvseg.metrics.scores import iou_ratio, mean_iou


def random_counts(images, seed, right=0.7, classes=4, pixels=100):
    """Counts in which the share of right pixels differs from image to image."""
    rng = np.random.default_rng(seed)
    truth, guess = np.zeros((2, images, 1, pixels), int)
    for n in range(images):
        share = np.clip(rng.normal(right, 0.1), 0, 1)
        truth[n] = rng.integers(0, classes, pixels)
        guess[n] = np.where(rng.random(pixels) < share, truth[n], rng.integers(0, classes, pixels))
    return class_counts(truth, guess, classes)


def taken(counts, images):
    """The counts of these images."""
    return Counts(*(part[images] for part in counts))


def added(one, other):
    """The counts of images that have the pixels of both."""
    return Counts(*(np.add(*parts) for parts in zip(one, other, strict=True)))


def test_weights_draw_as_many_images_as_there_are():
    weights = resample_weights(7, 50, seed=3)
    assert weights.shape == (50, 7) and (weights.sum(1) == 7).all() and (weights >= 0).all()
    np.testing.assert_array_equal(weights, resample_weights(7, 50, seed=3))
    assert (weights != resample_weights(7, 50, seed=4)).any()


def test_resampled_iou_is_the_iou_of_the_drawn_images():
    counts = random_counts(5, 0)
    weights = resample_weights(5, 20)
    drawn = [np.repeat(np.arange(5), row.astype(int)) for row in weights]
    expected = [mean_iou(taken(counts, images).total()) for images in drawn]
    np.testing.assert_allclose(resampled_iou(counts, weights), expected, rtol=1e-12)


def test_interval_is_repeatable_ordered_and_around_the_score():
    counts = random_counts(40, 1)
    low, high = iou_interval(counts, seed=5)
    assert (low, high) == iou_interval(counts, seed=5)
    assert (low, high) != iou_interval(counts, seed=6)
    assert 0 <= low < mean_iou(counts.total()) < high <= 100


def test_one_image_gives_a_degenerate_interval():
    counts = random_counts(1, 2)
    score = mean_iou(counts.total())
    assert iou_interval(counts) == pytest.approx((score, score))
    assert iou_ratio_interval(counts, counts) == (100.0, 100.0)


def test_the_ratio_of_identical_counts_is_exactly_one_hundred():
    counts = random_counts(30, 3)
    assert iou_ratio_interval(counts, counts) == (100.0, 100.0)


def test_pairing_beats_two_separate_intervals():
    """Attacked images that are as hard as their clean ones: the ratio hardly depends on which images are drawn."""
    clean = random_counts(30, 4, pixels=1000)
    noisy = added(clean, random_counts(30, 5, right=0.0, pixels=50))
    low, high = iou_ratio_interval(noisy, clean)
    assert low < iou_ratio(mean_iou(noisy.total()), mean_iou(clean.total())) < high
    separate = [100 * a / b for a, b in zip(iou_interval(noisy), reversed(iou_interval(clean)), strict=True)]
    assert high - low < 0.5 * (separate[1] - separate[0])


def test_coverage_is_near_ninety_five_per_cent():
    """120 experiments of 40 images each: the interval holds the score of the population about as often as it claims.

    The bounds are 95 % plus or minus four standard deviations of a binomial count, with 2 % off for the known shortfall
    of percentile intervals on 40 images.
    """
    population = mean_iou(random_counts(20_000, 6).total())
    inside = 0
    for experiment in range(120):
        low, high = iou_interval(random_counts(40, 100 + experiment), resamples=300)
        inside += low <= population <= high
    assert 0.85 <= inside / 120 <= 1.0


def test_more_images_narrow_the_interval():
    few, many = (iou_interval(random_counts(images, 7)) for images in (10, 250))
    assert (few[1] - few[0]) > 2 * (many[1] - many[0])


def test_undefined_resamples_are_dropped():
    assert percentile_interval(np.array([np.nan, 3.0, 3.0])) == (3.0, 3.0)
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()
    assert percentile_interval(np.arange(101.0), level=90) == pytest.approx((5, 95))


def test_refusals():
    with pytest.raises(ValueError, match="at least one image"):
        iou_interval(Counts(*np.zeros((3, 0, 3))))
    with pytest.raises(ValueError, match="got 2 attacked, 3 clean"):
        iou_ratio_interval(Counts(*np.ones((3, 2, 3))), Counts(*np.ones((3, 3, 3))))
