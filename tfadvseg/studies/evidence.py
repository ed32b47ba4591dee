"""What an experiment says about a claim: scores with their bootstrap resamples, and a verdict on a comparison of them.

A score is an array [1 + R]: what was measured, then its value in R resamples of the images, the same resamples for all
scores of an experiment. So arithmetic on scores carries their intervals along, and a comparison of two is paired.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from tfadvseg.experiments.gather import Found
from tfadvseg.metrics.intervals import percentile_interval, resample_weights, resampled_iou

HOLDS, FAILS, UNDECIDED, UNMEASURED = "holds", "does not hold", "undecided", "not measured"


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper (its number in the list of claims that BUILD_NOTES.md names), and what was found.

    verdict: holds and does not hold where 97.5 % of the resamples agree, else undecided; not measured without a number.
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
        return np.mean([self._iou(i) for i in self._one_cell(where)], 0)

    def ratio(self, **where) -> np.ndarray:
        """Their IoU in per cent of that on clean images before the same network and input transform."""
        cell = self.found.cells[self._one_cell(where)[0]]
        clean = {"model": cell.model, "inference_transform": cell.inference_transform, "attack": "clean"}
        return 100 * self.iou(**where) / self.iou(**clean)

    def confidence(self, **where) -> np.ndarray:
        """Mean largest softmax probability, in per cent."""
        return 100 * self._pixel_mean(self.found.confidence, where)

    def entropy(self, **where) -> np.ndarray:
        """Mean entropy in nats."""
        return self._pixel_mean(self.found.entropy, where)

    def boundaries(self, **where) -> np.ndarray:
        """Pairs of neighbouring pixels with different predictions, in per cent of the pixels."""
        return 100 * self._pixel_mean(self.found.boundaries, where)

    def spread(self, **where) -> float:
        """Two standard deviations of the IoU over the trials."""
        return float(2 * np.std([self._iou(i)[0] for i in self._one_cell(where)]))

    def _one_cell(self, where) -> list[int]:
        """The places of the trials of the one cell that is meant."""
        chosen = [i for i, cell in enumerate(self.found.cells) if all(getattr(cell, k) == v for k, v in where.items())]
        kinds = {dataclasses.replace(self.found.cells[i], trial=0) for i in chosen}
        if len(kinds) != 1:
            raise ValueError(f"{where} is {len(kinds)} cells of the experiment and not one.")
        return chosen

    def _iou(self, i: int) -> np.ndarray:
        if i not in self._known:
            self._known[i] = resampled_iou(self.found.matrices[i], self.weights)
        return self._known[i]

    def _pixel_mean(self, sums, where) -> np.ndarray:
        pixels = self.weights @ self.found.pixels
        return np.mean([self.weights @ sums[i] / pixels for i in self._one_cell(where)], 0)


def verdict(agrees: np.ndarray) -> str:
    """Of a comparison of scores, bool [1 + R]."""
    share = np.mean(agrees[1:])
    return HOLDS if agrees[0] and share >= 0.975 else FAILS if not agrees[0] and share <= 0.025 else UNDECIDED


def each(
    number: str, statement: str, scores: Mapping[str, np.ndarray], test: Callable[[np.ndarray], np.ndarray],
    form: str = "+.1f",
) -> Claim:  # fmt: skip
    """A claim about each of several scores; the verdicts are named one by one where they differ."""
    known = {name: bool(np.isfinite(score[0])) for name, score in scores.items()}
    verdicts = {name: verdict(test(score)) if known[name] else UNMEASURED for name, score in scores.items()}
    measured = "; ".join(f"{name} {text(score, form) if known[name] else '-'}" for name, score in scores.items())
    kinds = list(dict.fromkeys(verdicts.values()))
    named = "; ".join(f"{kind}: {', '.join(n for n, v in verdicts.items() if v == kind)}" for kind in kinds)
    return Claim(number, statement, named if len(kinds) > 1 else kinds[0], measured)


def mean_known(scores: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of scores [1 + R], over those that are numbers; NaN where none is."""
    stacked = np.stack(scores)
    known = np.isfinite(stacked).sum(0)
    return np.divide(np.nansum(stacked, 0), known, out=np.full(known.shape, np.nan), where=known > 0)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation [1 + R] over V things of two scores of each, [V, 1 + R] or, where known, [V, 1]."""
    ranks = [pd.DataFrame(np.round(scores, 9)).rank().to_numpy() for scores in (first, second)]
    one, other = (part - part.mean(0) for part in ranks)
    lengths = np.sqrt((one**2).sum(0) * (other**2).sum(0))
    return np.divide((one * other).sum(0), lengths, out=np.full(lengths.shape, np.nan), where=lengths > 0)


def text(score: np.ndarray, form: str = ".1f") -> str:
    """As 12.3 [10.1, 14.2]."""
    low, high = percentile_interval(score[1:])
    return f"{score[0]:{form}} [{low:{form}}, {high:{form}}]"
