"""A claim of the paper is a row: what is tested, on which scores, and the bound that decides. One place judges all."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.metrics.intervals import RESAMPLED, calibrated, interval
from tfadvseg.paper import claims as paper_claims
from tfadvseg.studies.evidence import Score, format_score, mean_known
from tfadvseg.studies.shares import decided

HOLDS, FAILS, UNDECIDED, UNMEASURED = "holds", "does not hold", "undecided", "not measured"
TOO_FEW = "undecided (too few images)"

FEWEST, FEWEST_OF_RANKS = 2, 16
"""Groups of images below which nothing is decided: a spread needs two of them; ranks, which jump and are not widened as
Student's t does it, so many until they decide wrongly in no more than 5 % of the cases (benchmarks/coverage.py)."""

Cell = tuple[str, float]
"""(attack, epsilon)."""

Parts = Mapping[str, Score | Mapping[Any, Score]]
"""{what: score}, or {what: {epsilon: score}}, or {what: {cell: score}} of a claim that counts cells."""


def always(subject: Any) -> str:
    """Needs nothing beyond what every run of the study has."""
    del subject
    return ""


@dataclasses.dataclass(frozen=True)
class Claim:
    """A row of a study's table.

    number: the paper's claim in `tfadvseg.paper`. statement: what is tested here, a phrase. scores: the subject of a
    study (a network and its attacks, say) -> the scores of each part. It holds of a part whose score is more than
    `above`, or no more than `at_most`; one of the two is given. needs: subject -> what is missing for it, "" where
    nothing is. each: with scores by epsilon, whether the claim is about every epsilon; else about their mean. form: how
    its scores are written. told: subject -> what was measured, where the scores do not say it by themselves. ranks:
    whether its scores come from an order of things and not from their sizes. least: what its scores cannot fall below.
    level: in per cent, how sure its verdict is (`verdict`). share: of a claim that counts cells, the per cent of them
    of which more must lie above the bound (`studies.shares`).
    """

    number: str
    statement: str
    scores: Callable[[Any], Parts]
    above: float | None = None
    at_most: float | None = None
    needs: Callable[[Any], str] = always
    each: bool = False
    form: str = "+.1f"
    told: Callable[[Any], str] | None = None
    ranks: bool = False
    least: float = -math.inf
    level: float = 95.0
    share: float | None = None

    def __post_init__(self) -> None:
        if (self.above is None) == (self.at_most is None):
            raise ValueError(f"{self.number} is decided by one bound, `above` or `at_most`.")
        if self.share is not None and self.above is None:
            raise ValueError(f"{self.number} counts the cells that lie `above` a bound.")

    @property
    def section(self) -> str:
        """Of the paper."""
        return paper_claims()[self.number].section

    def agrees(self, score: Score) -> np.ndarray:
        """bool: whether it holds of each of these values."""
        return score > self.above if self.above is not None else score <= self.at_most

    def worst(self, scores: Sequence[Score]) -> Score:
        """The score that is hardest on the claim, in each resample."""
        return np.min(scores, 0) if self.above is not None else np.max(scores, 0)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What became of a claim. about: which subject. images: how many the verdict rests on; groups: of alike ones."""

    number: str
    about: str
    statement: str
    verdict: str
    measured: str
    images: int
    groups: int


def judge(claims: Sequence[Claim], subject: Any, about: str, images: int, units: int | None = None) -> list[Judgement]:
    """The verdicts on a study's claims, in their order; units: groups of alike images, by default each its own."""
    units, found = images if units is None else units, []
    for claim in claims:
        missing = claim.needs(subject)
        verdict, measured = (UNMEASURED, missing) if missing else _judge(claim, subject, units)
        found.append(Judgement(claim.number, about, claim.statement, verdict, measured, images, units))
    return found


def verdict(
    score: Score, test: Callable[[np.ndarray], np.ndarray], units: int, ranks: bool = False, level: float = 95.0
) -> str:
    """Of a score [1 + R] from so many groups of images, by a test of its values: those beyond a bound.

    Decided where what was measured agrees with as many resamples as lie on one side of an end of an interval of `level`
    per cent (97.5 % for 95), these being as wide as so few groups must make them (`calibrated`), which an order of
    things has no use for. It must be so with the bias that they show and without it: of the least of several scores
    resamples show a bias that is not there, and without it "each of them" would be said where no single one is sure."""
    if units < (FEWEST_OF_RANKS if ranks else FEWEST):
        return TOO_FEW
    resamples = [score[1:]] if ranks else _resamples(score, units, level)
    known = [values[np.isfinite(values)] for values in resamples]  # a resample may hold no labelled pixel
    if not known[0].size:
        return UNDECIDED
    measured, shares = bool(test(score[:1])[0]), [np.mean(test(values)) for values in known]
    enough, few = (100 + level) / 200, (100 - level) / 200
    return HOLDS if measured and min(shares) >= enough else FAILS if not measured and max(shares) <= few else UNDECIDED


