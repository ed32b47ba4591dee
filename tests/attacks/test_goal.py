"""What counts as reached."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.goal import ShareReached, check, share
from tfadvseg.attacks.objectives import Objective, away_from_labels, given, toward_class
from tfadvseg.conventions import IGNORED, LEFT_OUT

PREDICTED = np.array([[0, 1, 2, 2]])
LABELS = tf.constant([[[0, 0, 2, IGNORED]], [[1, 0, 1, 1]], [[LEFT_OUT, IGNORED, LEFT_OUT, LEFT_OUT]]], tf.int32)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (away_from_labels, [1 / 3, 1, 1]),
        (Objective(given, -1.0), [2 / 3, 0, 1]),
        (toward_class(2), [2 / 4, 2 / 4, 0]),  # an ignored pixel is to be led there, too; one left out is not
    ],
)
def test_shares_of_the_counted_pixels(objective, expected):
    logits = tf.one_hot(np.repeat(PREDICTED[None], 3, 0), 3)
    found = ShareReached(objective)(logits, LABELS, tf.zeros(3))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("wrong", "reached"), [(98, False), (99, True), (100, True)])
def test_the_boundary_belongs_to_the_goal(wrong, reached):
    pixels = tf.constant(np.arange(100).reshape(1, 10, 10) < wrong)
    assert bool(share(pixels, tf.ones_like(pixels)) >= 0.99) == reached


@pytest.mark.parametrize("goal", [0.0, 1.01, float("nan")])
def test_a_goal_is_a_share(goal):
    check(0.01), check(1.0)
    with pytest.raises(ValueError, match=f"A goal is a share of the pixels, above 0 and at most 1; got {goal}"):
        check(goal)
