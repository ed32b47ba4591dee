"""Filtering on a permutohedral lattice one point after the other, vertices being coordinates in a dictionary.

Written from the definitions in float64: the elevation is a matrix, barycentric weights solve a linear system.
"""

import itertools

import numpy as np


def elevation(dimensions):
    """[d + 1, d]: the columns are orthogonal, sum to 0 and have the length that makes the blur a unit Gaussian."""
    columns = []
    for i in range(1, dimensions + 1):
        column = np.r_[np.ones(i), -i, np.zeros(dimensions - i)]
        columns.append(column / np.linalg.norm(column))
    return np.sqrt(2 / 3) * (dimensions + 1) * np.stack(columns, 1)


def corners_and_weights(position):
    """Corners, tuples of remainder 0 ... d, and barycentric weights of the simplex around a point of the hyperplane."""
    count = len(position)
    base = count * np.round(position / count)
    order = np.argsort(-(position - base), kind="stable")
    excess = int(round(base.sum() / count))
    if excess > 0:  # the nearest point of remainder 0 lies lower in the coordinates that were rounded up most
        base[order[count - excess :]] -= count
    else:
        base[order[:-excess]] += count
    order = np.argsort(-(position - base), kind="stable")
    corners = np.stack([base + remainder for remainder in range(count)])
    for remainder in range(count):
        corners[remainder, order[count - remainder :]] -= count
    system = np.concatenate([corners.T, np.ones((1, count))])
    weights = np.linalg.lstsq(system, np.r_[position, 1], rcond=None)[0]
    assert weights.min() > -1e-9  # else the point lies outside
    return [tuple(int(x) for x in corner) for corner in corners], weights


def lattice_filter(features, values):
    """What the authors' code computes for points [P, d] and values [P, C]."""
    dimensions = features.shape[1]
    spread = [corners_and_weights(position) for position in features @ elevation(dimensions).T]
    vertices = {}
    for (corners, weights), value in zip(spread, values, strict=True):
        for corner, weight in zip(corners, weights, strict=True):
            vertices[corner] = vertices.get(corner, 0) + weight * value
    for axis in range(dimensions + 1):
        step = -np.ones(dimensions + 1, int)
        step[axis] = dimensions
        vertices = {
            vertex: value + sum(vertices.get(tuple(int(x) for x in vertex + sign * step), 0) for sign in (1, -1)) / 2
            for vertex, value in vertices.items()
        }
    gathered = [sum(w * vertices[c] for c, w in zip(*pair, strict=True)) for pair in spread]
    return np.array(gathered) / (1 + 2.0**-dimensions)


def lattice_kernel(features):
    """The matrix [P, P] of the filter, in place of a Gaussian's."""
    return lattice_filter(features, np.eye(len(features)))


def count_vertices(features):
    positions = features @ elevation(features.shape[1]).T
    return len(set(itertools.chain.from_iterable(corners_and_weights(position)[0] for position in positions)))
