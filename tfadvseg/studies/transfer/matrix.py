"""X(s -> t): the IoU ratio of the network t on examples that one attack made on the network s, at one epsilon.

As in the paper's tables, a row is a network that is evaluated and a column the one that examples were made on.
"""

import dataclasses
import math
from collections.abc import Collection, Sequence

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer.names import TransferDesign

COMPARED_AT = 8.0
"""The epsilon of the paper's tables of transfer."""


@dataclasses.dataclass(frozen=True, eq=False)
class Matrix:
    """rows: networks that are evaluated. columns: those that were attacked, in the same order as far as they are
    both."""

    evidence: Evidence
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    attack: str
    epsilon: float

    def ratio(self, source: str, row: str) -> Score:
        """X(source -> row) in per cent of the row's own clean IoU."""
        where = {"model": row, "source_model": source, "attack": self.attack, "epsilon": self.epsilon}
        return self.evidence.ratio(**where)

    def clean(self, row: str) -> Score:
        """IoU in per cent on clean images."""
        return self.evidence.iou(model=row, attack=CLEAN)

    def class_hits(self, row: str) -> np.ndarray:
        """Pixels of each class [C, 1 + R] that are right on clean images, in per cent of all."""
        return self.evidence.class_hits(model=row, attack=CLEAN)

    def foreign(self, row: str) -> list[str]:
        """The columns that are not the row itself."""
        return [source for source in self.columns if source != row]

    @property
    def white_box(self) -> list[str]:
        """The rows that are columns, too."""
        return [row for row in self.rows if row in self.columns]

    def strongest(self, row: str) -> str | None:
        """The foreign column that leaves a row least, as measured; None where none is known."""
        measured = {source: float(self.ratio(source, row)[0]) for source in self.foreign(row)}
        known = {source: ratio for source, ratio in measured.items() if math.isfinite(ratio)}
        return min(known, key=lambda source: known[source]) if known else None

    def without_rows(self, names: Collection[str]) -> "Matrix":
        """The same less the rows of these networks."""
        return dataclasses.replace(self, rows=tuple(row for row in self.rows if row not in names))

    def at(self, epsilon: float) -> "Matrix":
        """The same at another epsilon."""
        return dataclasses.replace(self, epsilon=epsilon)


def matrices(run: FinishedRun) -> list[Matrix]:
    """One for each attack that was shown to every network, at the epsilon at which all are compared."""
    epsilon = compared_at(run.epsilons)
    design = run.designed(TransferDesign)
    found = [Matrix(run.evidence, design.models, design.sources, attack, epsilon) for attack in run.attacks]
    return [one for one in found if _complete(one)]


def compared_at(epsilons: Sequence[float]) -> float:
    """COMPARED_AT where it was run, else the largest epsilon."""
    return COMPARED_AT if COMPARED_AT in epsilons else max(epsilons, default=0.0)


def _complete(matrix: Matrix) -> bool:
    """Whether every cell was run, which those of an attack that finds its own norm are not at any epsilon."""
    return all(
        matrix.evidence.has(model=row, source_model=source, attack=matrix.attack, epsilon=matrix.epsilon)
        for row in matrix.rows
        for source in matrix.columns
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Difference:
    """By how many points of IoU ratio `first` lies above `second`. level: of its interval, in per cent. told_apart:
    whether that excludes 0."""

    first: str
    second: str
    score: Score
    level: float
    told_apart: bool


def between_rows(matrix: Matrix) -> list[Difference]:
    """Each pair of rows: the mean ratio of the first minus that of the second, over the columns that are foreign to
    both, or over all where there are none. Both are shown the same perturbations of the same images, so it is paired;
    each interval is as sure as all pairs together ask for."""
    found, level = [], level_of_each(len(matrix.rows) * (len(matrix.rows) - 1))
    for number, first in enumerate(matrix.rows):
        for second in matrix.rows[number + 1 :]:
            shared = [source for source in matrix.columns if source not in (first, second)] or matrix.columns
            scores = [matrix.ratio(source, first) - matrix.ratio(source, second) for source in shared]
            found.append(_difference(matrix.evidence, first, second, np.mean(scores, 0), level))
    return found


def next_strongest(matrix: Matrix, row: str) -> Difference | None:
    """The next best foreign column of a row against the strongest; None where there are not two. The strongest was
    looked for, so any two of the columns might have been compared."""
    foreign, strongest = matrix.foreign(row), matrix.strongest(row)
    if strongest is None or len(foreign) < 2:
        return None
    others = {source: matrix.ratio(source, row) for source in foreign if source != strongest}
    second = min(others, key=lambda source: float(np.nan_to_num(others[source][0], nan=np.inf)))
    level = level_of_each(len(foreign) * (len(foreign) - 1))
    return _difference(matrix.evidence, second, strongest, others[second] - matrix.ratio(strongest, row), level)


def _difference(evidence: Evidence, first: str, second: str, score: Score, level: float) -> Difference:
    low, high = evidence.interval(score, level)
    return Difference(first, second, score, level, bool(low > 0 or high < 0))
