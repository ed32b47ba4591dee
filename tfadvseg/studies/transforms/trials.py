"""What a network's IoU was behind each transform, over the trials in which the transform drew anew."""

import dataclasses

import numpy as np
import pandas as pd

from tfadvseg.runs.results import CLEAN, NONE
from tfadvseg.studies.run import FinishedRun


@dataclasses.dataclass(frozen=True, eq=False)
class Trials:
    """transforms: those before the network. baseline: what stands for no defense, a clip to 0..255 where that was run.
    scores: mean and spread of the IoU in per cent, indexed by attack, epsilon, attack_transform and
    inference_transform; the spread is two standard deviations of the population, NaN below three trials."""

    model: str
    transforms: tuple[str, ...]
    scores: pd.DataFrame
    baseline: str = NONE

    @classmethod
    def of(cls, run: FinishedRun, model: str) -> "Trials":
        """Of a network of the run."""
        own = run.table[run.table["model"] == model]
        groups = own.groupby(["attack", "epsilon", "attack_transform", "inference_transform"], sort=False)["iou"]
        spread = (2 * groups.std(ddof=0)).where(groups.count() > 2)
        scores = pd.DataFrame({"mean": groups.mean(), "spread": spread})
        return cls(model, tuple(run.design["transforms"]), scores, run.design.get("baseline", NONE))

    @property
    def ends(self) -> tuple[str, ...]:
        """What stood before the network: nothing first, then the baseline."""
        return tuple(dict.fromkeys([NONE, self.baseline, *self.transforms]))

    def at(self, attack: str, epsilon: float, expected: str, seen: str) -> tuple[float, float]:
        """(mean, spread) behind `seen` of an attack that is adapted to `expected`; NaN where that was not run."""
        cell = (attack, epsilon, expected, seen)
        if cell not in self.scores.index:
            return np.nan, np.nan
        mean, spread = self.scores.loc[cell]
        return float(mean), float(spread)

    def line(self, attack: str, expected: str, seen: str) -> pd.DataFrame:
        """Mean and spread by epsilon, 0 (clean images behind the same transform) first; empty where nothing was run."""
        sizes = self.scores.index.get_level_values("epsilon")[
            (self.scores.index.get_level_values("attack") == attack)
            & (self.scores.index.get_level_values("attack_transform") == expected)
            & (self.scores.index.get_level_values("inference_transform") == seen)
        ]
        if not len(sizes):
            return pd.DataFrame(columns=["mean", "spread"], dtype=float)
        rows = {epsilon: self.at(attack, epsilon, expected, seen) for epsilon in sorted(sizes)}
        rows = {0.0: self.at(CLEAN, 0.0, NONE, seen)} | rows
        return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "spread"])
