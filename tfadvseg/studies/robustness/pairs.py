"""Which of all pairs of networks differ, by all the tests together, and how many images would decide the others."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.metrics.significance import groups_needed, holm, p_value, pseudo_values, sign_flip_p
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.robustness.comparison import Kept, least_kept


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """Points of IoU ratio that `more` keeps beyond `less`, each under its worst attack. p: of Student's t over groups
    of images; corrected: for all pairs (Holm); flips: of sign flips over groups, not corrected. level: in per cent, of
    the interval that is as sure as all pairs ask for; differs: whether it excludes 0, as `comparison.Lead.told_apart`
    is decided, so that no page has two answers; needed: groups of images at which it would."""

    more: str
    less: str
    difference: Score
    p: float
    corrected: float
    flips: float
    level: float
    differs: bool
    needed: float


def pairs(evidence: Evidence, models: Sequence[str], attacks: Sequence[str], epsilon: float) -> list[Pair]:
    """All of the networks that were attacked at this epsilon, on the same images, the surest first."""
    kept = least_kept(evidence, models, attacks, epsilon)
    without = {one.model: one.score for one in least_kept(evidence.jackknife, models, attacks, epsilon)}
    both: list[tuple[Kept, Kept]] = list(itertools.combinations(kept, 2))
    units, level = evidence.units, level_of_each(2 * len(both))
    p = np.array([p_value(more.score - less.score, units) for less, more in both])
    found = []
    for (less, more), own, corrected in zip(both, p, holm(p), strict=True):
        apart = more.score - less.score
        flips = sign_flip_p(pseudo_values(without[more.model] - without[less.model]))
        needed = groups_needed(apart, units, level)
        low, high = evidence.interval(apart, level)
        differs = bool(low > 0 or high < 0)
        found.append(Pair(more.model, less.model, apart, float(own), float(corrected), flips, level, differs, needed))
    return sorted(found, key=lambda pair: (np.isnan(pair.p), pair.p))
