"""The least IoU against every label map that the free pixels might become."""

import itertools

import numpy as np
import pytest

from tfadvseg.metrics.certified_iou import (
    CertifiedCounts,
    certified_accuracy,
    certified_counts,
    worst_class_iou,
    worst_mean_iou,
)
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import iou_per_class, mean_iou, pixel_accuracy


def example(seed, pixels=7, classes=3):
    """Labels, classes named and where they are certified, each [1, pixels]."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([*range(classes), 255], (1, pixels), p=[*[0.9 / classes] * classes, 0.1])
    named = np.where(
        rng.random((1, pixels)) < 0.7, np.where(labels == 255, 0, labels), rng.integers(0, classes, (1, pixels))
    )
    return labels, named, rng.random((1, pixels)) < 0.45


def everything(labels, named, certified, classes=3):
    """Counts [M, C] of all label maps that a network may answer with."""
    free = np.flatnonzero(~certified[0])
    maps = []
    for taken in itertools.product(range(classes), repeat=len(free)):
        maps.append(named[0].copy())
        maps[-1][free] = taken
    return class_counts(np.repeat(labels[:, None], len(maps), 0), np.array(maps)[:, None], classes)


@pytest.mark.parametrize("seed", range(30))
def test_the_least_iou_is_that_of_the_worst_of_all_answers(seed):
    """Of a class exactly; of the mean no more, and not much less, since parts of pixels are allowed."""
    labels, named, certified = example(seed)
    answers, counts = everything(labels, named, certified), certified_counts(labels, named, certified, 3)
    assert certified_accuracy(counts) == pytest.approx(np.nanmin(pixel_accuracy(answers)), nan_ok=True)
    if (labels == 255).all():
        return
    present = counts.labelled > 0
    least = iou_per_class(answers).min(0)
    np.testing.assert_allclose(worst_class_iou(counts)[present], least[present], rtol=1e-12)
    assert np.isnan(worst_class_iou(counts)[~present]).all()
    found, exact = worst_mean_iou(counts), mean_iou(answers).min()
    assert found <= exact + 1e-9 and found > exact - 6
    assert found >= np.nanmean(worst_class_iou(counts)) - 1e-9


def integer_worst(counts):
    """Free pixels one by one where each takes most: best for a sum of convex terms."""
    union = (counts.labelled + counts.predicted - counts.hits).astype(float)
    room, left = counts.free.sum() - counts.free, int(counts.free.sum())
    for _ in range(left):
        gains = np.where(room > 0, counts.hits / union - counts.hits / (union + 1), -1.0)
        k = int(gains.argmax())
        if gains[k] <= 0:
            break
        union[k], room[k] = union[k] + 1, room[k] - 1
    return 100 * np.mean(counts.hits / union)


@pytest.mark.parametrize("seed", range(10))
def test_parts_of_pixels_cost_less_than_a_pixel(seed):
    """On hundreds of pixels, where the two are all but equal."""
    rng = np.random.default_rng(seed)
    hits, wrong, free = (rng.integers(low, 200, 5) for low in (1, 0, 0))
    counts = CertifiedCounts(hits, hits + free + rng.integers(0, 50, 5), hits + wrong, free)
    assert integer_worst(counts) - 0.01 < worst_mean_iou(counts) <= integer_worst(counts) + 1e-9


def test_by_hand():
    """Class 0: 3 certified and right, 1 free; class 1: 1 certified and right, 1 certified as class 0."""
    labels, named = np.array([[0, 0, 0, 0, 1, 1, 255]]), np.array([[0, 0, 0, 0, 1, 0, 0]])
    certified = np.array([[True, True, True, False, True, True, False]])
    counts = certified_counts(labels, named, certified, 3)
    assert [part.tolist() for part in counts] == [[3, 1, 0], [4, 2, 0], [4, 1, 0], [1, 0, 0]]
    np.testing.assert_allclose(worst_class_iou(counts)[:2], [100 * 3 / 5, 100 * 1 / 3])
    assert worst_mean_iou(counts) == pytest.approx((60 + 100 / 3) / 2)
    assert certified_accuracy(counts) == pytest.approx(100 * 4 / 6)


def test_where_all_is_certified_it_is_the_iou_and_where_nothing_is_0():
    labels, named, _ = example(3, 40)
    every = np.ones_like(labels, bool)
    answer = class_counts(labels[None], named[None], 3).total()
    assert worst_mean_iou(certified_counts(labels, named, every, 3)) == pytest.approx(mean_iou(answer))
    assert worst_mean_iou(certified_counts(labels, named, ~every, 3)) == 0


def test_more_certified_pixels_leave_no_less():
    labels, named, _ = example(5, 60)
    score = np.random.default_rng(0).random(labels.shape)
    curve = [float(worst_mean_iou(certified_counts(labels, named, score > norm, 3))) for norm in np.linspace(0, 1, 12)]
    assert curve == sorted(curve, reverse=True) and curve[-1] == 0 < curve[0]


def test_sums_over_images_and_many_at_once():
    parts = [certified_counts(*example(seed, 30), 3) for seed in range(4)]
    images = CertifiedCounts(*map(np.stack, zip(*parts, strict=True)))
    weights = np.array([[1, 1, 1, 1], [0, 2, 1, 1], [4, 0, 0, 0]])
    found = worst_mean_iou(images.weighted(weights))
    for row, weight in zip(found, weights, strict=True):
        alone = CertifiedCounts(*(sum(w * part for w, part in zip(weight, column, strict=True)) for column in images))
        assert row == pytest.approx(float(worst_mean_iou(alone)), abs=1e-9)
    nothing = CertifiedCounts(*np.zeros((4, 3), int))
    assert np.isnan(worst_mean_iou(nothing)) and np.isnan(worst_class_iou(nothing)).all()


def test_under_smoothing_all_pixels_may_fall_at_once():
    """Why no budget is shared: pixels that each ask whether x exceeds a threshold of their own, x being one number with
    noise of sigma. At a shift of 1.01 all of radius 1 have changed, for the squared norm that one of them costs."""
    import scipy.stats

    sigma, thresholds = 2.0, np.array([1.0, 1.0, 1.0, 3.0])
    p = scipy.stats.norm.cdf(thresholds / sigma)  # of x + noise < threshold at x = 0
    radii = sigma * scipy.stats.norm.ppf(p)
    np.testing.assert_allclose(radii, thresholds)
    for shift, changed in ((0.99, 0), (1.01, 3), (3.01, 4)):
        assert (scipy.stats.norm.cdf((thresholds - shift) / sigma) < 0.5).sum() == changed


def test_counts_and_named_tuples_agree():
    labels, named, certified = example(9, 25)
    found = certified_counts(labels, named, certified, 3)
    own = class_counts(np.where(certified, labels, 255)[None], named[None], 3).total()
    assert isinstance(own, Counts)
    np.testing.assert_array_equal(found.hits, own.hits)
    np.testing.assert_array_equal(found.predicted, own.predicted)
    np.testing.assert_array_equal(found.labelled - found.free, own.labelled)
