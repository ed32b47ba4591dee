"""What decides between two perturbations, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.merits import MERITS
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.metrics.counts import class_counts
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy

RNG = np.random.default_rng(7)
LOGITS = RNG.normal(0, 1, (4, 6, 8, 5)).astype(np.float32)
LABELS = np.where(RNG.random((4, 6, 8)) < 0.6, LOGITS.argmax(-1), RNG.integers(0, 5, (4, 6, 8))).astype(np.int32)
LABELS[:, 0], LABELS[:, 1, :3] = IGNORED, LEFT_OUT
LABELS[2][LABELS[2] == 3] = 1  # a class that is predicted and not labelled
LABELS[3] = IGNORED
SCORE = np.arange(4, dtype=np.float32)


def found(name):
    return MERITS[name](tf.constant(LOGITS), tf.constant(LABELS), tf.constant(SCORE)).numpy()


def test_the_loss_is_the_watched_score():
    np.testing.assert_array_equal(found("loss"), SCORE)


def test_accuracy_is_the_share_of_right_pixels_among_those_that_count():
    counted = (LABELS != IGNORED) & (LABELS != LEFT_OUT)
    right = ((LOGITS.argmax(-1) == LABELS) & counted).sum((1, 2))
    np.testing.assert_allclose(found("accuracy"), -right / np.maximum(counted.sum((1, 2)), 1), rtol=1e-6)
    scored = class_counts(np.where(counted, LABELS, IGNORED), LOGITS.argmax(-1), 5)
    with np.errstate(invalid="ignore"):
        shares = pixel_accuracy(scored)
    np.testing.assert_allclose(-found("accuracy")[:3], shares[:3] / 100, rtol=1e-6)


def test_iou_is_the_mean_over_classes_of_labels_or_predictions():
    expected = []
    for logits, labels in zip(LOGITS, LABELS, strict=True):
        use, predicted = (labels != IGNORED) & (labels != LEFT_OUT), logits.argmax(-1)
        ious = []
        for k in range(5):
            union = (use & ((labels == k) | (predicted == k))).sum()
            if union:
                ious.append((use & (labels == k) & (predicted == k)).sum() / union)
        expected.append(-np.mean(ious) if ious else 0.0)
    np.testing.assert_allclose(found("iou"), expected, rtol=1e-6)


def test_iou_is_that_of_an_image_where_every_class_is_labelled():
    labels = np.where((LABELS == IGNORED) | (LABELS == LEFT_OUT), IGNORED, LABELS)
    counts = class_counts(labels, LOGITS.argmax(-1), 5)
    np.testing.assert_allclose(found("iou")[:2], -mean_iou(counts)[:2] / 100, rtol=1e-6)
    assert -found("iou")[2] < mean_iou(counts)[2] / 100  # a class that is only predicted counts with 0


@pytest.mark.parametrize("name", ["accuracy", "iou"])
def test_an_image_without_labels_has_merit_0(name):
    assert found(name)[3] == 0
