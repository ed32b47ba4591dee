"""Which network keeps more under attack: each by its own worst attack, with intervals on the same images."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
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
        found += _least(evidence, model, model, attacks, epsilon)
    return sorted(found, key=lambda kept: float(kept.score[0]))


def least_shown(evidence: Evidence, attacks: Sequence[str], epsilon: float) -> list[tuple[Kept, str]]:
    """The same of networks that were only shown what was made on another, and on which."""
    pairs = dict.fromkeys((c.model, c.source_model) for c in evidence.results.cells if c.model != c.source_model)
    return [(kept, source) for model, source in pairs for kept in _least(evidence, model, source, attacks, epsilon)]


def _least(evidence: Evidence, model: str, source: str, attacks: Sequence[str], epsilon: float) -> list[Kept]:
    """The worst of the attacks on `source` for a network; [] where none was shown to it."""
    where = {"model": model, "source_model": source, "epsilon": epsilon}
    ratios = {a: evidence.ratio(**where, attack=a) for a in attacks if evidence.has(**where, attack=a)}
    if not ratios or not all(np.isfinite(ratio[0]) for ratio in ratios.values()):
        return []
    worst = min(ratios, key=lambda attack: float(ratios[attack][0]))
    return [Kept(model, worst, np.min(list(ratios.values()), 0))]


@dataclasses.dataclass(frozen=True, eq=False)
class Lead:
    """Points of IoU ratio that the one keeps more than the other. told_apart: whether their interval of `level` per
    cent excludes 0."""

    more: str
    less: str
    difference: Score
    level: float
    told_apart: bool


def leads(evidence: Evidence, kept: Sequence[Kept]) -> list[Lead]:
    """The network that keeps most against each other one, in ascending order of these; the images are the same, so
    differences are paired.

    Which one keeps most was looked for, so any two of the networks might have been compared, and each comparison is as
    sure as all of them together ask for.
    """
    found, level = [], level_of_each(len(kept) * (len(kept) - 1))
    for less in kept[:-1]:
        difference = kept[-1].score - less.score
        low, _ = evidence.interval(difference, level)
        found.append(Lead(kept[-1].model, less.model, difference, level, bool(low > 0)))
    return found
