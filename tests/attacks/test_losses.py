"""Losses of modern attacks against NumPy, and their gradients against closed forms, in float64."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.losses import (
    CosPgd,
    MaskedCrossEntropy,
    SegPgd,
    balanced,
    cosine_distance,
    jensen_shannon,
    logits_ratio,
)
from tfadvseg.attacks.modern import away_by
from tfadvseg.attacks.objectives import Objective, cross_entropy, given
from tfadvseg.conventions import IGNORED, LEFT_OUT

RNG = np.random.default_rng(5)
WEIGHTS = (0.5, 0.1, 0.3, 0.1)
TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}


def pixels(classes):
    """float64 logits [2, 3, 5, C] and labels that are right in about half of the pixels."""
    logits = RNG.normal(0, 3, (2, 3, 5, classes))
    labels = np.where(RNG.random((2, 3, 5)) < 0.5, logits.argmax(-1), RNG.integers(0, classes, (2, 3, 5)))
    return logits, labels.astype(np.int32)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def of_label(values, labels):
    return np.take_along_axis(values, labels[..., None], -1)[..., 0]


def length(values):
    return np.sqrt((values**2).sum(-1))


def value_and_gradient(loss, logits, labels, progress=0.0):
    z = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = loss(z, tf.constant(labels), progress)
    return value.numpy(), tape.gradient(value, z).numpy()


def sigmoid_cosine(z, y):
    s = 1 / (1 + np.exp(-z))
    return of_label(s, y) / length(s)


def softmax_cosine(z, y):
    return of_label(softmax(z), y) / length(softmax(z))


def right(z, y):
    return z.argmax(-1) == y


WEIGHTED = {
    "SegPGD at first": (SegPgd(), 0.0, lambda z, y: np.where(right(z, y), 1.0, 0.0)),
    "SegPGD": (SegPgd(), 0.5, lambda z, y: np.where(right(z, y), 0.75, 0.25)),
    "SegPGD to targets": (SegPgd(targeted=True), 0.5, lambda z, y: np.where(right(z, y), 0.25, 0.75)),
    "CosPGD": (CosPgd(), 0.5, softmax_cosine),
    "CosPGD to targets": (CosPgd(targeted=True), 0.5, lambda z, y: 1 - softmax_cosine(z, y)),
    "CosPGD by sigmoids": (CosPgd(sigmoid=True), 0.5, sigmoid_cosine),
    "MCE": (MaskedCrossEntropy(), 0.5, right),
}
"""Loss, progress, and the weight of each pixel's cross-entropy."""


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", WEIGHTED)
def test_weighted_cross_entropies(name, classes):
    """w CE and w (p - e_y): the weight takes no part in the gradient."""
    loss, progress, weight = WEIGHTED[name]
    logits, labels = pixels(classes)
    p, w = softmax(logits), np.asarray(weight(logits, labels), float)
    value, gradient = value_and_gradient(loss, logits, labels, progress)
    np.testing.assert_allclose(value, -w * np.log(of_label(p, labels)), **TOLERANCE)
    np.testing.assert_allclose(gradient, w[..., None] * (p - np.eye(classes)[labels]), **TOLERANCE)


def test_balanced_masked_cross_entropy_weighs_by_the_labels_class():
    logits, labels = pixels(4)
    whole, gradient = value_and_gradient(MaskedCrossEntropy(), logits, labels)
    weighed = value_and_gradient(MaskedCrossEntropy(WEIGHTS), logits, labels)
    own = np.array(WEIGHTS)[labels]
    np.testing.assert_allclose(weighed[0], own * whole, **TOLERANCE)
    np.testing.assert_allclose(weighed[1], own[..., None] * gradient, **TOLERANCE)


def test_class_weights_are_the_inverse_of_pixels_of_sum_1():
    np.testing.assert_allclose(balanced([100, 300, 600]), np.array([6, 2, 1]) / 9)
    assert balanced([5, 5]) == (0.5, 0.5)
    np.testing.assert_allclose(balanced([10, 0, 5]), [0.2, 0.4, 0.4])  # none: as the rarest other
    with pytest.raises(ValueError, match="No pixel is labelled, so classes cannot be weighed"):
        balanced([0, 0])


