import numpy as np
import pytest

from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, mean_iou, mean_iou_of_images, pixel_accuracy

# Class 0: 3 right of 3 + 1 + 2 pixels; class 1: 2 of 2 + 2 + 1; classes 2 and 3 nowhere.
COUNTS = Counts(np.array([3, 2, 0, 0]), np.array([4, 4, 0, 0]), np.array([5, 3, 0, 0]))


def test_worked_by_hand():
    np.testing.assert_allclose(iou_per_class(COUNTS), [50, 40, np.nan, np.nan])
    assert mean_iou(COUNTS) == pytest.approx(45)
    assert pixel_accuracy(COUNTS) == pytest.approx(62.5)


def test_the_mean_over_images_weighs_images_alike_and_leaves_out_those_without_labels():
    """45 of the image above; 100 of one of two pixels, all right; the third is void."""
    small, void = np.array([2, 0, 0, 0]), np.zeros(4, int)
    counts = Counts(*(np.stack([part, small, void]) for part in COUNTS))
    assert mean_iou_of_images(counts) == pytest.approx((45 + 100) / 2)
    assert mean_iou(counts.total()) == pytest.approx(100 * (5 / 8 + 2 / 5) / 2)
    both = Counts(*(np.stack([part, part]) for part in counts))
    np.testing.assert_allclose(mean_iou_of_images(both), [72.5, 72.5])


def test_a_class_that_is_only_predicted_costs_those_on_whose_pixels_it_is():
    """One rule for clean and attacked images: the mean is over the labelled classes."""
    counts = Counts(COUNTS.hits, np.array([5, 4, 0, 0]), np.array([5, 3, 1, 0]))
    np.testing.assert_allclose(iou_per_class(counts), [300 / 7, 40, np.nan, np.nan])
    assert mean_iou(counts) == pytest.approx((300 / 7 + 40) / 2)


def test_leading_axes_and_sets_definition_of_iou():
    rng = np.random.default_rng(1)
    labels, predictions = rng.integers(0, 5, (2, 4, 9, 9))
    counts = class_counts(labels, predictions, 5)
    for c, iou in enumerate(iou_per_class(counts.total())):
        both = np.sum((labels == c) & (predictions == c))
        assert iou == pytest.approx(100 * both / np.sum((labels == c) | (predictions == c)))
    each = [mean_iou(Counts(*(part[n] for part in counts))) for n in range(len(labels))]
    np.testing.assert_array_equal(mean_iou(counts), each)


def test_a_perfect_prediction_scores_exactly_one_hundred():
    labels = np.random.default_rng(2).integers(0, 7, (3, 5, 5))
    counts = class_counts(labels, labels, 7).total()
    assert mean_iou(counts) == 100 and pixel_accuracy(counts) == 100


def test_nothing_counted_is_undefined_and_silent():
    empty = Counts(*np.zeros((3, 4), int))
    assert np.isnan(mean_iou(empty)) and np.isnan(pixel_accuracy(empty)) and np.isnan(iou_per_class(empty)).all()


def test_ratio():
    assert iou_ratio(19.5, 78.0) == pytest.approx(25)
    np.testing.assert_array_equal(
        iou_ratio(np.array([41.7, 5.0, np.nan]), np.array([41.7, 0, 3.0])), [100, np.nan, np.nan]
    )
