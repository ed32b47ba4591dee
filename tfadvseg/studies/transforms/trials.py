"""What a network's IoU was behind each transform, over the trials in which the transform drew anew."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from tfadvseg.runs.results import CLEAN, NONE
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.names import TransformsDesign


@dataclasses.dataclass(frozen=True, eq=False)
class Trials:
    """transforms: those before the network. baseline: what stands for no defense, a clip to 0..255 where that was run.

    Means and spreads are the evidence's, so tables, sentences and claims have the same numbers.
    """

    evidence: Evidence
    model: str
    transforms: tuple[str, ...]
    baseline: str = NONE

    @classmethod
    def of(cls, run: FinishedRun, model: str) -> "Trials":
        """Of a network of the run."""
        design = run.designed(TransformsDesign)
        return cls(run.evidence, model, design.transforms, design.baseline)

    @property
    def ends(self) -> tuple[str, ...]:
        """What stood before the network: nothing first, then the baseline."""
        return tuple(dict.fromkeys([NONE, self.baseline, *self.transforms]))

    def has(self, attack: str, epsilon: float, expected: str, seen: str) -> bool:
        """Whether the network behind `seen` was shown an attack that is adapted to `expected`."""
        return self.evidence.has(**self._cell(attack, epsilon, expected, seen))

    def iou(self, attack: str, epsilon: float, expected: str, seen: str) -> Score:
        """Its IoU in per cent, the mean over the trials."""
        return self.evidence.iou(**self._cell(attack, epsilon, expected, seen))

    def at(self, attack: str, epsilon: float, expected: str, seen: str) -> tuple[float, float]:
        """(mean, spread) of that IoU over the trials; NaN where that was not run. The spread is two standard deviations
        of the population, NaN below three trials."""
        if not self.has(attack, epsilon, expected, seen):
            return np.nan, np.nan
        cell = self._cell(attack, epsilon, expected, seen)
        return float(self.evidence.iou(**cell)[0]), float(self.evidence.spread(**cell)[0])

    def line(self, attack: str, expected: str, seen: str) -> pd.DataFrame:
        """Mean and spread by epsilon, 0 (clean images behind the same transform) first; empty where nothing was run."""
        cells = self.evidence.results.cells
        sizes = sorted({one.epsilon for one in cells if one.epsilon and one.attack == attack})
        rows = {e: self.at(attack, e, expected, seen) for e in sizes if self.has(attack, e, expected, seen)}
        if rows:
            rows = {0.0: self.at(CLEAN, 0.0, NONE, seen)} | rows
        return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "spread"], dtype=float)

    def _cell(self, attack: str, epsilon: float, expected: str, seen: str) -> dict[str, Any]:
        return {
            "model": self.model,
            "attack": attack,
            "epsilon": epsilon,
            "attack_transform": expected,
            "inference_transform": seen,
        }