@pytest.mark.parametrize("classes", [2, 4])
def test_jensen_shannon(classes):
    """The divergence by its definition, and 1/2 p_y log(p_y / (1 + p_y)) (e_y - p)."""
    logits, labels = pixels(classes)
    p, e = softmax(logits), np.eye(classes)[labels]
    middle = (p + e) / 2
    of_p = (p * np.log(p / middle)).sum(-1)
    of_e = -np.log(of_label(middle, labels))
    value, gradient = value_and_gradient(jensen_shannon, logits, labels)
    np.testing.assert_allclose(value, (of_p + of_e) / 2, **TOLERANCE)
    own = of_label(p, labels)
    np.testing.assert_allclose(gradient, (own * np.log(own / (1 + own)) / 2)[..., None] * (e - p), **TOLERANCE)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_jensen_shannon_fades_on_lost_pixels_and_stays_finite(dtype):
    """Where p_y is 1e-30, and where float32 has no such number."""
    lost = np.log(1e-30)
    logits = np.array([[[[lost, 0.0], [-500.0, 0.0], [500.0, 0.0]]]], dtype)
    value, gradient = value_and_gradient(jensen_shannon, logits, np.zeros((1, 1, 3), np.int32))
    assert np.isfinite(value).all() and np.isfinite(gradient).all()
    np.testing.assert_allclose(value[0, 0], [np.log(2), np.log(2), 0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(gradient[0, 0, 0], [lost / 2 * 1e-30, -lost / 2 * 1e-30], rtol=1e-5)
    np.testing.assert_allclose(gradient[0, 0, 1:], 0, atol=1e-30)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_difference_of_logits_ratio(classes):
    logits, labels = pixels(classes)
    ordered = np.sort(logits, -1)
    others = np.where(np.eye(classes)[labels] > 0, -np.inf, logits).max(-1)
    divisor = ordered[..., -1] - ordered[..., -3] if classes > 2 else 1.0

    def at(z):
        return logits_ratio(tf.constant(z), tf.constant(labels)).numpy()

    value, gradient = value_and_gradient(logits_ratio, logits, labels)
    np.testing.assert_allclose(value, -(of_label(logits, labels) - others) / divisor, **TOLERANCE)
    for k in range(classes):
        step = 1e-6 * np.eye(classes)[k]
        np.testing.assert_allclose(
            gradient[..., k], (at(logits + step) - at(logits - step)) / 2e-6, rtol=1e-4, atol=1e-7
        )
    assert (np.abs(gradient).max(-1) > 0)[right(logits, labels)].all()  # of two classes, too
    if classes > 2:
        np.testing.assert_allclose(at(7 * logits), value, **TOLERANCE)
    flat = value_and_gradient(logits_ratio, np.zeros((1, 1, 1, classes)), np.zeros((1, 1, 1), np.int32))
    assert flat[0] == 0 and np.isfinite(flat[1]).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_cosine_distance(classes):
    """1 - z_y / |z|, and -(e_y - z_y z / |z|^2) / |z|."""
    logits, labels = pixels(classes)
    own, norm = of_label(logits, labels)[..., None], length(logits)[..., None]
    value, gradient = value_and_gradient(cosine_distance, logits, labels)
    np.testing.assert_allclose(value, 1 - (own / norm)[..., 0], **TOLERANCE)
    np.testing.assert_allclose(gradient, -(np.eye(classes)[labels] - own * logits / norm**2) / norm, **TOLERANCE)


LOSSES = {
    **{name: loss for name, (loss, _, _) in WEIGHTED.items()},
    "MCE-Bal": MaskedCrossEntropy(WEIGHTS),
    "JS": jensen_shannon,
    "DLR": logits_ratio,
    "cosine": cosine_distance,
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("watched", [cross_entropy, None])
def test_pixels_that_do_not_count_score_nothing_and_have_no_gradient(name, watched):
    logits, labels = pixels(4)
    void = labels.copy()
    void[:, 0], void[:, 1, :2] = IGNORED, LEFT_OUT
    objective = Objective(given, 1.0, LOSSES[name], watched=watched)
    score, gradient = value_and_gradient(objective, logits, void, 0.5)
    whole, all_of_it = value_and_gradient(objective, logits, labels, 0.5)
    counted = void == labels
    assert not score[~counted].any() and not gradient[~counted].any()
    np.testing.assert_array_equal(score[counted], whole[counted])
    np.testing.assert_array_equal(gradient[counted], all_of_it[counted])
    targets = objective.targets(lambda: logits, tf.constant(void))
    seen, merit = objective.judged(tf.constant(logits), tf.constant(void), targets, tf.reduce_sum(score, (1, 2)))
    loss = watched or (lambda z, y: objective.score(z, y))
    expected = np.where(counted, loss(tf.constant(logits), tf.constant(labels)), 0).sum((1, 2))
    np.testing.assert_allclose(seen, expected if watched else score.sum((1, 2)), **TOLERANCE)
    np.testing.assert_array_equal(seen, merit)


def test_a_targeted_attack_swaps_the_weights_and_descends():
    """Of a targeted SegPGD, pixels that have reached their target count less and less in what is raised."""
    logits, labels = pixels(4)
    objective = Objective(given, -1.0, SegPgd(targeted=True), timed=True)
    score = objective(tf.constant(logits), tf.constant(labels), 0.5).numpy()
    ce = -np.log(of_label(softmax(logits), labels))
    np.testing.assert_allclose(score, -np.where(right(logits, labels), 0.25, 0.75) * ce, **TOLERANCE)


def test_modern_objectives_watch_the_cross_entropy():
    assert away_by(jensen_shannon).watched is cross_entropy and not away_by(jensen_shannon).timed
