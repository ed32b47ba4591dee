"""Geometry of the permutohedral lattice (Adams, Baek and Davis 2010): which simplex a point lies in, and where.

A point of d dimensions is laid into the hyperplane of d + 1 coordinates that sum to 0. The lattice consists of the
points in it whose coordinates are whole and have one and the same remainder modulo d + 1; they cut the hyperplane into
simplices with one corner of each remainder 0 ... d. The corner of remainder k is that of remainder 0 plus k in all
coordinates, less d + 1 in the k that lie lowest in the point's distance from it.
"""

import itertools
import math
from typing import NamedTuple

import tensorflow as tf


class Simplices(NamedTuple):
    """The simplices that hold P points.

    quotients: d + 1 tensors [P], the coordinates of the corner of remainder 0 divided by d + 1. ranks: d + 1 tensors
    [P], how many coordinates of the point lie farther above that corner. Both are whole numbers in floats.
    barycentric: [P, d + 1], the weights of the corners of remainder 0 ... d.
    """

    quotients: list[tf.Tensor]
    ranks: list[tf.Tensor]
    barycentric: tf.Tensor


def enclosing_simplices(features: tf.Tensor) -> Simplices:
    """Of points [P, d], in units of the standard deviation of the Gaussian that the lattice's blur makes."""
    positions = _elevate(tf.unstack(features, axis=1))
    corners = len(positions)
    quotients = [tf.round(position) for position in positions]
    distances = [position - quotient for position, quotient in zip(positions, quotients, strict=True)]
    # Rounding leaves a sum other than 0: as many coordinates move on by one as it takes, the most distant ones first.
    excess = tf.add_n(quotients)
    ranks = [excess + rank for rank in _ranks(distances)]
    for i, rank in enumerate(ranks):
        step = tf.cast(rank < 0, rank.dtype) - tf.cast(rank >= corners, rank.dtype)
        ranks[i] += corners * step
        quotients[i] += step
        distances[i] -= step
    falling = _sorted(distances)
    rises = [upper - lower for upper, lower in itertools.pairwise(falling)]
    barycentric = tf.stack([1 + falling[-1] - falling[0], *reversed(rises)], axis=1)
    return Simplices(quotients, ranks, barycentric)


def _elevate(features: list[tf.Tensor]) -> list[tf.Tensor]:
    """The d + 1 coordinates [P] in the hyperplane, divided by d + 1."""
    dimensions = len(features)
    total, elevated = tf.zeros_like(features[0]), []
    for i in reversed(range(dimensions)):
        feature = features[i] * math.sqrt(2 / 3 / ((i + 1) * (i + 2)))
        elevated.append(total - (i + 1) * feature)
        total += feature
    return [total, *reversed(elevated)]


def _ranks(values: list[tf.Tensor]) -> list[tf.Tensor]:
    """How many of the others are larger, the earlier ones winning ties."""
    ranks = [tf.zeros_like(value) for value in values]
    for i, j in itertools.combinations(range(len(values)), 2):
        later_is_larger = tf.cast(values[i] < values[j], values[i].dtype)
        ranks[i] += later_is_larger
        ranks[j] += 1 - later_is_larger
    return ranks


def _sorted(values: list[tf.Tensor]) -> list[tf.Tensor]:
    """From the largest to the smallest, by exchanges: far quicker than a sort of so many short rows."""
    values = list(values)
    for i, j in itertools.combinations(range(len(values)), 2):
        values[i], values[j] = tf.maximum(values[i], values[j]), tf.minimum(values[i], values[j])
    return values
