"""The proximity operator against scipy's search, and against a closed form."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize_scalar

from tfadvseg.attacks.prox import prox_of_max

RNG = np.random.default_rng(7)
SHAPE = (4, 3, 4, 3)
WEIGHTS = np.array([1e-3, 0.1, 1.0, 1e6])
"""The last one is so large that nothing is left."""


def solved(point, boxed, metric, weight):
    """By scipy, of one image: the norm is sought; a box that holds 0 is clipped to it value by value."""

    def cost(t):
        return 0.5 * (metric * (np.clip(boxed, -t, t) - point) ** 2).sum() + weight * t

    t = minimize_scalar(cost, bounds=(0, np.abs(boxed).max()), method="bounded", options={"xatol": 1e-9}).x
    return np.clip(boxed, -t, t)


@pytest.mark.parametrize("in_box", [False, True])
def test_it_is_what_a_search_finds(in_box):
    point, metric = RNG.normal(0, 1, SHAPE), RNG.uniform(0, 2, SHAPE)
    metric[:, 0] = 0
    boxed = np.clip(point, -RNG.uniform(0, 1, SHAPE), RNG.uniform(0, 1, SHAPE)) if in_box else point
    found = prox_of_max(*map(tf.constant, (point, boxed, metric)), tf.constant(WEIGHTS[:, None, None, None])).numpy()
    for i, weight in enumerate(WEIGHTS):
        np.testing.assert_allclose(found[i], solved(point[i], boxed[i], metric[i], weight), atol=1e-5)
    assert np.abs(found[-1]).max() < 1e-6 and (np.abs(found[:-1]).max((1, 2, 3)) > 0.01).all()


def test_in_a_constant_metric_it_is_what_a_projection_on_the_l1_ball_leaves():
    """Moreau: prox of w |.|_inf is the identity less the projection on the ball of radius w of the dual norm."""
    point = RNG.normal(0, 1, (1, 3, 4, 3))
    for metric, weight in ((1.0, 0.5), (2.0, 5.0), (0.5, 3.0)):
        radius = weight / metric
        sizes = np.sort(np.abs(point).ravel())[::-1]
        excess = (np.cumsum(sizes) - radius) / np.arange(1, sizes.size + 1)
        threshold = excess[np.nonzero(sizes > excess)[0][-1]]  # Duchi et al. 2008
        projected = np.sign(point) * np.maximum(np.abs(point) - threshold, 0)
        assert np.abs(projected).sum() == pytest.approx(radius)
        given = map(tf.constant, (point, point, np.full(point.shape, metric), np.full((1, 1, 1, 1), weight)))
        np.testing.assert_allclose(prox_of_max(*given), point - projected, atol=1e-6)


def test_what_is_small_already_stays_in_its_own_image():
    """A weight of 0 changes nothing, and no image hears of another."""
    point = RNG.normal(0, 1, SHAPE).astype(np.float32)
    weights = np.float32([0, 1, 0, 1])[:, None, None, None]
    found = prox_of_max(tf.constant(point), tf.constant(point), tf.ones(SHAPE), tf.constant(weights)).numpy()
    np.testing.assert_allclose(found[[0, 2]], point[[0, 2]], atol=1e-6)
    assert (np.abs(found[[1, 3]]).max((1, 2, 3)) < np.abs(point[[1, 3]]).max((1, 2, 3)) - 0.01).all()
