"""Which network keeps more under attack: each by its own worst attack, with intervals on the same images."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from tfadvseg.studies.evidence import Evidence, Score


@dataclasses.dataclass(frozen=True, eq=False)
class Kept:
    """The least IoU ratio that any of the attacks leaves a network. attack: which, as measured."""

    model: str
    attack: str
    score: Score


def least_kept(evidence: Evidence, models: Sequence[str], attacks: Sequence[str], epsilon: float) -> list[Kept]:
    """Of each network that was attacked at that epsilon and had any IoU to lose, the least first.

    The worst attack is found anew in each resample, so an interval knows that it was looked for.
    """
    found = []
    for model in models:
        where = {"model": model, "source_model": model, "epsilon": epsilon}
        ratios = {a: evidence.ratio(**where, attack=a) for a in attacks if evidence.has(**where, attack=a)}
        if ratios and all(np.isfinite(ratio[0]) for ratio in ratios.values()):
            worst = min(ratios, key=lambda attack: float(ratios[attack][0]))
            found.append(Kept(model, worst, np.min(list(ratios.values()), 0)))
    return sorted(found, key=lambda kept: float(kept.score[0]))


@dataclasses.dataclass(frozen=True, eq=False)
class Lead:
    """Points of IoU ratio that the one keeps more than the other. told_apart: whether their interval excludes 0."""

    more: str
    less: str
    difference: Score
    told_apart: bool


def leads(evidence: Evidence, kept: Sequence[Kept]) -> list[Lead]:
    """Each network against the next, in ascending order; the images are the same, so differences are paired."""
    found = []
    for less, more in itertools.pairwise(kept):
        difference = more.score - less.score
        low, _ = evidence.interval(difference)
        found.append(Lead(more.model, less.model, difference, bool(low > 0)))
    return found
