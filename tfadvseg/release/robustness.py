"""What one finished run says of the robustness of each of its models, as cards and leaderboards tell it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tfadvseg.reports.cells import HEADLINE_EPSILON
from tfadvseg.runs import initial_gradients
from tfadvseg.runs.folder import whole
from tfadvseg.runs.results import CLEAN, NONE, Cell, images_text
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.masking.names import Battery
from tfadvseg.studies.masking.verdict import Suspect, masking
from tfadvseg.studies.robustness.envelope import NORMS, envelope_of, envelopes
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.signs import Found, Masking


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
    labels. protocol: in a sentence, "" where the run does not say. lines: by attack and epsilon, clean images apart.
    worst: ascending by epsilon, nothing where the study has no worst case. masked: None where nobody looked for it.
    warnings: sentences of the run."""

    name: str
    digest: str
    architecture: str
    dataset: str
    split: str
    data: str
    images: int
    groups: int
    protocol: str
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
    def images_text(self) -> str:
        return images_text(self.images, self.groups)

    @property
    def norm_text(self) -> str:
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
        name, _digest(run, name), facts_of(run.design, name).architecture, first.dataset, first.split,
        run.settings.get("data", ""), evidence.images, evidence.units, run.settings.get("attacked_as", ""), norm,
        _number(evidence, evidence.iou(model=name, attack=CLEAN, inference_transform=NONE)),
        tuple(_line(evidence, cell) for cell in attacked), _worst(run, name, norm),
        masking(suspect) if suspect else None, run.doubts,
    )  # fmt: skip


def _line(evidence: Evidence, cell: Cell) -> Line:
    where = {k: v for k, v in dataclasses.asdict(cell).items() if k not in ("dataset", "split", "trial")}
    expected = "" if cell.attack_transform == NONE else f" over {cell.attack_transform}"
    source = "" if cell.source_model == cell.model else f" made on {cell.source_model}"
    return Line(
        f"{cell.attack}{expected}{source}", cell.epsilon, _number(evidence, evidence.iou(**where)),
        _number(evidence, evidence.ratio(**where), math.inf),
    )  # fmt: skip


def _worst(run: FinishedRun, name: str, norm: str) -> tuple[Worst, ...]:
    if run.study != "robustness":
        return ()
    envelope = envelope_of(envelopes(run.evidence, tuple(run.epsilons), norm), name)
    return () if envelope is None else tuple(
        Worst(
            point.epsilon, _number(run.evidence, envelope.iou(point)),
            _number(run.evidence, envelope.ratio(point), math.inf), point.worst.bound,
        )
        for point in envelope.points
    )  # fmt: skip


def _suspects(run: FinishedRun) -> dict[tuple[str, str], Suspect]:
    """{(name, digest): it} of the models that a run has a verdict on."""
    if run.study != "masking":
        return {}
    starts = whole(run.folder / initial_gradients.FILE, lambda path: initial_gradients.read(path.parent))
    battery = Battery.of(run.design)
    names: Mapping[str, None] = dict.fromkeys(cell.model for cell in run.results.cells)
    return {(name, _digest(run, name)): Suspect(run.evidence, name, battery, starts) for name in names}


def _digest(run: FinishedRun, name: str) -> str:
    return str(run.settings.get("models", {}).get(name, ""))


def _number(evidence: Evidence, score: Score, most: float = 100.0) -> Number:
    if not np.isfinite(score[0]):
        return Number(math.nan, math.nan, math.nan)
    low, high = np.clip(evidence.interval(score), 0.0, most)
    return Number(float(score[0]), float(low), float(high))
