"""Products in blocks of columns, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.sparse import WIDEST, Sparse, in_column_blocks


@pytest.mark.parametrize("transposed", [False, True])
def test_product_equals_that_of_the_dense_matrix(transposed):
    rng = np.random.default_rng(0)
    indices = np.stack([rng.integers(0, 7, 40), rng.integers(0, 5, 40)], 1).astype(np.int32)
    values = rng.normal(size=40)
    dense = np.zeros((7, 5))
    np.add.at(dense, tuple(indices.T), values)  # those at one place add up
    matrix = Sparse(tf.constant(indices), tf.constant(values), tf.constant([7, 5], tf.int64))
    dense = dense.T if transposed else dense
    columns = rng.normal(size=(dense.shape[1], 3))
    np.testing.assert_allclose(matrix.times(tf.constant(columns), transposed), dense @ columns, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 5, 8, 9, 11, 19, 21, 24, 31, 32, 33, 49, 59, 150])
def test_blocks_are_narrow_and_keep_the_columns_in_order(count):
    widths = []

    def double(columns):
        widths.append(columns.shape[1])
        return 2 * columns

    columns = tf.reshape(tf.range(3.0 * count), [3, count])
    np.testing.assert_array_equal(in_column_blocks(double, columns), 2 * columns)
    assert max(widths) <= WIDEST < 32
    assert len(widths) >= (2 if count > 8 else 1)
    assert all(width % 4 == 0 for width in widths[:-1])
