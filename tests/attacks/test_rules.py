"""Update rules by hand; those of the sign and of momentum are tested as whole attacks."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.balls import L2, LInf
from tfadvseg.attacks.rules import AdamRule, MomentumRule, SignRule

RNG = np.random.default_rng(9)
GRADIENTS = RNG.normal(0, 1, (6, 2, 3, 4, 3)) * np.array([1, 5, 0.1, 0.1, 2, 0])[:, None, None, None, None]


def test_adam_with_the_largest_second_moment():
    """Gradients that shrink after a large one, where the largest second moment differs from the last."""
    r, mean, square, most = (np.zeros(GRADIENTS.shape[1:]) for _ in range(4))
    rule, images = AdamRule(), tf.zeros(GRADIENTS.shape[1:])
    state, found = rule.init(images), images
    plain = np.zeros(GRADIENTS.shape[1:])
    for t, gradient in enumerate(GRADIENTS, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        most = np.maximum(most, square)
        r = r + 2 * (mean / (1 - 0.9**t)) / (np.sqrt(most / (1 - 0.999**t)) + 1e-8)
        plain = plain + 2 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        found, state = rule.step(found, tf.constant(gradient, tf.float32), state, 2.0, LInf())
        np.testing.assert_allclose(found, r, rtol=2e-4, atol=1e-5)  # 1 - 0.999^t in float32
    assert np.abs(r - plain).max() > 1e-4 and rule.remembers


def test_adams_first_step_is_a_sign_of_size_alpha_and_none_without_a_gradient():
    gradient = tf.constant([[[[3.0, -0.01, 0.0]]]])
    rule = AdamRule()
    step, _ = rule.step(tf.zeros((1, 1, 1, 3)), gradient, rule.init(gradient), 2.0, LInf())
    np.testing.assert_allclose(step[0, 0, 0], [2, -2, 0], rtol=1e-4)


@pytest.mark.parametrize("rule", [SignRule(), MomentumRule()])
def test_steps_follow_the_ball(rule):
    gradient = tf.constant(GRADIENTS[0], tf.float32)
    step, _ = rule.step(tf.zeros_like(gradient), gradient, rule.init(gradient), 3.0, L2())
    expected = 3 * GRADIENTS[0] / np.sqrt((GRADIENTS[0] ** 2).sum((1, 2, 3), keepdims=True))
    np.testing.assert_allclose(step, expected, rtol=1e-4, atol=1e-5)
