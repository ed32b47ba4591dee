import numpy as np
import pytest
import scipy.stats

from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.intervals import (
    calibrated,
    class_iou_interval,
    interval,
    iou_interval,
    iou_ratio_interval,
    level_of_each,
    percentile_interval,
    resample_weights,
    resampled_iou,
    units_of,
    units_of_each_class,
)
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, mean_iou


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
    weights = resample_weights(range(7), 50, seed=3)
    assert weights.shape == (50, 7) and (weights.sum(1) == 7).all() and (weights >= 0).all()
    np.testing.assert_array_equal(weights, resample_weights(range(7), 50, seed=3))
    assert (weights != resample_weights(range(7), 50, seed=4)).any()


def test_resampled_iou_is_the_iou_of_the_drawn_images():
    counts = random_counts(5, 0)
    weights = resample_weights(range(5), 20)
    drawn = [np.repeat(np.arange(5), row.astype(int)) for row in weights]
    expected = [mean_iou(taken(counts, images).total()) for images in drawn]
    np.testing.assert_allclose(resampled_iou(counts, weights), expected, rtol=1e-12)


def test_interval_is_repeatable_ordered_and_around_the_score():
    counts = random_counts(40, 1)
    low, high = iou_interval(counts, seed=5)
    assert (low, high) == iou_interval(counts, seed=5)
    assert (low, high) != iou_interval(counts, seed=6)
    assert 0 <= low < mean_iou(counts.total()) < high <= 100


def test_of_one_image_or_one_group_nothing_is_known():
    counts = random_counts(3, 2)
    assert np.isnan(iou_interval(taken(counts, [0]))).all()
    assert np.isnan(iou_interval(counts, ["a", "a", "a"])).all()
    assert np.isnan(iou_ratio_interval(counts, counts, ["a", "a", "a"])).all()


def test_images_of_a_group_are_drawn_together():
    weights = resample_weights(["a", "b", "a", "c", "b"], 200)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, 1], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(1) == 3).all() and units_of(["a", "b", "a", "c", "b"]) == 3


def test_groups_of_copies_are_as_wide_as_the_images_alone():
    """Ten frames of each of six scenes say no more than six images."""
    counts = random_counts(6, 3)
    copies = taken(counts, np.repeat(np.arange(6), 10))
    assert iou_interval(copies, np.repeat(np.arange(6), 10)) == pytest.approx(iou_interval(counts), abs=1e-9)
    low, high = iou_interval(copies)
    assert high - low < 0.4 * np.subtract(*reversed(iou_interval(counts)))


@pytest.mark.parametrize("units", [2, 3, 8, 50])
def test_resamples_of_a_mean_are_widened_to_students_interval(units):
    """Standard error s / sqrt(n) and Student's t, from SciPy; by 20,000 resamples."""
    values = np.random.default_rng(units).normal(5, 2, units)
    score = np.concatenate([[values.mean()], resample_weights(range(units), 20_000) @ values / units])
    spread = scipy.stats.t.ppf(0.975, units - 1) / scipy.stats.norm.ppf(0.975) * scipy.stats.sem(values)
    found = calibrated(score, units)
    assert found.std() == pytest.approx(spread, rel=0.02)
    assert found.mean() == pytest.approx(values.mean(), abs=0.03 * spread)


@pytest.mark.parametrize(
    ("units", "level", "factor"),
    [(2, 95.0, 9.1682), (2, 98.0, 19.344), (16, 95.0, 1.1231), (16, 97.5, 1.1474), (16, 99.0, 1.1815)],
)
def test_resamples_are_widened_by_students_t_at_the_ends_of_the_interval_that_is_asked_for(units, level, factor):
    """sqrt(n / (n - 1)) times t over z, for two units: 1.41421 times 12.7062 / 1.95996, and 31.8205 / 2.32635."""
    score = np.array([0.0, *np.linspace(-1, 1, 1001)])
    assert calibrated(score, units, level).max() == pytest.approx(factor, abs=2e-4)
    assert interval(score, units) == interval(score, units, 95.0)
    for lower in (95.0, 80.0):
        end = lower / 100 * calibrated(score, units, lower).max()
        assert max(interval(score, units, lower)) == pytest.approx(end, abs=2e-4)


