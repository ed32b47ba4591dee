"""Products of a sparse matrix with a few columns, at the speed of the processor."""

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

WIDEST = 24
"""Columns of a product at most: from 32 on TensorFlow takes another kernel on a CPU, six times slower."""


class Sparse(NamedTuple):
    """A sparse matrix: values [K] at indices int32 [K, 2], in any order; shape int64 [2]."""

    indices: tf.Tensor
    values: tf.Tensor
    shape: tf.Tensor

    def times(self, columns: tf.Tensor, transposed: bool = False) -> tf.Tensor:
        """The matrix [R, S], or its transposed, times columns [S, C] or [R, C]; C at most WIDEST."""
        return tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=self.indices, a_values=self.values, a_shape=self.shape, b=columns, adjoint_a=transposed
        )


def in_column_blocks(function: Callable[[tf.Tensor], tf.Tensor], columns: tf.Tensor) -> tf.Tensor:
    """function(columns [P, C]), which works on each column alone, in blocks of at most WIDEST.

    TensorFlow's sparse product runs on one thread of a CPU, so it takes two blocks to keep two cores busy. Vector units
    like multiples of 4.
    """
    count = columns.shape[1]
    blocks = max(math.ceil(count / WIDEST), min(2, math.ceil(count / 8)))
    width = 4 * math.ceil(count / blocks / 4)
    starts = range(0, count, width)
    return tf.concat([function(columns[:, start : start + width]) for start in starts], axis=1)
