"""Pooling with remembered places against a loop over windows."""

import numpy as np
import pytest
from keras import ops

from tfadvseg.layers.unpooling import max_pool_with_mask, max_unpool


def pooled_by_hand(x):
    """(maxima, masks) of 2 x 2 windows; the first maximum in scan order wins."""
    count, height, width, channels = x.shape
    pooled = np.zeros((count, height // 2, width // 2, channels), x.dtype)
    mask = np.zeros((count, height // 2, width // 2, 4, channels), x.dtype)
    for n, i, j, c in np.ndindex(*pooled.shape):
        window = [x[n, 2 * i + k // 2, 2 * j + k % 2, c] for k in range(4)]
        pooled[n, i, j, c] = max(window)
        mask[n, i, j, window.index(max(window)), c] = 1
    return pooled, mask


def unpooled_by_hand(x, mask):
    count, height, width, channels = x.shape
    found = np.zeros((count, 2 * height, 2 * width, channels), x.dtype)
    for n, i, j, c in np.ndindex(*x.shape):
        k = int(mask[n, i, j, :, c].argmax())
        found[n, 2 * i + k // 2, 2 * j + k % 2, c] = x[n, i, j, c]
    return found


@pytest.mark.parametrize("values", [3, 2, 1, 10_000])
def test_agrees_with_a_loop_over_windows_ties_included(values):
    """Few distinct values make many ties; one value makes nothing else."""
    rng = np.random.default_rng(values)
    x = rng.integers(-values, values, (2, 6, 8, 3)).astype(np.float32)
    pooled, mask = pooled_by_hand(x)
    found, found_mask = max_pool_with_mask(ops.convert_to_tensor(x))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), pooled)
    np.testing.assert_array_equal(ops.convert_to_numpy(found_mask), mask)
    other = rng.normal(size=pooled.shape).astype(np.float32)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(max_unpool(ops.convert_to_tensor(other), found_mask)), unpooled_by_hand(other, mask)
    )


def test_the_first_maximum_wins_a_tie():
    x = np.array([[1, 2, 5, 5], [2, 2, 5, 5]], np.float32)[None, :, :, None]
    mask = ops.convert_to_numpy(max_pool_with_mask(ops.convert_to_tensor(x))[1])
    np.testing.assert_array_equal(mask[0, 0, :, :, 0], [[0, 1, 0, 0], [1, 0, 0, 0]])


def test_unpooling_the_maxima_leaves_them_in_place_and_zeros_elsewhere():
    x = np.array([[1, 9, 3, 4], [5, 6, 7, 8]], np.float32)[None, :, :, None]
    pooled, mask = max_pool_with_mask(ops.convert_to_tensor(x))
    expected = np.array([[0, 9, 0, 0], [0, 0, 0, 8]], np.float32)
    np.testing.assert_array_equal(ops.convert_to_numpy(max_unpool(pooled, mask))[0, :, :, 0], expected)


@pytest.mark.parametrize(
    ("shape", "message"), [((1, 5, 4, 2), "height 5, width 4"), ((1, 4, 7, 2), "height 4, width 7")]
)
def test_odd_sizes_are_refused(shape, message):
    with pytest.raises(ValueError, match=f"needs even sizes; got {message}"):
        max_pool_with_mask(ops.zeros(shape))
