import numpy as np
import pytest

from tfadvseg.metrics.confusion import confusion
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, mean_iou, pixel_accuracy

# Class 0: 3 right of 3 + 1 + 2 pixels; class 1: 2 of 2 + 2 + 1; class 2 predicted once, never labelled; 3 nowhere.
MATRIX = np.array([[3, 1, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_worked_by_hand():
    np.testing.assert_allclose(iou_per_class(MATRIX), [50, 40, np.nan, np.nan])
    assert mean_iou(MATRIX) == pytest.approx(45)
    assert pixel_accuracy(MATRIX) == pytest.approx(62.5)


def test_a_class_that_is_only_predicted_counts_as_zero():
    matrix = MATRIX.copy()
    matrix[0, 2] = 1
    np.testing.assert_allclose(iou_per_class(matrix), [300 / 7, 40, 0, np.nan])
    assert mean_iou(matrix) == pytest.approx((300 / 7 + 40 + 0) / 3)


def test_leading_axes_and_sets_definition_of_iou():
    rng = np.random.default_rng(1)
    labels, predictions = rng.integers(0, 5, (2, 4, 9, 9))
    matrices = confusion(labels, predictions, 5)
    for c, iou in enumerate(iou_per_class(matrices.sum(0))):
        both = np.sum((labels == c) & (predictions == c))
        assert iou == pytest.approx(100 * both / np.sum((labels == c) | (predictions == c)))
    np.testing.assert_array_equal(mean_iou(matrices), [mean_iou(matrix) for matrix in matrices])


def test_a_perfect_prediction_scores_exactly_one_hundred():
    labels = np.random.default_rng(2).integers(0, 7, (3, 5, 5))
    matrix = confusion(labels, labels, 7).sum(0)
    assert mean_iou(matrix) == 100 and pixel_accuracy(matrix) == 100


def test_nothing_counted_is_undefined_and_silent():
    empty = np.zeros((4, 4), int)
    assert np.isnan(mean_iou(empty)) and np.isnan(pixel_accuracy(empty)) and np.isnan(iou_per_class(empty)).all()


def test_ratio():
    assert iou_ratio(19.5, 78.0) == pytest.approx(25)
    np.testing.assert_array_equal(
        iou_ratio(np.array([41.7, 5.0, np.nan]), np.array([41.7, 0, 3.0])), [100, np.nan, np.nan]
    )
