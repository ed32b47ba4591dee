"""Pooling with remembered places against a loop over windows."""

import numpy as np
import pytest
from keras import ops

from tfadvseg.layers.unpooling import max_pool_with_mask, max_unpool


def pooled_by_hand(x):
    """(maxima, masks) of 2 x 2 windows, the last of which may be cut off; the first maximum in scan order wins."""
    count, height, width, channels = x.shape
    pooled = np.zeros((count, (height + 1) // 2, (width + 1) // 2, channels), x.dtype)
    mask = np.zeros((count, (height + 1) // 2, (width + 1) // 2, 4, channels), x.dtype)
    for n, i, j, c in np.ndindex(*pooled.shape):
        places = [(2 * i + k // 2, 2 * j + k % 2, k) for k in range(4)]
        window = {k: x[n, row, column, c] for row, column, k in places if row < height and column < width}
        pooled[n, i, j, c] = max(window.values())
        mask[n, i, j, min(k for k in window if window[k] == pooled[n, i, j, c]), c] = 1
    return pooled, mask


def unpooled_by_hand(x, mask, size):
    found = np.zeros((len(x), *size, x.shape[-1]), x.dtype)
    for n, i, j, c in np.ndindex(*x.shape):
        k = int(mask[n, i, j, :, c].argmax())
        found[n, 2 * i + k // 2, 2 * j + k % 2, c] = x[n, i, j, c]
    return found


@pytest.mark.parametrize("size", [(6, 8), (5, 8), (6, 7), (5, 7), (1, 1), (1, 4)])
@pytest.mark.parametrize("values", [3, 2, 1, 10_000])
def test_agrees_with_a_loop_over_windows_ties_included(values, size):
    """Few distinct values make many ties; one value makes nothing else."""
    rng = np.random.default_rng(values)
    x = rng.integers(-values, values, (2, *size, 3)).astype(np.float32)
    pooled, mask = pooled_by_hand(x)
    found, found_mask = max_pool_with_mask(ops.convert_to_tensor(x))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), pooled)
    np.testing.assert_array_equal(ops.convert_to_numpy(found_mask), mask)
    other = rng.normal(size=pooled.shape).astype(np.float32)
    unpooled = max_unpool(ops.convert_to_tensor(other), found_mask, size)
    np.testing.assert_array_equal(ops.convert_to_numpy(unpooled), unpooled_by_hand(other, mask, size))


def test_the_first_maximum_wins_a_tie():
    x = np.array([[1, 2, 5, 5], [2, 2, 5, 5]], np.float32)[None, :, :, None]
    mask = ops.convert_to_numpy(max_pool_with_mask(ops.convert_to_tensor(x))[1])
    np.testing.assert_array_equal(mask[0, 0, :, :, 0], [[0, 1, 0, 0], [1, 0, 0, 0]])


def test_unpooling_the_maxima_leaves_them_in_place_and_zeros_elsewhere():
    x = np.array([[1, 9, 3, 4], [5, 6, 7, 8]], np.float32)[None, :, :, None]
    pooled, mask = max_pool_with_mask(ops.convert_to_tensor(x))
    expected = np.array([[0, 9, 0, 0], [0, 0, 0, 8]], np.float32)
    np.testing.assert_array_equal(ops.convert_to_numpy(max_unpool(pooled, mask))[0, :, :, 0], expected)


@pytest.mark.parametrize("size", [(5, 4), (4, 7), (3, 3)])
def test_where_every_value_is_below_zero_the_border_of_odd_sizes_does_not_win(size):
    """Zeros would, if they filled the last window up."""
    x = -np.random.default_rng(0).uniform(1, 2, (1, *size, 2)).astype(np.float32)
    pooled, mask = max_pool_with_mask(ops.convert_to_tensor(x))
    found = ops.convert_to_numpy(max_unpool(pooled, mask, size))
    assert (np.count_nonzero(found, axis=(1, 2)) == -(-size[0] // 2) * -(-size[1] // 2)).all()
    np.testing.assert_array_equal(found[found != 0], x[found != 0])


def test_unpooling_without_a_size_doubles_it():
    pooled, mask = max_pool_with_mask(ops.ones((1, 4, 6, 2)))
    assert max_unpool(pooled, mask).shape == (1, 4, 6, 2)
