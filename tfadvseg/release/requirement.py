"""What is required of a model, as one line: `iou_ratio@ifgsm_ll,4 >= 0.5`."""

import csv
import dataclasses
import math
import operator
import re
from collections.abc import Callable, Mapping

import numpy as np

from tfadvseg.registry import choose
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Evidence, Score

WORST_CASE = "worst_case"
"""Stands for an attack: everything that was run, the worst of it picked for each image."""
FORM = "metric@attack,epsilon[,model][,transform] comparison number, as in iou_ratio@ifgsm_ll,4 >= 0.5"
LINE = re.compile(r"\s*(\w+)\s*@(.*?)(>=|<=|>|<)\s*([^<>=]+?)\s*", re.DOTALL)
NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(%?)", re.IGNORECASE)
CHANGE = "change "
"""Begins the line of a file that requires a change against the baseline."""


@dataclasses.dataclass(frozen=True)
class Metric:
    """score: of the evidence and the one cell that is meant. percent: whether it is a share, and then in per cent; else
    in `unit`. most: what it cannot exceed; it is never below 0."""

    score: Callable[..., Score]
    percent: bool = True
    most: float = 100.0
    unit: str = "%"


METRICS: Mapping[str, Metric] = {
    "iou": Metric(Evidence.iou),
    "iou_ratio": Metric(Evidence.ratio, most=math.inf),
    "pixel_accuracy": Metric(Evidence.accuracy),
    "mean_confidence": Metric(Evidence.confidence),
    "mean_entropy": Metric(Evidence.entropy, percent=False, most=math.inf, unit="nats"),
}
"""Those columns of results.csv of which an interval is known."""
OF_WORST_CASE = ("iou", "iou_ratio")
"""Metrics that the worst case is made for."""

RELATIONS: Mapping[str, Callable[[np.ndarray, float], np.ndarray]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclasses.dataclass(frozen=True)
class Requirement:
    """text: as it was written. attack: None for the worst of all at that epsilon. epsilon: in grey levels, None where
    none was given. where: names of a model and of a transform, in this order, either may be missing. bound: in per
    cent, or in nats. change: whether it is about what is gained against the baseline."""

    text: str
    metric: str
    attack: str | None
    epsilon: float | None
    where: tuple[str, ...]
    relation: str
    bound: float
    change: bool = False

    @property
    def unit(self) -> str:
        """Of bound and score; a change of per cents is told in points of them."""
        own = METRICS[self.metric].unit
        return "points" if self.change and own == "%" else own

    @property
    def from_below(self) -> bool:
        """Whether the least of several scores is the hardest on it."""
        return self.relation.startswith(">")

    def holds(self, value: float | np.ndarray) -> np.ndarray:
        """Whether it does of a score; what sums of floats leave does not count."""
        return RELATIONS[self.relation](np.round(value, 9), round(self.bound, 9))


def parse(text: str, change: bool = False) -> Requirement:
    """A requirement from its line; ValueError where it is none."""
    text = " ".join(text.split())
    match = LINE.fullmatch(text)
    if not match:
        raise ValueError(f"A requirement is written {FORM}; got {text!r}.")
    name, where, relation, number = match.groups()
    metric = choose(METRICS, name, "metric")
    attack, epsilon, rest = _slice(where, text)
    if attack == WORST_CASE and name not in OF_WORST_CASE:
        raise ValueError(f"The worst case is one of {' and '.join(OF_WORST_CASE)}; got {text!r}.")
    return Requirement(text, name, attack, epsilon, rest, relation, _bound(number, metric, change, text), change)


def lines(text: str) -> list[Requirement]:
    """Those of a file: one a line, those of a change behind the word `change`; what follows a # is a comment."""
    stripped = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    return [parse(line.removeprefix(CHANGE), line.startswith(CHANGE)) for line in stripped if line]


def _slice(text: str, whole: str) -> tuple[str | None, float | None, tuple[str, ...]]:
    """(attack, epsilon, names behind it) of what stands between @ and the comparison."""
    (words,) = csv.reader([text], skipinitialspace=True)  # a name with a comma stands in quotation marks
    words = [word.strip() for word in words]
    if not all(words) or not words:
        raise ValueError(f"Between @ and the comparison stand attack and epsilon, apart by a comma; got {whole!r}.")
    attack: str | None
    numbers = [k for k, word in enumerate(words[:2]) if _is_number(word)]
    if not numbers:
        if words[0] == WORST_CASE:
            raise ValueError(f"The worst case is one at an epsilon, as in iou@{WORST_CASE},4 >= 0.3; got {whole!r}.")
        attack, epsilon, rest = words[0], 0.0 if words[0] == CLEAN else None, words[1:]
    else:
        at = numbers[0]
        attack, epsilon, rest = words[0] if at else None, float(words[at]), words[at + 1 :]
    if len(rest) > 2:
        raise ValueError(f"Behind the epsilon stand a model and a transform and no more; got {whole!r}.")
    if attack == CLEAN and epsilon:
        raise ValueError(f"Clean images have no epsilon; got {whole!r}.")
    if attack is None and not epsilon:
        raise ValueError(f"Nothing is attacked at epsilon 0; write @{CLEAN} for the clean images; got {whole!r}.")
    return attack, epsilon, tuple(rest)


def _bound(text: str, metric: Metric, change: bool, whole: str) -> float:
    """In per cent, or in the metric's unit."""
    match = NUMBER.fullmatch(text)
    if not match:
        raise ValueError(f"Behind the comparison stands a number, as 0.5 or 50%; got {text!r} in {whole!r}.")
    value, percent = float(match[1]), bool(match[2])
    if not math.isfinite(value):
        raise ValueError(f"Behind the comparison stands a finite number; got {whole!r}.")
    if not metric.percent:
        if percent:
            raise ValueError(f"This metric is in {metric.unit} and knows no per cent; got {whole!r}.")
    elif not percent:
        if abs(value) > 1:
            times = f"{100 * value:g}% for {match[1]} times the clean IoU, or " if math.isinf(metric.most) else ""
            raise ValueError(f"{match[1]} is no share of 1; write {times}{match[1]}%; got {whole!r}.")
        value = float(f"{100 * value:.12g}")  # 0.07 is 7 per cent and not the next float
    if not change and not 0 <= value <= metric.most:
        most = "" if math.isinf(metric.most) else " and 100%"
        raise ValueError(
            f"This metric lies {'between' if most else 'at or above'} 0{most}, so the bound would say nothing; got "
            f"{whole!r}."
        )
    return value


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"\d+(?:\.\d*)?|\.\d+", word))
