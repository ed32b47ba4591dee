"""How a claim is brought to its bound: on made-up results whose scores lie as far beyond it as a test asks for."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from made_up import IMAGES, OPPOSITE, PerImage

from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, UNMEASURED, Claim, Judgement, judge

Margin = Callable[[str, float], PerImage]
"""(quantity, epsilon) -> how far it lies beyond the bound, positive where the claim agrees."""


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """Results for one claim.

    build: margins -> the subject of the study. quantities: {what can lie beyond its bound by itself: the part of the
    claim that it decides}. epsilons: those that the claim is about; where it names none, margins are asked for at 0.

    small, large: margins, as near to the bound as counts allow with a wide berth to rounding, and some way off. Scores
    in points, per cent or nats have any value; rank correlations of five variants come in tenths, of two parameters at
    once in fewer. beyond: a pair of margins that outweigh `large` at another epsilon, and fall short of it. divided:
    margins by image of which resamples take sides; those for which the claim agrees as measured, then those for which
    it does not. score: margin -> score, where that is not the bound and the margin beyond it."""

    build: Callable[[Margin], Any]
    quantities: Mapping[str, str]
    epsilons: tuple[float, ...] = ()
    small: float = 0.01
    large: float = 1.0
    beyond: tuple[float, float] = (-1.02, -0.98)
    divided: tuple[np.ndarray, np.ndarray] = (OPPOSITE + 0.01, OPPOSITE - 0.01)
    score: Callable[[float], float] | None = None
    name: str = ""

    @property
    def parts(self) -> list[str]:
        """Of the claim."""
        return list(dict.fromkeys(self.quantities.values()))

    def everywhere(self, margin: PerImage) -> Any:
        """All quantities as far beyond their bounds at all epsilons."""
        return self.build(lambda quantity, epsilon: margin)


def named(*names: str) -> dict[str, str]:
    """Quantities that are the parts themselves."""
    return {name: name for name in names}


def judged(claim: Claim, subject: Any, units: int = IMAGES) -> Judgement:
    """That claim alone, as on so many groups of images."""
    (found,) = judge([claim], subject, "made up", IMAGES, units)
    return found


def by_part(words: str, parts: Iterable[str]) -> dict[str, str]:
    """{part: verdict} of what a judgement says of them all."""
    if words in (HOLDS, FAILS, UNDECIDED, UNMEASURED, TOO_FEW):
        return dict.fromkeys(parts, words)
    kinds = (kind.split(": ") for kind in words.split("; "))
    return {part: kind for kind, named in kinds for part in named.split(", ")}


def verdicts(claim: Claim, case: Case, subject: Any, units: int = IMAGES) -> dict[str, str]:
    """{part: verdict}."""
    assert set(claim.scores(subject)) == set(case.parts)
    return by_part(judged(claim, subject, units).verdict, case.parts)
