import numpy as np
import pytest

from tfadvseg.metrics.confusion import confusion


def counted_by_hand(labels, predictions, classes):
    matrices = np.zeros((len(labels), classes, classes), int)
    for n, y, x in np.ndindex(*labels.shape):
        if labels[n, y, x] != 255:
            matrices[n, labels[n, y, x], predictions[n, y, x]] += 1
    return matrices


def test_rows_are_ground_truth_and_void_is_left_out():
    labels = np.array([[[0, 0, 1], [1, 255, 2]]])
    predictions = np.array([[[0, 1, 1], [0, 2, 2]]])
    matrices = confusion(labels, predictions, 3)
    np.testing.assert_array_equal(matrices, [[[1, 1, 0], [1, 1, 0], [0, 0, 1]]])
    assert matrices.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_agrees_with_a_loop_over_pixels(dtype):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 21, (3, 13, 7)).astype(dtype)
    labels[rng.random(labels.shape) < 0.2] = 255
    predictions = rng.integers(0, 21, labels.shape).astype(dtype)
    np.testing.assert_array_equal(confusion(labels, predictions, 21), counted_by_hand(labels, predictions, 21))


def test_uint8_labels_of_many_classes_do_not_overflow():
    labels = np.full((1, 2, 2), 149, np.uint8)
    assert confusion(labels, labels, 150)[0, 149, 149] == 4


def test_no_images_and_all_void():
    assert confusion(np.zeros((0, 2, 2), int), np.zeros((0, 2, 2), int), 4).shape == (0, 4, 4)
    assert confusion(np.full((1, 2, 2), 255), np.zeros((1, 2, 2), int), 4).sum() == 0


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
        confusion(labels, predictions, 3)