@pytest.mark.parametrize(
    ("units", "level", "t"), [(2, 98.0, 31.8205), (5, 97.5, 3.49541), (16, 99.0, 2.94671), (64, 99.9, 3.45177)]
)
def test_beyond_95_percent_an_interval_is_students(units, level, t):
    """Around what was measured, without the bias of 0.25; the standard error is that of the resamples, whose variance
    falls short by (n - 1) / n."""
    draws = np.random.default_rng(0).exponential(size=1000)
    score = np.array([1.0, *(1.25 + draws - draws.mean()), np.nan])  # a resample without a labelled pixel
    half = t * draws.std() * np.sqrt(units / (units - 1))
    assert interval(score, units, level) == pytest.approx((0.75 - half, 0.75 + half), rel=1e-5)
    assert np.isnan(interval(score, 1, level)).all() and np.isnan(interval(score * np.nan, units, level)).all()


def test_of_networks_that_do_not_differ_none_is_told_apart_more_often_than_promised():
    """All 66 pairs of 12 networks on 5 groups: in no more than 5 % of 300 experiments, of which chance leaves 7.5."""
    weights, level, rng = resample_weights(range(5)), level_of_each(12 * 11), np.random.default_rng(0)
    said = 0
    for _ in range(300):
        of_each = rng.normal(size=(5, 12))
        scores = np.concatenate([of_each.mean(0)[None], weights @ of_each / 5]).T
        ends = [interval(scores[i] - scores[j], 5, level) for i in range(12) for j in range(i)]
        said += any(low > 0 or high < 0 for low, high in ends)
    assert said <= 0.075 * 300


def test_the_more_tests_the_surer_is_each():
    """A share of 1 - 0.05 / tests on the side that counts; from two on, for a single one is as sure as all are."""
    assert [level_of_each(tests) for tests in (0, 1, 2, 4, 6)] == pytest.approx([95, 95, 95, 97.5, 98 + 1 / 3])
    assert level_of_each(2) == 95.0


def test_the_bias_of_resamples_is_taken_off():
    """The square of a mean is too large by its variance, of the sample and again of a resample."""
    values = np.random.default_rng(0).normal(0.5, 1, 30)
    score = np.concatenate([[values.mean() ** 2], (resample_weights(range(30), 20_000) @ values / 30) ** 2])
    assert calibrated(score, 30).mean() == pytest.approx(score[0] - values.var() / 30, abs=2e-3)


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


@pytest.mark.parametrize("images", [2, 4, 8, 40])
def test_coverage_is_near_ninety_five_per_cent(images):
    """150 experiments each: the interval holds the score of the population about as often as it claims.

    At least 95 % less three standard deviations of a binomial count; benchmarks/coverage.py measures it closely.
    """
    population = mean_iou(random_counts(20_000, 6).total())
    inside = 0
    for experiment in range(150):
        low, high = iou_interval(random_counts(images, 1000 * images + experiment), resamples=300)
        inside += low <= population <= high
    assert inside / 150 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 150)


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


def test_a_class_is_in_as_many_units_as_have_it():
    labelled = np.array([[5, 0, 1, 0], [5, 2, 0, 0], [5, 0, 1, 0]])
    np.testing.assert_array_equal(units_of_each_class(labelled, ("x", "x", "y")), [2, 1, 2, 0])
    np.testing.assert_array_equal(units_of_each_class(labelled, range(3)), [3, 1, 2, 0])


def test_the_interval_of_a_class_is_that_of_its_own_scores():
    """By the resamples of the mean IoU's interval, as many units as have the class; NaN of fewer than two."""
    counts = random_counts(8, 11)
    for part in counts:
        part[1:, 2] = 0  # one image has class 2, none class 3
        part[:, 3] = 0
    low, high = class_iou_interval(counts, seed=3)
    weights = resample_weights(range(8), seed=3)
    whole, drawn = iou_per_class(counts.total()), iou_per_class(counts.weighted(weights))
    for c in (0, 1):
        expected = interval(np.concatenate([whole[c : c + 1], drawn[:, c]]), units=8)
        assert (low[c], high[c]) == pytest.approx(expected) and low[c] < whole[c] < high[c]
    assert np.isnan([low[2:], high[2:]]).all() and whole[2] > 0 and np.isnan(whole[3])


def test_of_alike_images_a_class_has_as_many_units_as_groups():
    counts = random_counts(8, 11)
    one_drive, two = (class_iou_interval(counts, groups) for groups in (["a"] * 8, ["a", "b"] * 4))
    assert np.isnan(one_drive).all() and np.isfinite(two).all()
