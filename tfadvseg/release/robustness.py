"""What one finished run says of the robustness of each of its models, as cards and leaderboards tell it."""

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfadvseg.reports.cells import HEADLINE_EPSILON
from tfadvseg.runs.results import CLEAN, NONE, Cell, images_text
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.masking.report import suspects
from tfadvseg.studies.masking.verdict import Suspect, masking
from tfadvseg.studies.robustness.envelope import NORMS, envelope_of, envelopes
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.signs import Found, Masking

STUDIES_WITH_WORST_CASE = ("robustness",)
RUNG = "ladder_"
"""What the attacks are called whose result at an epsilon begins with that at a larger one of the same run."""

SAME = ("attacked_as", "norm", "region", "hide", "hidden", "inside", "samples", "target_class", "class_pixels", "kept")
"""What must be alike in the recipes of two runs whose attacks are compared; what one does not say is not alike."""


def part_of(attack: str, epsilon: float | None, at: float) -> bool:
    """Whether what an attack left at its epsilon may be part of a worst case at another one."""
    return epsilon is None or epsilon <= at or attack.startswith(RUNG)


class Number(NamedTuple):
    """A score in per cent and its 95 % interval; NaN where nothing is known."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Line:
    """What one attack leaves. attack: with the model that it was made on, where that is another. epsilon: in grey
    levels, None of attacks that find their own norm."""

    attack: str
    epsilon: float | None
    iou: Number
    ratio: Number


@dataclasses.dataclass(frozen=True)
class Worst:
    """The worst case at one epsilon. bound: the mean IoU in per cent that no choice goes below."""

    epsilon: float
    iou: Number
    ratio: Number
    bound: float


@dataclasses.dataclass(frozen=True)
class Robustness:
    """Of one model in one run. digest: of graph, weights and reading. data: the digest of exactly these photographs and
    labels. protocol: in a sentence, "" where the run does not say. conditions: what the run says of SAME, as JSON.
    lines: by attack and epsilon, clean images apart. worst: ascending by epsilon, nothing where the study has no worst
    case. masked: None where nobody looked for it. warnings: sentences of the run."""

    name: str
    digest: str
    architecture: str
    dataset: str
    split: str
    data: str
    images: int
    groups: int
    protocol: str
    conditions: str
    norm: str
    clean: Number
    lines: tuple[Line, ...]
    worst: tuple[Worst, ...]
    masked: Masking | None
    warnings: tuple[str, ...]

    @property
    def epsilon(self) -> float:
        """That by which models are compared: 8 where it was run, else the largest; 0 where nothing was attacked."""
        found = {line.epsilon for line in self.lines if line.epsilon}
        return HEADLINE_EPSILON if HEADLINE_EPSILON in found else max(found, default=0.0)

    def strongest(self, epsilon: float) -> Line | None:
        """The attack that leaves least by itself at this epsilon."""
        found = [line for line in self.lines if line.epsilon == epsilon and not math.isnan(line.iou.value)]
        return min(found, key=lambda line: line.iou.value, default=None)

    def worst_at(self, epsilon: float) -> Worst | None:
        """None where the study has none."""
        return next((one for one in self.worst if one.epsilon == epsilon), None)

    @property
    def unreliable(self) -> bool | None:
        """Whether attacks say too much of its robustness, since its gradient is masked; None where nobody knows."""
        found = self.masked.found if self.masked else None
        return {Found.MASK: True, Found.NONE: False}.get(found) if found else None

    @property
    def in_own_region(self) -> bool:
        """Whether attacks changed what this network sees as some class, which is another region on each network."""
        return "class" in (json.loads(self.conditions)["region"] or {})

    @property
    def images_text(self) -> str:
        """As "16 images", or "101 images in 5 groups of alike ones"."""
        return images_text(self.images, self.groups)

    @property
    def norm_text(self) -> str:
        """What epsilon bounds, as "the max-norm"."""
        return NORMS[self.norm]


def robustness(run: FinishedRun, masks: Sequence[FinishedRun] = ()) -> list[Robustness]:
    """Of every model of a run, in its order. masks: runs of pipelines.masking that may have verdicts on the same
    models; ValueError where one is of another study."""
    for other in masks:
        if other.study != "masking":
            raise ValueError(
                f"{other.folder} is a run of {other.study}, but verdicts are in those of pipelines.masking."
            )
    suspects = {key: suspect for one in (run, *masks) for key, suspect in _suspects(one).items()}
    names = dict.fromkeys(cell.model for cell in run.results.cells)
    return [_of(run, name, suspects.get((name, _digest(run, name)))) for name in names]


def _of(run: FinishedRun, name: str, suspect: Suspect | None) -> Robustness:
    evidence, first = run.evidence, run.results.cells[0]
    norm = run.settings.get("norm", "linf")
    cells = [c for c in run.results.cells if c.model == name and c.inference_transform == NONE and c.trial == 0]
    attacked = [c for c in cells if c.attack != CLEAN]
    return Robustness(
        name,
        _digest(run, name),
        facts_of(run.design, name).architecture,
        first.dataset,
        first.split,
        run.settings.get("data", ""),
        evidence.images,
        evidence.units,
        run.settings.get("attacked_as", ""),
        json.dumps({key: run.settings.get(key) for key in SAME}, sort_keys=True),
        norm,
        _number(evidence, evidence.iou(model=name, attack=CLEAN, inference_transform=NONE)),
        tuple(_line(evidence, cell) for cell in attacked),
        _worst(run, name, norm),
        masking(suspect) if suspect else None,
        _doubts(run, name),
    )


def _doubts(run: FinishedRun, name: str) -> tuple[str, ...]:
    """The warnings of a run but for those that begin with the name of another of its models."""
    others = {cell.model for cell in run.results.cells} - {name}
    begun = tuple(f"{other}{sign}" for other in others for sign in (":", ","))
    return tuple(doubt for doubt in run.doubts if not doubt.startswith(begun))


def _line(evidence: Evidence, cell: Cell) -> Line:
    return Line(
        cell.made,
        cell.epsilon,
        _number(evidence, evidence.iou(**cell.where)),
        _number(evidence, evidence.ratio(**cell.where), math.inf),
    )


def _worst(run: FinishedRun, name: str, norm: str) -> tuple[Worst, ...]:
    if run.study not in STUDIES_WITH_WORST_CASE:
        return ()
    envelope = envelope_of(envelopes(run.evidence, tuple(run.epsilons), norm), name)
    return (
        ()
        if envelope is None
        else tuple(
            Worst(
                point.epsilon,
                _number(run.evidence, envelope.iou(point)),
                _number(run.evidence, envelope.ratio(point), math.inf),
                point.worst.bound,
            )
            for point in envelope.points
        )
    )


def _suspects(run: FinishedRun) -> dict[tuple[str, str], Suspect]:
    """{(name, digest): it} of the models that a run has a verdict on, less those of which it does not say what they
    are."""
    found = suspects(run) if run.study == "masking" else []
    return {(one.name, digest): one for one in found if (digest := _digest(run, one.name))}


def _digest(run: FinishedRun, name: str) -> str:
    return str(run.settings.get("models", {}).get(name, ""))


def _number(evidence: Evidence, score: Score, most: float = 100.0) -> Number:
    if not np.isfinite(score[0]):
        return Number(math.nan, math.nan, math.nan)
    low, high = np.clip(evidence.interval(score), 0.0, most)
    return Number(float(score[0]), float(low), float(high))
