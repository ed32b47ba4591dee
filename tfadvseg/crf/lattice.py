"""The permutohedral lattice (Adams, Baek and Davis 2010): Gaussian filtering of points in a few dimensions.

Filtering spreads each point's values over the corners of its simplex by barycentric weights (splat), blurs them by
(1/2, 1, 1/2) along each of the d + 1 axes of the lattice, and reads each point's result off the corners again (slice).
Only corners of occupied simplices exist; a neighbour that does not exist counts as 0. Each step is a product with a
sparse matrix, so the gradient is the same chain backwards.

Vertices are told apart by exact 64-bit keys, not by hashes: the digits of a key are the vertex's remainder and its
coordinates' quotients by d + 1, but for the last, which follows from the others.
"""

from typing import NamedTuple

import tensorflow as tf

from tfadvseg.crf.simplices import enclosing_simplices
from tfadvseg.crf.sparse import Sparse, in_column_blocks


class Lattice(NamedTuple):
    """P points on M vertices: `splat` and `slice` are [P, M]; `blurs` are symmetric, [M, M], one for each axis."""

    splat: Sparse
    blurs: tuple[Sparse, ...]
    slice: Sparse

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Values [P, C] -> [P, C]: at i about the sum of exp(-|f_i - f_j|^2 / 2) values_j over all j, i included."""
        return in_column_blocks(self._filter, values)

    def _filter(self, values: tf.Tensor) -> tf.Tensor:
        vertices = self.splat.times(values, transposed=True)
        for blur in self.blurs:
            vertices = blur.times(vertices)
        return self.slice.times(vertices)

    def transposed(self) -> "Lattice":
        """The filter of the transposed matrix. Blurs do not commute, since neighbours are missing."""
        return Lattice(self.slice, self.blurs[::-1], self.splat)

    def scaled(self, before: tf.Tensor, after: tf.Tensor) -> "Lattice":
        """The filter that multiplies point i by before_i first and by after_i last; both [P, 1]."""
        return Lattice(_scaled_rows(self.splat, before), self.blurs, _scaled_rows(self.slice, after))


def permutohedral_lattice(features: tf.Tensor, groups: tf.Tensor) -> Lattice:
    """The lattice of points [P, d], in units of the Gaussian's standard deviation; groups [P] >= 0 do not mix.

    Raises InvalidArgumentError for points that are not finite, or spread too widely for exact keys.
    """
    features = tf.debugging.check_numerics(features, "Points on a permutohedral lattice must be finite")
    simplices = enclosing_simplices(features)
    first_keys, strides = _first_keys(simplices.quotients, groups)
    distinct, simplex_of_point = tf.unique(_simplex_codes(first_keys, simplices.ranks))
    corner_keys = _corner_keys(distinct, strides)
    keys, vertex_of_corner = _sorted_unique(tf.reshape(corner_keys, [-1]))
    vertex_of_corner = tf.reshape(vertex_of_corner, tf.shape(corner_keys))

    points, corners, vertices = tf.shape(features)[0], features.shape[1] + 1, tf.size(keys)
    vertex_of_point = tf.reshape(tf.gather(vertex_of_corner, simplex_of_point), [-1])
    indices = tf.stack([tf.repeat(tf.range(points), corners), vertex_of_point], axis=1)
    splat = Sparse(indices, tf.reshape(simplices.barycentric, [-1]), tf.cast([points, vertices], tf.int64))
    blurs = tuple(_blur(keys, neighbours, features.dtype) for neighbours in _neighbour_keys(keys, strides))
    constant = 1 / (1 + 2.0 ** -features.shape[1])  # of the authors' code; it matters where nothing is normalised
    return Lattice(splat, blurs, splat._replace(values=constant * splat.values))


def _first_keys(quotients: list[tf.Tensor], groups: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Keys int64 [P] of the corners of remainder 0, and by how much one more in each quotient raises a key [d + 1].

    Their last digit is the remainder, the first the group; the last quotient follows from the others.
    """
    corners = len(quotients)
    digits = tf.stack([*quotients[:-1], tf.cast(groups, quotients[0].dtype)])
    digits -= tf.reduce_min(digits, axis=1, keepdims=True)
    # Other corners lie up to one lower than the first, and neighbours one lower or higher than corners.
    spans = tf.cast(tf.reduce_max(digits, axis=1) + 4, tf.float64)
    codes = tf.reduce_prod(spans) * float(corners) ** (corners - 1)
    fits = (codes < 2.0**63) & (tf.reduce_max(spans) < 2.0**20)
    message = "Points spread over too many standard deviations for 64-bit keys: take larger thetas. Quotients span"
    with tf.control_dependencies([tf.debugging.Assert(fits, [message, spans], summarize=corners)]):
        strides = corners * tf.math.cumprod(tf.cast(spans, tf.int64), exclusive=True)
    keys = tf.reduce_sum(strides[:, None] * tf.cast(digits, tf.int64), axis=0)
    return keys, tf.concat([strides[:-1], [0]], axis=0)


