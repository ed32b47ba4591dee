"""How large a perturbation has to be, from what is left at several radii; between them linear in log2 epsilon."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HALF = 50.0
"""Per cent that are left at the radius that is looked for."""
BELOW, ABOVE = 0.0, np.inf
"""Radii of what has fallen already at the smallest epsilon, and of what has not fallen at the largest."""


def radius_of(left: np.ndarray, epsilons: Sequence[float], level: float = HALF) -> NDArray[np.float64]:
    """Radii [...] at which what is left [..., E], in per cent, first falls to the level; epsilons: [E], ascending.

    BELOW where it lies below the level at the smallest epsilon, ABOVE where it never falls so far, NaN where any of it
    is NaN.
    """
    left, places = np.asarray(left, float), np.log2(epsilons)
    fallen = left <= level
    last = fallen.argmax(-1)
    first = np.maximum(last - 1, 0)
    above, below = (np.take_along_axis(left, at[..., np.newaxis], -1)[..., 0] for at in (first, last))
    share = np.divide(above - level, above - below, out=np.zeros_like(above), where=above > below)
    found = 2 ** (places[first] + share * (places[last] - places[first]))
    found = np.where((last == 0) & (below < level), BELOW, found)
    found = np.where(fallen.any(-1), found, ABOVE)
    return np.where(np.isnan(left).any(-1), np.nan, found)


def area_under(left: np.ndarray, epsilons: Sequence[float]) -> NDArray[np.float64]:
    """Mean [...] over log2 epsilon of what is left [..., E]: 100 where nothing is lost anywhere; NaN of one epsilon."""
    places = np.log2(epsilons)
    if len(places) < 2:
        return np.full(np.shape(left)[:-1], np.nan)
    return np.trapezoid(left, places, axis=-1) / (places[-1] - places[0])


def quartiles(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """[3] of radii [N] that may be BELOW or ABOVE, which are ranked and never averaged; NaN ones do not count."""
    known = radii[~np.isnan(radii)]
    if not known.size:
        return np.full(3, np.nan)
    return np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf")


def radius_text(radius: float, epsilons: Sequence[float]) -> str:
    """As a number, or on which side of all epsilons it lies."""
    if np.isnan(radius):
        return "-"
    if radius in (BELOW, ABOVE):
        return f"below {min(epsilons):g}" if radius == BELOW else f"above {max(epsilons):g}"
    return f"{radius:.2f}" if radius < 10 else f"{radius:.1f}"
