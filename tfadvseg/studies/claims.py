"""A claim of the paper is a row: what is tested, on which scores, and the bound that decides. One place judges all."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.paper import claims as paper_claims
from tfadvseg.studies.evidence import Score, format_score, mean_known

HOLDS, FAILS, UNDECIDED, UNMEASURED = "holds", "does not hold", "undecided", "not measured"

Parts = Mapping[str, Score | Mapping[float, Score]]
"""{what: score}, or {what: {epsilon: score}}."""


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
    its scores are written. told: subject -> what was measured, where the scores do not say it by themselves.
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

    def __post_init__(self) -> None:
        if (self.above is None) == (self.at_most is None):
            raise ValueError(f"{self.number} is decided by one bound, `above` or `at_most`.")

    @property
    def section(self) -> str:
        """Of the paper."""
        return paper_claims()[self.number].section

    def agrees(self, score: Score) -> np.ndarray:
        """bool [1 + R]: whether it holds as measured, and in each resample."""
        return score > self.above if self.above is not None else score <= self.at_most

    def worst(self, scores: Sequence[Score]) -> Score:
        """The score that is hardest on the claim, in each resample."""
        return np.min(scores, 0) if self.above is not None else np.max(scores, 0)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What became of a claim. about: which subject. images: how many the verdict rests on."""

    number: str
    about: str
    statement: str
    verdict: str
    measured: str
    images: int


def judge(claims: Sequence[Claim], subject: Any, about: str, images: int) -> list[Judgement]:
    """The verdicts on a study's claims, in their order."""
    found = []
    for claim in claims:
        missing = claim.needs(subject)
        verdict, measured = (UNMEASURED, missing) if missing else _judge(claim, subject)
        found.append(Judgement(claim.number, about, claim.statement, verdict, measured, images))
    return found


def verdict(agrees: np.ndarray) -> str:
    """Of a comparison of scores, bool [1 + R]: decided where 97.5 % of the resamples agree with what was measured."""
    share = np.mean(agrees[1:])
    return HOLDS if agrees[0] and share >= 0.975 else FAILS if not agrees[0] and share <= 0.025 else UNDECIDED


def _judge(claim: Claim, subject: Any) -> tuple[str, str]:
    """(verdict, what was measured); verdicts are named part by part where they differ."""
    parts = claim.scores(subject)
    scores = {name: _combined(claim, part) for name, part in parts.items()}
    if not scores:
        return UNMEASURED, "no such cells"
    known = {name: bool(np.isfinite(score[0])) for name, score in scores.items()}
    verdicts = {name: verdict(claim.agrees(score)) if known[name] else UNMEASURED for name, score in scores.items()}
    measured = "; ".join(
        f"{name} {format_score(score, claim.form) if known[name] else '-'}".strip() for name, score in scores.items()
    )
    if claim.told is not None:
        measured = claim.told(subject)
    if otherwise := _otherwise(claim, parts, scores):
        measured += f"; otherwise: {otherwise}"
    kinds = list(dict.fromkeys(verdicts.values()))
    named = "; ".join(f"{kind}: {', '.join(n for n, v in verdicts.items() if v == kind)}" for kind in kinds)
    return (named if len(kinds) > 1 else kinds[0]), measured


def _combined(claim: Claim, part: Score | Mapping[float, Score]) -> Score:
    """The one score that decides on a part."""
    if not isinstance(part, Mapping):
        return part
    return claim.worst(list(part.values())) if claim.each else mean_known(list(part.values()))


def _otherwise(claim: Claim, parts: Parts, scores: Mapping[str, Score]) -> str:
    """The epsilons at which a part says other than the whole of them."""
    contrary = {
        name: [
            f"{epsilon:g}" for epsilon, score in part.items()
            if np.isfinite(score[0]) and claim.agrees(score)[0] != claim.agrees(scores[name])[0]
        ]
        for name, part in parts.items() if isinstance(part, Mapping)
    }  # fmt: skip
    return "; ".join(f"{name} at epsilon {', '.join(which)}" for name, which in contrary.items() if which)