def _simplex_codes(first_keys: tf.Tensor, ranks: list[tf.Tensor]) -> tf.Tensor:
    """A number int64 [P] for each simplex: its first key, then the coordinates of rank d ... 1 as digits."""
    corners = len(ranks)
    places = tf.constant([0, *(corners**i for i in range(corners - 1))], tf.int64)
    order = tf.add_n([i * tf.gather(places, tf.cast(rank, tf.int32)) for i, rank in enumerate(ranks)])
    return first_keys * corners ** (corners - 2) + order


def _corner_keys(simplex_codes: tf.Tensor, strides: tf.Tensor) -> tf.Tensor:
    """Keys [S, d + 1] of the corners of remainder 0 ... d: one after the other, the lowest coordinates step down."""
    corners = strides.shape[0]
    orders = corners ** (corners - 1)
    order = simplex_codes % orders
    keys = [simplex_codes // orders * corners]
    for rank in range(corners - 1, 0, -1):
        coordinate = order // corners ** (rank - 1) % corners
        keys.append(keys[-1] + 1 - tf.gather(strides, coordinate))
    return tf.stack(keys, axis=1)


def _sorted_unique(keys: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(distinct keys in order, where each key is among them). In order, neighbours on the lattice lie near each other
    in memory, which makes a blur up to three times faster than in the order of the pixels."""
    distinct, positions = tf.unique(keys)
    order = tf.argsort(distinct)
    return tf.gather(distinct, order), tf.gather(tf.math.invert_permutation(order), positions)


def _neighbour_keys(keys: tf.Tensor, strides: tf.Tensor) -> list[tf.Tensor]:
    """Keys [M] of the neighbours along each axis j: all coordinates less one, coordinate j raised by d."""
    corners = strides.shape[0]
    down = keys + tf.where(keys % corners == 0, corners - 1 - tf.reduce_sum(strides), -1)
    return [down + stride for stride in tf.unstack(strides)]


def _blur(keys: tf.Tensor, neighbour_keys: tf.Tensor, dtype: tf.DType) -> Sparse:
    """(1/2, 1, 1/2) along one axis, [M, M], of sorted keys; a pair is found from one side and stands for both."""
    count = tf.size(keys)
    neighbour = tf.minimum(tf.searchsorted(keys, neighbour_keys), count - 1)
    here = tf.cast(tf.where(tf.gather(keys, neighbour) == neighbour_keys)[:, 0], tf.int32)
    there = tf.gather(neighbour, here)
    itself = tf.range(count)
    rows, columns = tf.concat([itself, here, there], axis=0), tf.concat([itself, there, here], axis=0)
    halves = tf.fill([2 * tf.size(here)], tf.constant(0.5, dtype))
    values = tf.concat([tf.ones([count], dtype), halves], axis=0)
    return Sparse(tf.stack([rows, columns], axis=1), values, tf.cast([count, count], tf.int64))


def _scaled_rows(matrix: Sparse, factors: tf.Tensor) -> Sparse:
    """The matrix with row i multiplied by factors_i, where each row has equally many values, in order."""
    values = tf.reshape(matrix.values, [tf.shape(factors)[0], -1]) * factors
    return matrix._replace(values=tf.reshape(values, [-1]))
