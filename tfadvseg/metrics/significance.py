"""Whether a difference is more than chance: p values over groups of images, many tests at once, and how many groups it
would take.

The images of a group are alike, so a group is one observation, as in `metrics.intervals`, and a p value is below 5 %
where an interval of 95 % there excludes 0, but for the shape of the resamples.
"""

import itertools

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from tfadvseg.metrics.intervals import widening

EXACT = 14
"""Groups of which all sign flips are tried, 16,384 of them; of more, as many are drawn."""
MOST = 1_000_000
"""Groups beyond which nobody will go."""


def p_value(score: NDArray[np.float64], units: int) -> float:
    """Two-sided, that a score [1 + R] (measured, then resampled) is 0 in truth, from Student's t with n - 1 degrees of
    freedom for n units; NaN for one unit."""
    if units < 2:
        return float("nan")
    centre, spread = _centre_and_spread(score)
    error = spread * np.sqrt(units / (units - 1))
    if error == 0:
        return float(centre == 0)
    return float(2 * scipy.stats.t.sf(abs(centre) / error, units - 1))


def sign_flip_p(values: NDArray[np.float64], seed: int = 0) -> float:
    """Two-sided, that values [n] of n groups lie symmetrically about 0: in how many of the 2^n ways to flip their signs
    their mean is as far from 0. Never below 2 / 2^n; NaN of one value."""
    units = len(values)
    if units < 2 or np.isnan(values).any():
        return float("nan")
    exact = units <= EXACT
    signs = (
        np.array(list(itertools.product((1, -1), repeat=units)))
        if exact
        else np.random.default_rng(seed).choice((1, -1), (2**EXACT, units))
    )
    as_far = np.abs(signs @ values) >= np.abs(values.sum()) - 1e-9 * np.abs(values).sum()
    return float(as_far.mean() if exact else (as_far.sum() + 1) / (len(as_far) + 1))


def pseudo_values(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """[n] of n groups, whose mean is the score without its bias (Tukey 1958); score: [1 + n], measured, then without
    each of the groups."""
    units = len(score) - 1
    return units * score[0] - (units - 1) * score[1:]


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p values [K] corrected for being K (Holm 1979): those below 5 % hold all together but for 5 % of the cases. NaN
    ones are no tests."""
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    found = np.full(len(p), np.nan)
    found[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return found


def groups_needed(score: NDArray[np.float64], units: int, level: float = 95.0) -> float:
    """How many groups would make an interval of `level` per cent exclude 0, were the score [1 + R] of so many units the
    truth and all further groups as different as these.

    Its length falls as 1 / sqrt(n), and as it is widened less. Where the truth is just that, chance takes every other
    experiment of this size to the wrong side of the end. Infinite beyond MOST; NaN for one unit.
    """
    if units < 2:
        return float("nan")
    centre, spread = _centre_and_spread(score)
    if not np.isfinite(centre):
        return float("nan")
    of_one = spread * np.sqrt(units) * scipy.stats.norm.ppf((100 + level) / 200)
    low, high = 1, 2
    while widening(high, level) * of_one / np.sqrt(high) >= abs(centre):
        low, high = high, 2 * high
        if low > MOST:
            return float("inf")
    while high - low > 1:
        middle = (low + high) // 2
        if widening(middle, level) * of_one / np.sqrt(middle) >= abs(centre):
            low = middle
        else:
            high = middle
    return float(high)


def _centre_and_spread(score: NDArray[np.float64]) -> tuple[float, float]:
    """What was measured without the bias that the resamples show, and their standard deviation."""
    middle, spread = float(np.nanmean(score[1:])), float(np.nanstd(score[1:]))
    return _rounded(2 * float(score[0]) - middle), _rounded(spread)


def _rounded(value: float) -> float:
    """0 where sums of floats left next to nothing."""
    return 0.0 if abs(value) < 1e-9 else value
