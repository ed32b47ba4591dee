"""Objectives against NumPy, and what they leave out."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels, toward_class, toward_least_likely
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import no_seeds

OBJECTIVES = [away_from_labels, toward_least_likely, toward_class(2)]
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, (2, 5, 7, 4)).astype(np.float32)
LABELS = RNG.integers(0, 4, (2, 5, 7)).astype(np.int32)


def cross_entropy(targets):
    """log sum exp - the target's logit, in float64."""
    logits = LOGITS.astype(float)
    at_target = np.take_along_axis(logits, np.asarray(targets)[..., None], -1)[..., 0]
    return np.log(np.exp(logits).sum(-1)) - at_target


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (away_from_labels, cross_entropy(LABELS)),
        (toward_least_likely, -cross_entropy(LOGITS.argmin(-1))),
        (toward_class(2), -cross_entropy(np.full_like(LABELS, 2))),
    ],
)
def test_objectives_are_signed_cross_entropies(objective, expected):
    np.testing.assert_allclose(objective(LOGITS, LABELS), expected, rtol=1e-5, atol=1e-5)  # float32


def test_void_has_no_label_to_lead_away_from_but_is_led_to_a_target():
    """Whether the labels are the network's prediction or a ground truth with void, a targeted attack is the same."""
    void = LABELS.copy()
    void[:, 1:3] = IGNORED
    for objective in OBJECTIVES[1:]:
        np.testing.assert_array_equal(objective(LOGITS, void), objective(LOGITS, LABELS))
    assert not away_from_labels(LOGITS, void)[:, 1:3].numpy().any()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pixels_left_out_score_nothing_and_change_nothing_elsewhere(objective):
    labels = LABELS.copy()
    labels[:, 1:3] = LEFT_OUT
    scores = objective(LOGITS, labels).numpy()
    np.testing.assert_array_equal(scores[:, 1:3], 0)
    np.testing.assert_array_equal(scores[:, 3:], objective(LOGITS, LABELS)[:, 3:])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pixels_left_out_give_no_gradient(objective, linear_model, images):
    """The linear model's pixels do not see each other, so the gradient of one left out must be exactly zero."""
    labels = tf.zeros(images.shape[:3], tf.int32)
    half = tf.concat([labels[:, :16], labels[:, 16:] + LEFT_OUT], 1)
    whole = plain_gradient(linear_model, objective, images, labels, no_seeds(images)).gradient.numpy()
    found = plain_gradient(linear_model, objective, images, half, no_seeds(images)).gradient.numpy()
    np.testing.assert_array_equal(found[:, 16:], 0)
    np.testing.assert_array_equal(found[:, :16], whole[:, :16])
    assert np.abs(whole).min() > 0


@pytest.mark.parametrize("objective", [toward_least_likely, toward_class(2)])
def test_objectives_with_a_target_of_their_own_do_not_read_the_ground_truth(objective):
    """D7 of the paper's derived checks."""
    np.testing.assert_array_equal(
        objective(LOGITS, LABELS), objective(LOGITS, RNG.permutation(LABELS.ravel()).reshape(LABELS.shape))
    )


def test_equally_unlikely_classes_are_settled_by_the_logits_and_then_by_order():
    """Softmax of the first pixel is 0 for both of its last classes; its third logit is the least all the same."""
    logits = np.array([[[[400.0, -100.0, -300.0], [1.0, 0.0, 0.0]]]], np.float32)
    expected = [[[-700.0, -(np.log(2 + np.e))]]]
    np.testing.assert_allclose(toward_least_likely(logits, np.zeros((1, 1, 2), np.int32)), expected, rtol=1e-6)


def test_a_negative_target_class_is_refused():
    with pytest.raises(ValueError, match="counted from 0; got -1"):
        toward_class(-1)
