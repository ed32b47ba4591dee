"""Radii at which a given share is left, by hand and on either side of all epsilons; the area under a curve."""

import numpy as np
import pytest

from tfadvseg.metrics.radii import ABOVE, BELOW, area_under, quartiles, radius_of, radius_text

EPSILONS = (0.5, 1.0, 4.0, 32.0)


@pytest.mark.parametrize(
    ("left", "radius"),
    [
        ((90, 70, 30, 10), 2.0),  # half-way from 1 to 4 on the log axis
        ((90, 60, 20, 10), 2 ** (2 * 10 / 40)),
        ((90, 50, 20, 10), 1.0),
        ((50, 40, 20, 10), 0.5),
        ((90, 80, 70, 50), 32.0),
        ((49.99, 40, 20, 10), BELOW),
        ((90, 80, 70, 50.01), ABOVE),
        ((90, 40, 60, 10), 2 ** (-1 + 40 / 50)),  # the first time
    ],
)
def test_the_radius_is_where_half_is_left(left, radius):
    assert radius_of(np.array(left, float), EPSILONS) == pytest.approx(radius)


def test_curves_are_taken_together_and_one_that_is_not_known_has_none():
    left = np.array([[90, 70, 30, 10], [np.nan, 70, 30, 10], [10, 10, 10, 10]])
    np.testing.assert_allclose(radius_of(left, EPSILONS), [2, np.nan, BELOW])
    assert radius_of(left[0], EPSILONS, level=70) == 1


@pytest.mark.parametrize(("left", "radius"), [(60.0, ABOVE), (50.0, 8.0), (40.0, BELOW)])
def test_of_one_epsilon_only_the_side_is_known(left, radius):
    assert radius_of(np.array([left]), (8.0,)) == radius


def test_the_area_is_the_mean_over_the_log_axis():
    """Steps of 1, 2 and 3 octaves."""
    assert area_under(np.full(4, 100.0), EPSILONS) == pytest.approx(100)
    assert area_under(np.array([100, 80, 40, 10.0]), EPSILONS) == pytest.approx((90 + 2 * 60 + 3 * 25) / 6)
    x = np.linspace(-1, 5, 6001)
    drawn = np.interp(x, np.log2(EPSILONS), [100, 80, 40, 10.0])
    assert area_under(np.array([100, 80, 40, 10.0]), EPSILONS) == pytest.approx(drawn.mean(), abs=0.01)
    assert np.isnan(area_under(np.array([[50.0]]), (8.0,))).all()


def test_quartiles_are_ranked_and_not_averaged():
    radii = np.array([BELOW, 1, 2, 4, ABOVE, ABOVE, np.nan, ABOVE, ABOVE])
    assert quartiles(radii).tolist() == [1, 4, ABOVE]
    assert np.isnan(quartiles(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("radius", "text"),
    [(BELOW, "below 0.5"), (ABOVE, "above 32"), (np.nan, "-"), (1.234, "1.23"), (12.34, "12.3"), (0.5, "0.50")],
)
def test_radii_are_written_with_their_side(radius, text):
    assert radius_text(radius, EPSILONS) == text
