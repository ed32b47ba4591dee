"""Confidence, entropy and counts against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.engine.score import Scorer

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 4, (2, 5, 6, 3)).astype(np.float32)
LABELS = RNG.integers(0, 3, (2, 5, 6)).astype(np.int32)
LABELS[:, 0] = 255
COUNTED = np.broadcast_to(np.arange(6) < 4, (2, 5, 6))


def constant(logits):
    return lambda images: tf.constant(logits) + 0 * images[..., :1]


def softmax(logits):
    e = np.exp(logits.astype(float) - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.fixture
def found():
    return Scorer(constant(LOGITS), 3)(tf.zeros((2, 5, 6, 3)), tf.constant(COUNTED), LABELS)


def test_confidence_and_entropy_are_sums_over_the_counted_pixels(found):
    p = softmax(LOGITS)
    np.testing.assert_allclose(found.confidence, (p.max(-1) * COUNTED).sum((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(found.entropy, (-(p * np.log(p)).sum(-1) * COUNTED).sum((1, 2)), rtol=1e-5)


def test_predictions_and_counts_are_those_of_the_largest_logit(found):
    guess = LOGITS.argmax(-1)
    np.testing.assert_array_equal(found.predictions, guess)
    assert found.predictions.dtype == np.uint8
    for n, c in np.ndindex(2, 3):
        seen = LABELS[n] != 255
        assert found.counts.hits[n, c] == ((LABELS[n] == c) & (guess[n] == c)).sum()
        assert found.counts.labelled[n, c] == (LABELS[n] == c).sum()
        assert found.counts.predicted[n, c] == ((guess[n] == c) & seen).sum()


def test_boundaries_are_neighbours_with_different_predictions_where_both_count(found):
    guess = LOGITS.argmax(-1)
    for n in range(2):
        pairs = [((r, c), (r + down, c + 1 - down)) for r, c in np.ndindex(5, 6) for down in (0, 1)]
        pairs = [(one, other) for one, other in pairs if other[0] < 5 and other[1] < 4]
        assert found.boundaries[n] == sum(guess[n][one] != guess[n][other] for one, other in pairs) > 0


def test_a_certain_network_has_confidence_1_and_entropy_0():
    """Also where the softmax of the others is 0 in float32, whose logarithm is not a number."""
    logits = np.zeros((1, 5, 6, 3), np.float32)
    logits[..., 1] = 2000
    found = Scorer(constant(logits), 3)(tf.zeros((1, 5, 6, 3)), tf.ones((1, 5, 6), tf.bool), LABELS[:1])
    np.testing.assert_allclose([found.confidence[0], found.entropy[0]], [30, 0])


def test_an_undecided_network_has_the_entropy_of_a_die():
    score = Scorer(constant(np.zeros((1, 5, 6, 3), np.float32)), 3)
    found = score(tf.zeros((1, 5, 6, 3)), tf.constant(COUNTED[:1]), LABELS[:1])
    np.testing.assert_allclose([found.confidence[0], found.entropy[0]], [20 / 3, 20 * np.log(3)], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_refused(value):
    logits = LOGITS.copy()
    logits[1, 2, 3, 0] = value
    with pytest.raises(ValueError, match="no finite numbers; check its `intensity_range`"):
        Scorer(constant(logits), 3)(tf.zeros((2, 5, 6, 3)), tf.constant(COUNTED), LABELS)
