"""What an experiment says about a claim: scores with their bootstrap resamples, and a verdict on a comparison of them.

A score is an array [1 + R]: what was measured, then its value in R resamples of the images, the same resamples for all
scores of an experiment. So arithmetic on scores carries their intervals along, and a comparison of two is paired.
"""

import dataclasses

import numpy as np

from tfadvseg.experiments.gather import Found
from tfadvseg.metrics.intervals import percentile_interval, resample_weights, resampled_iou

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper (its number in the list of claims that BUILD_NOTES.md names), and what was found.

    verdict: holds and does not hold where 97.5 % of the resamples agree, else undecided.
    """

    number: str
    statement: str
    verdict: str
    measured: str


class Evidence:
    """The scores of an experiment, each computed once."""

    def __init__(self, found: Found, resamples: int = 1000, seed: int = 0):
        self.found = found
        images = len(found.matrices[0])
        self.weights = np.concatenate([np.ones((1, images)), resample_weights(images, resamples, seed)])
        self._known: dict[int, np.ndarray] = {}

    def iou(self, **where) -> np.ndarray:
        """IoU in per cent of the cells whose fields have these values, the mean over their trials."""
        chosen = [i for i, cell in enumerate(self.found.cells) if all(getattr(cell, k) == v for k, v in where.items())]
        kinds = {dataclasses.replace(self.found.cells[i], trial=0) for i in chosen}
        if len(kinds) != 1:
            raise ValueError(f"{where} is {len(kinds)} cells of the experiment and not one.")
        return np.mean([self._of(i) for i in chosen], 0)

    def spread(self, **where) -> float:
        """Two standard deviations of the IoU over the trials."""
        chosen = [i for i, cell in enumerate(self.found.cells) if all(getattr(cell, k) == v for k, v in where.items())]
        return float(2 * np.std([self._of(i)[0] for i in chosen]))

    def _of(self, i: int) -> np.ndarray:
        if i not in self._known:
            self._known[i] = resampled_iou(self.found.matrices[i], self.weights)
        return self._known[i]


def verdict(agrees: np.ndarray) -> str:
    """Of a comparison of scores, bool [1 + R]."""
    share = np.mean(agrees[1:])
    return HOLDS if agrees[0] and share >= 0.975 else FAILS if not agrees[0] and share <= 0.025 else UNDECIDED


def text(score: np.ndarray, signed: bool = False) -> str:
    """As 12.3 [10.1, 14.2]."""
    form = "+.1f" if signed else ".1f"
    low, high = percentile_interval(score[1:])
    return f"{score[0]:{form}} [{low:{form}}, {high:{form}}]"