def _resamples(score: Score, units: int, level: float) -> list[np.ndarray]:
    """The resamples of a score without their bias, and with it; beyond RESAMPLED the ends of the interval instead."""
    bias = np.nanmean(score[1:]) - score[0] if np.isfinite(score[1:]).any() else np.nan
    values = calibrated(score, units, level) if level <= RESAMPLED else np.array(interval(score, units, level))
    return [values, values + 2 * bias]


def _judge(claim: Claim, subject: Any, units: int) -> tuple[str, str]:
    """(verdict, what was measured); verdicts are named part by part where they differ."""
    parts = claim.scores(subject)
    if claim.share is not None:
        return _judge_shares(claim, claim.share, parts, units)
    scores = {name: _combined(claim, part) for name, part in parts.items()}
    if not scores:
        return UNMEASURED, "no such cells"
    known = {name: bool(np.isfinite(score[0])) for name, score in scores.items()}
    verdicts = {
        name: verdict(score, claim.agrees, units, claim.ranks, claim.level) if known[name] else UNMEASURED
        for name, score in scores.items()
    }
    measured = "; ".join(
        f"{name} {format_score(score, units, claim.form, claim.least, claim.ranks) if known[name] else '-'}".strip()
        for name, score in scores.items()
    )
    if claim.told is not None:
        measured = claim.told(subject)
    if otherwise := _otherwise(claim, parts, scores):
        measured += f"; otherwise: {otherwise}"
    return _named(verdicts), measured


def _named(verdicts: Mapping[str, str]) -> str:
    """The verdict on all parts, or on each where they differ."""
    kinds = list(dict.fromkeys(verdicts.values()))
    named = "; ".join(f"{kind}: {', '.join(n for n, v in verdicts.items() if v == kind)}" for kind in kinds)
    return named if len(kinds) > 1 else kinds[0]


def _judge_shares(claim: Claim, share: float, parts: Mapping[str, Any], units: int) -> tuple[str, str]:
    """As `_judge`, of a claim that counts cells; those without a score do not count."""
    verdicts, told, contrary = {}, [], []
    for name, part in parts.items():
        margins = {cell: score - claim.above for cell, score in part.items() if np.isfinite(score[0])}
        agreeing = [cell for cell, margin in margins.items() if margin[0] > 0]
        verdicts[name], between = _share_verdict(list(margins.values()), share, units)
        told.append(
            f"{name} {len(agreeing)} of {len(margins)} cells{between}".strip() if margins else f"{name} -".strip()
        )
        most = len(agreeing) > share / 100 * len(margins)
        other = [cell for cell in margins if (cell in agreeing) != most]
        if other:
            contrary.append(f"{name} {_cells_in_words(other)}".strip())
    measured = "; ".join(told) + (f"; otherwise: {'; '.join(contrary)}" if contrary else "")
    return (_named(verdicts), measured) if verdicts else (UNMEASURED, "no such cells")


def _share_verdict(margins: Sequence[Score], share: float, units: int) -> tuple[str, str]:
    """(verdict, in how many cells it is true at least and at most) where more than `share` per cent must be above 0."""
    if not margins:
        return UNMEASURED, ""
    if units < FEWEST:
        return TOO_FEW, ""
    found, enough = decided(margins, units), share / 100 * len(margins)
    least, most = int((found > 0).sum()), len(margins) - int((found < 0).sum())
    return HOLDS if least > enough else FAILS if most <= enough else UNDECIDED, f" [{least}, {most}]"


def _cells_in_words(cells: Sequence[Cell]) -> str:
    """As "at fgsm 0.25, 1, ifgsm 8"."""
    epsilons: dict[str, list[str]] = {}
    for attack, epsilon in cells:
        epsilons.setdefault(attack, []).append(f"{epsilon:g}")
    return "at " + ", ".join(f"{attack} {', '.join(which)}" for attack, which in epsilons.items())


def _combined(claim: Claim, part: Score | Mapping[Any, Score]) -> Score:
    """The one score that decides on a part."""
    if not isinstance(part, Mapping):
        return part
    return claim.worst(list(part.values())) if claim.each else mean_known(list(part.values()))


def _otherwise(claim: Claim, parts: Parts, scores: Mapping[str, Score]) -> str:
    """The epsilons at which a part says other than the whole of them."""
    contrary = {
        name: [
            f"{epsilon:g}"
            for epsilon, score in part.items()
            if np.isfinite(score[0]) and claim.agrees(score)[0] != claim.agrees(scores[name])[0]
        ]
        for name, part in parts.items()
        if isinstance(part, Mapping)
    }
    return "; ".join(f"{name} at epsilon {', '.join(which)}".strip() for name, which in contrary.items() if which)
