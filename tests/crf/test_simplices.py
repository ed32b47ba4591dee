"""Which simplex a point lies in, against what barycentric coordinates mean."""

import lattice_by_hand
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.simplices import enclosing_simplices


def corners_of(simplices):
    """Coordinates [P, corner, coordinate] of the corners, by the definition of quotients and ranks."""
    quotients, ranks = np.stack(simplices.quotients, 1), np.stack(simplices.ranks, 1)
    count = quotients.shape[1]
    remainders = np.arange(count)[:, None]
    return count * (quotients[:, None] - (ranks[:, None] > count - 1 - remainders)) + remainders


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5, 7])
def test_a_point_is_the_weighted_mean_of_its_corners(dimensions):
    features = np.random.default_rng(dimensions).normal(0, 30, (500, dimensions))
    simplices = enclosing_simplices(tf.constant(features))
    weights, corners = simplices.barycentric.numpy(), corners_of(simplices)
    np.testing.assert_allclose(
        np.einsum("pk,pkc->pc", weights, corners), features @ lattice_by_hand.elevation(dimensions).T, atol=1e-9
    )
    assert weights.min() > -1e-12
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-12)


def test_corners_are_lattice_points():
    """Their coordinates sum to 0; the ranks of a point are a permutation."""
    simplices = enclosing_simplices(tf.constant(np.random.default_rng(1).normal(0, 30, (500, 5)), tf.float32))
    np.testing.assert_array_equal(corners_of(simplices).sum(-1), 0)
    np.testing.assert_array_equal(np.sort(np.stack(simplices.ranks, 1), 1), np.tile(np.arange(6), (500, 1)))


def test_whole_features_with_many_ties_stay_within_their_simplices():
    """Points on faces between simplices, as pixels often are, have weights of 0 there and none below."""
    grid = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    for features in (np.zeros((1, 3)), grid, 0.5 * grid):
        simplices = enclosing_simplices(tf.constant(features, tf.float32))
        weights = simplices.barycentric.numpy()
        positions = features @ lattice_by_hand.elevation(3).T
        assert weights.min() > -1e-5
        np.testing.assert_allclose(np.einsum("pk,pkc->pc", weights, corners_of(simplices)), positions, atol=1e-4)
