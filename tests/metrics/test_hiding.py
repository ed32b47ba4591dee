"""Pixels of a hidden class, by hand."""

import numpy as np
import pytest

from tfadvseg.metrics.hiding import hiding_counts
from tfadvseg.metrics.intervals import share_interval
from tfadvseg.metrics.scores import share


def test_pixels_are_counted_by_what_was_predicted_before():
    clean = np.array([[[3, 3, 0], [1, 3, 3]], [[0, 0, 0], [0, 1, 1]]])
    after = np.array([[[3, 0, 0], [3, 1, 3]], [[3, 0, 0], [0, 1, 1]]])
    counted = np.ones_like(clean, bool)
    counted[:, :, 2] = False
    found = hiding_counts(clean, after, 3, counted)
    assert [part.tolist() for part in found] == [[3, 0], [1, 0], [1, 4], [0, 3]]


def test_a_share_of_nothing_is_unknown():
    assert share(3, 12) == 25 and np.isnan(share(0, 0))


def test_an_interval_of_a_share_needs_two_groups_that_have_any():
    part, whole = np.array([5, 1, 0]), np.array([10, 10, 0])
    low, high = share_interval(part, whole, ["a", "b", "c"])
    assert 0 <= low < 30 < high <= 100
    assert np.isnan(share_interval(part, whole, ["a", "a", "c"])).all()
    assert share_interval(np.array([5, 5]), np.array([10, 10]), ["a", "b"]) == pytest.approx((50, 50))
