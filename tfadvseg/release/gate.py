"""Whether a finished run fulfils requirements: decided by intervals, so that a lucky draw of images passes nothing.

A requirement is passed where the whole 95 % interval of the score fulfils it, failed where none of it does, and
undecided between, which counts as failed: who releases a model has to show that it is good enough, and more images can.
Of several requirements each that passes must do so for all of them together (Holm), so that any is passed wrongly in no
more than 5 % of the cases.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfadvseg.metrics.significance import groups_needed, holm, p_value
from tfadvseg.registry import nearest_first
from tfadvseg.release.requirement import METRICS, WORST_CASE, Requirement
from tfadvseg.release.robustness import RUNG, SAME, STUDIES_WITH_WORST_CASE, part_of
from tfadvseg.runs.results import CLEAN, NONE, Cell, images_text
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.robustness.envelope import Envelope
from tfadvseg.studies.run import FinishedRun

PASSED, FAILED, UNDECIDED = "passed", "failed", "undecided"
SURE = 0.05
"""Of all requirements together: how often any may be passed wrongly."""


@dataclasses.dataclass(frozen=True)
class Baseline:
    """What a change is measured against. model: the one there that all models are compared with; None for that of the
    same name."""

    run: FinishedRun
    model: str | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one requirement of one model. attack: that which is hardest on it. value, low, high, bound: in
    per cent, points or nats, by `unit`; NaN where nothing is known. p: two-sided, that the score is at the bound, or 1
    where what was measured does not fulfil the requirement; corrected: for all requirements together. needed: groups of
    images that would decide it, NaN where it is decided or nobody knows."""

    requirement: Requirement
    model: str
    transform: str
    attack: str
    value: float
    low: float
    high: float
    p: float
    corrected: float
    images: int
    groups: int
    verdict: str
    needed: float
    reason: str

    @property
    def passed(self) -> bool:
        """False also where nothing could be decided."""
        return self.verdict == PASSED

    @property
    def name(self) -> str:
        """The requirement and what it does not say itself."""
        asked = self.requirement
        model = "" if self.model in asked.where else f" ({self.model})"
        return f"{'change of ' if asked.change else ''}{asked.text}{model}"

    def as_json(self) -> dict[str, Any]:
        """For validation.json."""
        asked = self.requirement
        return {
            "requirement": asked.text,
            "change": asked.change,
            "metric": asked.metric,
            "slice": {
                "attack": asked.attack,
                "epsilon": asked.epsilon,
                "model": self.model,
                "transform": self.transform,
                "hardest": self.attack,
            },
            "comparison": asked.relation,
            "threshold": asked.bound,
            "unit": asked.unit,
            "value": _known(self.value),
            "interval": None if math.isnan(self.low) else [_known(self.low), _known(self.high)],
            "p": _known(self.p),
            "p_corrected": _known(self.corrected),
            "images": self.images,
            "groups": self.groups,
            "groups_needed": _known(self.needed),
            "verdict": self.verdict,
            "passed": self.passed,
            "reason": self.reason,
        }


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """The score of a requirement of one model. hardest: the attack, in words."""

    requirement: Requirement
    model: str
    transform: str
    hardest: str
    score: Score
    evidence: Evidence

    @property
    def decidable(self) -> bool:
        """Whether the score is finite and rests on more than one group of images."""
        return bool(np.isfinite(self.score[0])) and self.evidence.units > 1

    @property
    def p(self) -> float:
        """NaN where nothing can be decided."""
        if not self.decidable:
            return math.nan
        if not self.holds or self.alike:
            return 0.0 if self.holds else 1.0
        return p_value(self.score - self.requirement.bound, self.evidence.units)

    @property
    def alike(self) -> bool:
        """Whether the score is the same on all images, which is no chance, at the bound or not."""
        return bool(np.ptp(np.round(self.score[np.isfinite(self.score)], 9)) == 0)

    @property
    def holds(self) -> bool:
        """Whether the measured score fulfils the requirement, whatever chance has to do with it."""
        return bool(self.requirement.holds(self.score[0]))

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %, within what the metric can be."""
        if not self.decidable:
            return math.nan, math.nan
        ends = self.evidence.interval(self.score)
        low, high = ends if self.requirement.change else np.clip(ends, 0.0, METRICS[self.requirement.metric].most)
        return float(low), float(high)


def judge(run: FinishedRun, requirements: Sequence[Requirement], baseline: Baseline | None = None) -> list[Outcome]:
    """One outcome for each requirement and model, in their order; ValueError where the run lacks what is asked."""
    if not requirements:
        raise ValueError("A gate needs a requirement, such as `require`='iou_ratio@ifgsm_ll,4 >= 0.5'.")
    if any(one.change for one in requirements) != (baseline is not None):
        raise ValueError("`require_change` and `baseline` mean nothing without each other; give both or neither.")
    pair = _paired(run, baseline) if baseline else None
    found = [one for asked in requirements for one in _measured(run, asked, baseline, pair)]
    at_stake = np.array([one.p if one.p < 1 else math.nan for one in found])  # what fails anyway takes nothing
    corrected = np.where(np.isnan(at_stake), [one.p for one in found], holm(at_stake))
    tests = int(np.count_nonzero(~np.isnan(at_stake)))
    return [_outcome(one, float(p), tests) for one, p in zip(found, corrected, strict=True)]


def _measured(
    run: FinishedRun, asked: Requirement, baseline: Baseline | None, pair: tuple[Evidence, Evidence] | None
) -> list[Measured]:
    """The scores of every model that a requirement is about."""
    models, transform = _models(run, asked)
    if not (asked.change and baseline and pair):
        return [
            Measured(asked, model, transform, *hardest(run, run.evidence, asked, model, transform), run.evidence)
            for model in models
        ]
    found, (own, before) = [], pair
    known = list(dict.fromkeys(cell.model for cell in before.results.cells))
    for model in models:
        other = baseline.model or model
        if other not in known:
            raise ValueError(
                f"The baseline {baseline.run.folder} has no model {other!r}, but {', '.join(known)}; name one of them "
                "by `baseline_model`."
            )
        here = _attacks(run, asked, model, transform)
        if here != (there := _attacks(baseline.run, asked, other, transform)):
            raise ValueError(
                f"{asked.text!r} would compare {_listed(here)} in {run.folder} with {_listed(there)} in "
                f"{baseline.run.folder}; run both by the same attacks and epsilons."
            )
        attack, now = hardest(run, own, asked, model, transform)
        _, then = hardest(baseline.run, before, asked, other, transform)
        found.append(Measured(asked, model, transform, attack, now - then, own))
    return found


def _attacks(run: FinishedRun, asked: Requirement, model: str, transform: str) -> set[str]:
    """All that a score is picked from, in words; of a ladder also the larger epsilons, from which it came down."""
    worst = asked.attack == WORST_CASE
    found = set()
    for cell in run.results.cells:
        if (cell.model, cell.inference_transform) == (model, transform) and cell.attack != CLEAN:
            meant = worst or asked.attack in (None, cell.attack)
            rung = cell.attack.startswith(RUNG) and (cell.epsilon or 0.0) > (asked.epsilon or 0.0)
            below = part_of(cell.attack, cell.epsilon, asked.epsilon or 0.0)
            if meant and (rung or (below if worst else cell.epsilon == asked.epsilon)):
                words = dataclasses.replace(cell, model="it", source_model="it") if cell.source_model == model else cell
                found.add(f"{words.made} at {'its own' if cell.epsilon is None else f'{cell.epsilon:g}'}")
    return found


def _listed(attacks: set[str]) -> str:
    return ", ".join(sorted(attacks)) or "nothing"


def hardest(run: FinishedRun, evidence: Evidence, asked: Requirement, model: str, transform: str) -> tuple[str, Score]:
    """(attack, score) of what is hardest on a requirement of one model, looked for anew in each resample; ValueError
    where no such thing was run. Counts whatever the model was shown, made on itself or on another."""
    if asked.attack == WORST_CASE:
        return "the worst attack on each image", _worst_case(run, evidence, asked, model, transform)
    cells = _cells(run, evidence, asked, model, transform)
    scores = [METRICS[asked.metric].score(evidence, **cell.where) for cell in cells]
    pick, place = (np.min, np.argmin) if asked.from_below else (np.max, np.argmax)
    chosen = cells[int(place([score[0] for score in scores]))]
    title = "no attack" if chosen.attack == CLEAN else chosen.made
    if all(cell.source_model != model for cell in cells):
        title += ", since the model itself was not attacked, which says little of attacks on it"
    return title, pick(scores, 0)


def _cells(run: FinishedRun, evidence: Evidence, asked: Requirement, model: str, transform: str) -> list[Cell]:
    own = [c for c in evidence.results.cells if c.model == model and c.inference_transform == transform]
    named = [c for c in own if asked.attack == c.attack or (asked.attack is None and c.attack != CLEAN)]
    found = [c for c in named if c.epsilon == asked.epsilon]
    if not found:
        behind = "" if transform == NONE else f" behind {transform}"
        if asked.attack is not None and not named:
            known = dict.fromkeys(c.attack for c in own)
            raise ValueError(
                f"{run.folder} has no attack {asked.attack!r} on {model}{behind}, which {asked.text!r} asks for; it "
                f"has {', '.join(nearest_first(asked.attack, known))}."
            )
        sizes = sorted({c.epsilon for c in named if c.epsilon is not None})
        raise ValueError(
            f"{run.folder} has nothing of {_at(asked)} on {model}{behind}, which {asked.text!r} asks for; there "
            f"{'epsilon is ' + ', '.join(f'{e:g}' for e in sizes) if sizes else 'is no epsilon, so name none'}."
        )
    return list({dataclasses.replace(c, trial=0): c for c in found})


def _at(asked: Requirement) -> str:
    attack = asked.attack or "any attack"
    return f"{attack} without an epsilon" if asked.epsilon is None else f"{attack} at epsilon {asked.epsilon:g}"


def _worst_case(run: FinishedRun, evidence: Evidence, asked: Requirement, model: str, transform: str) -> Score:
    if run.study not in STUDIES_WITH_WORST_CASE or transform != NONE:
        raise ValueError(
            f"{asked.text!r} asks for a worst case, which runs of pipelines.robustness have, without a transform."
        )
    shown = {c.epsilon for c in evidence.results.cells if c.model == model and c.inference_transform == NONE}
    sizes = sorted(e for e in shown if e)
    if asked.epsilon not in sizes:
        raise ValueError(
            f"{run.folder} has no epsilon {asked.epsilon:g} on {model}, which {asked.text!r} asks for; it has "
            f"{', '.join(f'{e:g}' for e in sizes) or 'none'}."
        )
    below = tuple(e for e in sizes if e <= asked.epsilon)
    envelope = Envelope(evidence, model, below, run.settings.get("norm", "linf"))
    point = envelope.at(below[-1])
    return envelope.ratio(point) if asked.metric == "iou_ratio" else envelope.iou(point)


def _models(run: FinishedRun, asked: Requirement) -> tuple[list[str], str]:
    """The models that a requirement is about, and the transform before them."""
    cells = run.results.cells
    models = list(dict.fromkeys(cell.model for cell in cells))
    transforms = list(dict.fromkeys(cell.inference_transform for cell in cells))
    words, chosen, transform = list(asked.where), models, NONE
    if words and words[0] in models:
        chosen = [words.pop(0)]
    if words and words[0] in transforms:
        transform = words.pop(0)
    if words:
        raise ValueError(
            f"{run.folder} has no model or transform {words[0]!r}, which {asked.text!r} asks for; models are "
            f"{', '.join(models)}, transforms {', '.join(transforms)}."
        )
    return chosen, transform


def _paired(run: FinishedRun, baseline: Baseline) -> tuple[Evidence, Evidence]:
    """The evidence of both runs on the images that both have, with the same resamples; ValueError where they do not
    compare."""
    old, new = baseline.run.settings, run.settings
    if not new.get("data") or old.get("data") != new["data"]:
        raise ValueError(
            f"The baseline {baseline.run.folder} is of other photographs or labels than {run.folder}, so their scores "
            "do not compare; run it again on the same ones."
        )
    differing = [key for key in SAME if old.get(key) != new.get(key)]
    if differing:
        raise ValueError(
            f"The baseline {baseline.run.folder} was attacked otherwise than {run.folder}: {differing[0]} was "
            f"{old.get(differing[0])!r} and is now {new.get(differing[0])!r}; run it again by the same protocol."
        )
    common = [name for name in run.results.ids if name in set(baseline.run.results.ids)]
    if not common:
        raise ValueError(f"The baseline {baseline.run.folder} and {run.folder} have no image in common.")
    own, before = run.results.of_images(common), baseline.run.results.of_images(common)
    return Evidence(own), Evidence(dataclasses.replace(before, groups=own.groups))


def _outcome(one: Measured, corrected: float, tests: int) -> Outcome:
    verdict = _verdict(one, tests == 1 or corrected < SURE)
    needed = math.nan
    if verdict == UNDECIDED and one.decidable:
        level = 100 * (1 - SURE / tests) if one.holds else 95.0
        needed = groups_needed(one.score - one.requirement.bound, one.evidence.units, level)
        needed = max(needed, one.evidence.units + 1.0)  # which the shape of the resamples has kept from deciding
    reason = _reason(one, verdict, corrected, tests, needed)
    return Outcome(
        one.requirement,
        one.model,
        one.transform,
        one.hardest,
        float(one.score[0]),
        *one.interval,
        one.p,
        corrected,
        one.evidence.images,
        one.evidence.units,
        verdict,
        needed,
        reason,
    )


def _verdict(one: Measured, together: bool) -> str:
    """together: whether it is sure enough for all requirements."""
    if not one.decidable:
        return FAILED if math.isnan(one.score[0]) else UNDECIDED
    ends = [bool(one.requirement.holds(end)) for end in one.interval]
    if not any(ends):
        return FAILED
    return PASSED if all(ends) and together else UNDECIDED


def _reason(one: Measured, verdict: str, corrected: float, tests: int, needed: float) -> str:
    asked, (low, high) = one.requirement, one.interval
    if math.isnan(one.score[0]):
        return "There is no such number: the clean IoU is 0, or no pixel has a label."
    value, least, most, bound = _written([float(one.score[0]), low, high, asked.bound], asked)
    on = f"on {images_text(one.evidence.images, one.evidence.units)} under {one.hardest}"
    wanted = f"{asked.relation} {bound}"
    if not one.decidable:
        return f"Measured {value} for {wanted} {on}; one group of images knows no interval, so nothing is decided."
    told = f"Measured {value}, 95 % interval [{least}, {most}], for {wanted} {on}: "
    if verdict == PASSED:
        return f"{told}all of the interval fulfils it."
    if verdict == FAILED:
        return f"{told}none of the interval fulfils it."
    held = all(asked.holds(end) for end in (low, high))
    why = (
        f"it holds by itself and not surely enough for {tests} requirements together (p {corrected:.3f} by Holm)"
        if held
        else "the interval reaches to both sides"
    )
    if not math.isfinite(needed):
        return f"{told}undecided, {why}; it is too close to the bound for a million groups of images to decide."
    units = "images" if one.evidence.units == one.evidence.images else "groups of alike images"
    side = "that it holds" if one.holds else "that it does not hold"
    return (
        f"{told}undecided, {why}; were this the truth, about {needed:,.0f} {units} in place of {one.evidence.units} "
        f"would show {side}."
    )


def _written(values: Sequence[float], asked: Requirement) -> list[str]:
    """Numbers with so many decimals that each stands on its own side of the bound, the last of them."""
    bound = values[-1]
    apart = [value for value in values if math.isfinite(value) and round(value - bound, 9) != 0]
    digits = next((d for d in range(1, 9) if all(round(v, d) != round(bound, d) for v in apart)), 9)
    sign = "+" if asked.change else ""
    unit = " %" if asked.unit == "%" else f" {asked.unit}"
    return [f"{value:{sign}.{digits}f}{unit if k in (0, len(values) - 1) else ''}" for k, value in enumerate(values)]


def _known(value: float) -> float | None:
    """JSON knows no other numbers."""
    return value if math.isfinite(value) else None
