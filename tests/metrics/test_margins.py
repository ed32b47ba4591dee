"""The least IoU under a bound of the logits, against every subset of pixels and against logits that reach it."""

import itertools

import numpy as np
import pytest

from tfadvseg.metrics.counts import class_counts
from tfadvseg.metrics.margins import least_class_iou
from tfadvseg.metrics.scores import iou_per_class


def example(seed, pixels=6, classes=2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, (1, pixels))
    logits = rng.normal(0, 1, (1, pixels, classes)) + np.eye(classes)[labels]
    return logits, np.where(rng.random(labels.shape) < 0.1, 255, labels)


def iou(labels, named, classes):
    return iou_per_class(class_counts(labels[None], named[None], classes).total())


def every_subset(logits, labels, reach):
    """The least IoU [C] over all sets of pixels that can be turned to the other of two classes within the reach."""
    gaps = np.abs(logits[..., 0] - logits[..., 1])[0]
    named, found = logits.argmax(-1), []
    for turned in itertools.product([False, True], repeat=len(gaps)):
        if (gaps[list(turned)] ** 2 / 2).sum() <= reach**2:
            found.append(iou(labels, np.where(turned, 1 - named, named), 2))
    return np.min(found, 0)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("reach", [0.0, 0.4, 1.0, 2.5, 20.0])
def test_of_two_classes_it_is_the_least_of_all_subsets(seed, reach):
    logits, labels = example(seed)
    np.testing.assert_allclose(least_class_iou(logits, labels, reach), every_subset(logits, labels, reach), rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_change_of_the_logits_leaves_less(seed):
    """Of four classes: random changes of the norm, and directed ones, stay above."""
    logits, labels = example(seed, 8, 4)
    rng, reach = np.random.default_rng(seed), 1.5
    least = least_class_iou(logits, labels, reach)
    for trial in range(300):
        change = rng.normal(0, 1, logits.shape)
        if trial % 2:  # on few pixels, toward one class
            change = np.zeros_like(logits)
            change[0, rng.integers(0, 8, 2), rng.integers(0, 4)] = 1
        changed = logits + reach * change / np.linalg.norm(change)
        found = iou(labels, changed.argmax(-1), 4)
        assert (found[np.isfinite(found)] >= least[np.isfinite(least)] - 1e-9).all()


def test_a_pixel_falls_at_its_gap():
    """Logits (3, 1): a gap of 2 costs 2, a norm of sqrt 2, half of the gap in each; and that change does it."""
    logits, labels = np.array([[[3.0, 1.0], [0.0, 9.0]]]), np.array([[0, 1]])
    assert least_class_iou(logits, labels, 0.999 * np.sqrt(2)).tolist() == [100, 100]
    assert least_class_iou(logits, labels, 1.001 * np.sqrt(2)).tolist() == [0, 50]
    np.testing.assert_allclose(np.linalg.norm([-1.0, 1.0]), np.sqrt(2))


def test_the_budget_is_shared():
    """Three pixels of gap 2: a norm of 2 pays for two of them (squares 2 + 2), not for three."""
    logits, labels = np.array([[[2.0, 0.0]] * 3]), np.zeros((1, 3), int)
    assert least_class_iou(logits, labels, 2.0)[0] == pytest.approx(100 / 3)
    assert least_class_iou(logits, labels, 1.99)[0] == pytest.approx(200 / 3)
    assert np.isnan(least_class_iou(logits, labels, 2.0)[1])


def test_a_single_class_cannot_be_changed():
    assert least_class_iou(np.zeros((1, 2, 1)), np.zeros((1, 2), int), 1e9).tolist() == [100]


def test_a_negative_norm_is_refused():
    with pytest.raises(ValueError, match="norm by which logits may change is 0 or more; got -1"):
        least_class_iou(np.zeros((1, 1, 2)), np.zeros((1, 1), int), -1)
