import numpy as np
import pytest

from tfadvseg.metrics.counts import Counts, class_counts


def counted_by_hand(labels, predictions, classes):
    """From a confusion matrix made pixel by pixel."""
    matrices = np.zeros((len(labels), classes, classes), int)
    for n, y, x in np.ndindex(*labels.shape):
        if labels[n, y, x] != 255:
            matrices[n, labels[n, y, x], predictions[n, y, x]] += 1
    return Counts(np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(2), matrices.sum(1))


def test_void_is_left_out_of_all_three_counts():
    labels = np.array([[[0, 0, 1], [1, 255, 2]]])
    predictions = np.array([[[0, 1, 1], [0, 2, 2]]])
    counts = class_counts(labels, predictions, 3)
    np.testing.assert_array_equal(counts, [[[1, 1, 1]], [[2, 2, 1]], [[2, 2, 1]]])
    np.testing.assert_array_equal(counts.union, [[3, 3, 1]])
    assert all(part.dtype == np.int64 for part in counts)


def test_sums_and_resamples_are_taken_of_each_count():
    counts = Counts(*np.random.default_rng(1).integers(0, 9, (3, 4, 5)))
    for total, part in zip(counts.total(), counts, strict=True):
        np.testing.assert_array_equal(total, part.sum(0))
    weights = np.array([[1.0, 0, 2, 1], [0, 0, 0, 4]])
    for weighted, part in zip(counts.weighted(weights), counts, strict=True):
        np.testing.assert_array_equal(weighted, [part[0] + 2 * part[2] + part[3], 4 * part[3]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_agrees_with_a_loop_over_pixels(dtype):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 21, (3, 13, 7)).astype(dtype)
    labels[rng.random(labels.shape) < 0.2] = 255
    predictions = rng.integers(0, 21, labels.shape).astype(dtype)
    np.testing.assert_array_equal(class_counts(labels, predictions, 21), counted_by_hand(labels, predictions, 21))


def test_uint8_labels_of_many_classes_do_not_overflow():
    labels = np.full((1, 2, 2), 149, np.uint8)
    assert class_counts(labels, labels, 150).hits[0, 149] == 4


def test_no_images_and_all_void():
    assert class_counts(np.zeros((0, 2, 2), int), np.zeros((0, 2, 2), int), 4).hits.shape == (0, 4)
    assert np.sum(class_counts(np.full((1, 2, 2), 255), np.zeros((1, 2, 2), int), 4)) == 0


@pytest.mark.parametrize(
    "labels, predictions, message",
    [
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), r"got \[1, 2, 2\] and \[1, 2, 3\]"),
        (np.zeros((2, 2), int), np.zeros((2, 2), int), r"both \[N, H, W\]"),
        (np.zeros((1, 2, 2), int), np.full((1, 2, 2), 3), "Predictions hold 3, .* 3 classes"),
        (np.zeros((1, 2, 2), int), np.full((1, 2, 2), -1), "Predictions hold -1"),
        (np.full((1, 2, 2), 255), np.full((1, 2, 2), 3), "Predictions hold 3"),
        (np.full((1, 2, 2), 7), np.zeros((1, 2, 2), int), "Labels hold 7"),
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 2)), "Predictions are class numbers .* got float64"),
    ],
)
def test_refusals(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        class_counts(labels, predictions, 3)
