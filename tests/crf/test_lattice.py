"""The permutohedral lattice against an implementation by loops and a dictionary, and against Gaussian sums."""

import brute_force
import lattice_by_hand
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.lattice import permutohedral_lattice


def lattice_of(features, dtype=tf.float64):
    return permutohedral_lattice(tf.constant(features, dtype), tf.zeros(len(features), tf.int32))


def matrix_of(lattice, points):
    return lattice(tf.eye(points, dtype=tf.float64)).numpy()


def clustered(points, dimensions, seed):
    """Points in clusters, so that neighbours on the lattice exist and are missing about as often."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (8, dimensions))[rng.integers(0, 8, points)] + rng.normal(0, 0.7, (points, dimensions))


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5])
def test_filter_equals_a_dictionary_of_vertices(dimensions):
    features = clustered(150, dimensions, dimensions)
    values = np.random.default_rng(9).normal(size=(150, 3))
    lattice = lattice_of(features)
    np.testing.assert_allclose(
        lattice(tf.constant(values)), lattice_by_hand.lattice_filter(features, values), atol=1e-9
    )
    assert int(lattice.splat.shape[1]) == lattice_by_hand.count_vertices(features)


def test_filter_is_about_the_sum_of_gaussians():
    """Means of smooth values: the lattice's kernel is a coarse Gaussian, so only to some per cent of their range."""
    rng = np.random.default_rng(3)
    features = rng.uniform(0, 6, (900, 3))
    values = np.stack([np.sin(features[:, 0]), np.cos(features[:, 1] + features[:, 2])], 1)
    kernel = brute_force.gaussian(features)
    exact = kernel @ values / kernel.sum(1, keepdims=True)
    lattice = lattice_of(features)
    found = (lattice(tf.constant(values)) / lattice(tf.ones([900, 1], tf.float64))).numpy()
    assert np.abs(found - exact).mean() < 0.02
    assert np.abs(found - exact).max() < 0.15


def test_sums_without_normalisation_have_the_constant_of_the_authors():
    """In the continuum the lattice's kernel has 71 per cent of a unit Gaussian's mass for 5 dimensions.

    That is 2^6 by the blurs, times the volume (3/2)^(5/2) / sqrt(6) of a vertex, times 1 / (1 + 2^-5), to (2 pi)^(5/2).
    """
    grid = np.stack(np.meshgrid(*[np.arange(0, 7, 0.875)] * 5, indexing="ij"), -1).reshape(-1, 5)
    middle = np.abs(grid - 3).max(1) < 0.5
    sums = lattice_of(grid)(tf.ones([len(grid), 1], tf.float64)).numpy()[:, 0]
    share = 2**6 * 1.5**2.5 / 6**0.5 / (1 + 2**-5) / (2 * np.pi) ** 2.5
    assert np.abs(sums[middle] * 0.875**5 / (2 * np.pi) ** 2.5 / share - 1).max() < 0.1


def test_transposed_is_the_transposed_matrix_and_another_one():
    lattice = lattice_of(clustered(120, 5, 0)).scaled(*np.random.default_rng(1).uniform(0.5, 2, (2, 120, 1)))
    forward, backward = matrix_of(lattice, 120), matrix_of(lattice.transposed(), 120)
    np.testing.assert_allclose(backward, forward.T, rtol=1e-9, atol=1e-12)
    assert np.abs(matrix_of(lattice_of(clustered(120, 5, 0)), 120) - forward.T).max() > 1e-3


def test_blurs_do_not_commute_so_the_kernel_is_not_symmetric():
    matrix = matrix_of(lattice_of(clustered(120, 5, 0)), 120)
    assert np.abs(matrix - matrix.T).max() > 1e-3


def test_groups_do_not_mix():
    features = clustered(90, 5, 2)
    groups = np.repeat([0, 2, 5], 30)
    values = tf.constant(np.random.default_rng(1).normal(size=(90, 4)))
    together = permutohedral_lattice(tf.constant(features), tf.constant(groups, tf.int32))(values)
    for group in (0, 2, 5):
        own = groups == group
        np.testing.assert_array_equal(together[own], lattice_of(features[own])(values[own]))


def test_equal_points_share_one_simplex():
    features = np.tile([[3.3, -1.2, 0.4, 7.0, 2.5]], (50, 1))
    lattice = lattice_of(features, tf.float32)
    assert int(lattice.splat.shape[1]) == 6
    sums = lattice(tf.ones([50, 1])).numpy()
    np.testing.assert_allclose(sums, np.full((50, 1), sums[0, 0]), rtol=1e-6)


def test_a_place_far_from_the_origin_changes_nothing_but_rounding():
    """Keys count from the lowest coordinate. The shift is one of the lattice, so simplices stay as they are."""
    features = clustered(100, 2, 6)
    shift = np.linalg.lstsq(lattice_by_hand.elevation(2), np.array([3e4, -6e4, 3e4]), rcond=None)[0]
    values = tf.constant(np.random.default_rng(2).normal(size=(100, 2)))
    np.testing.assert_allclose(lattice_of(features + shift)(values), lattice_of(features)(values), atol=1e-6)


@pytest.mark.parametrize("factor", [1e4, 1e30])
def test_points_spread_too_widely_for_their_keys_are_refused(factor):
    with pytest.raises(tf.errors.InvalidArgumentError, match="too many standard deviations"):
        lattice_of(factor * clustered(50, 5, 1), tf.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_that_are_not_finite_are_refused(value):
    features = clustered(50, 5, 1)
    features[7, 3] = value
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        lattice_of(features, tf.float32)
