"""The scores of a finished run with their bootstrap resamples.

A score is an array [1 + R]: what was measured, then its value in R resamples of the groups of images, the same
resamples for all scores of a run. So arithmetic on scores carries their intervals along, and a comparison of two is
paired."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.stats

from tfadvseg.metrics import intervals
from tfadvseg.metrics.intervals import resample_weights, resampled_iou, units_of
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, pixel_accuracy, share
from tfadvseg.runs.results import CLEAN, Results

Score = np.ndarray
"""[1 + R]: measured, then resampled."""


class Evidence:
    """Scores of the cells of a run, each computed once. Cells are named by the fields of `runs.results.Cell`.

    units: how many groups its images are; those of one group are alike, so they count as one. weights: how often [R, N]
    each image is drawn, where it is not the bootstrap that draws.
    """

    def __init__(self, results: Results, resamples: int = 1000, seed: int = 0, weights: np.ndarray | None = None):
        self.results, self.images, self.units = results, len(results.ids), units_of(results.groups)
        weights = resample_weights(results.groups, resamples, seed) if weights is None else weights
        self.weights = np.concatenate([np.ones((1, self.images)), weights])
        self._known: dict[int, Score] = {}

    @functools.cached_property
    def jackknife(self) -> "Evidence":
        """The same of all images and then of all but one group, group by group: scores are [1 + units]."""
        names, member = np.unique(np.asarray(self.results.groups), return_inverse=True)
        return Evidence(self.results, weights=(member != np.arange(len(names))[:, np.newaxis]).astype(float))

    def interval(self, score: Score, level: float = 95.0) -> tuple[float, float]:
        """(low, high) of `level` per cent of a score of this run; NaN for one unit."""
        return intervals.interval(score, self.units, level)

    def format(self, score: Score, form: str = ".1f", least: float = -np.inf, level: float = 95.0) -> str:
        """As 12.3 [10.1, 14.2]; least: what the score cannot fall below, 0 for an IoU or a ratio."""
        return format_score(score, self.units, form, least, level=level)

    def has(self, **where: Any) -> bool:
        """Whether such cells were run."""
        return bool(self._chosen(where))

    def iou(self, **where: Any) -> Score:
        """IoU in per cent of the one cell that is meant, the mean over its trials."""
        return np.mean([self._iou(k) for k in self._one_cell(where)], 0)

    def class_iou(self, **where: Any) -> np.ndarray:
        """IoU in per cent of each class [C, 1 + R] of the one cell that is meant, the mean over its trials; NaN where a
        class is not in the labels."""
        return np.mean([self._class_iou(k) for k in self._one_cell(where)], 0)

    @functools.cached_property
    def class_units(self) -> np.ndarray:
        """In how many groups [C] each class occurs."""
        return intervals.units_of_each_class(self.results.counts.labelled[0], self.results.groups)

    def ratio(self, **where: Any) -> Score:
        """Its IoU in per cent of that on clean images before the same network and input transform."""
        cell = self.results.cells[self._one_cell(where)[0]]
        clean = {"model": cell.model, "inference_transform": cell.inference_transform, "attack": CLEAN}
        return iou_ratio(self.iou(**where), self.iou(**clean))

    def accuracy(self, **where: Any) -> Score:
        """Pixels predicted rightly in per cent of the labelled ones, the mean over the trials of the one cell."""
        counts = [self.results.of(k).weighted(self.weights) for k in self._one_cell(where)]
        return np.mean([pixel_accuracy(own) for own in counts], 0)

    def class_hits(self, **where: Any) -> np.ndarray:
        """Pixels of each class [C, 1 + R] that are predicted rightly, in per cent of all labelled ones; the mean over
        the trials of the one cell."""
        counts = [self.results.of(k).weighted(self.weights) for k in self._one_cell(where)]
        return np.mean([share(own.hits, own.labelled.sum(-1, keepdims=True)) for own in counts], 0).T

    def confidence(self, **where: Any) -> Score:
        """Mean largest softmax probability, in per cent."""
        return 100 * self._pixel_mean(self.results.confidence, where)

    def entropy(self, **where: Any) -> Score:
        """Mean entropy in nats."""
        return self._pixel_mean(self.results.entropy, where)

    def boundaries(self, **where: Any) -> Score:
        """Pairs of neighbouring pixels with different predictions, in per cent of the pixels."""
        return 100 * self._pixel_mean(self.results.boundaries, where)

    def spread(self, **where: Any) -> Score:
        """Two standard deviations of the IoU over the trials; NaN below three of them, which say nothing of a
        spread."""
        trials = np.stack([self._iou(k) for k in self._one_cell(where)])
        return 2 * trials.std(0) if len(trials) > 2 else np.full(len(self.weights), np.nan)

    def image_means(self, sums: np.ndarray, **where: Any) -> np.ndarray:
        """[N]: the mean over the pixels of each image of sums [K, N] over them, in the one cell that is meant, the mean
        over its trials."""
        return np.mean([sums[k] / self.results.pixels[k] for k in self._one_cell(where)], 0)

    def over_images(self, values: np.ndarray) -> np.ndarray:
        """[..., 1 + R]: means over the images, and over those of each resample, of values [..., N]."""
        return values @ self.weights.T / self.weights.sum(1)

    def _chosen(self, where: Mapping[str, Any]) -> list[int]:
        cells = enumerate(self.results.cells)
        return [k for k, cell in cells if all(getattr(cell, key) == value for key, value in where.items())]

    def _one_cell(self, where: Mapping[str, Any]) -> list[int]:
        """The numbers of the trials of the one cell that is meant."""
        chosen = self._chosen(where)
        kinds = {dataclasses.replace(self.results.cells[k], trial=0) for k in chosen}
        if len(kinds) != 1:
            told = ", ".join(f"{name} {value!r}" for name, value in where.items())
            raise ValueError(
                f"The run has {len(kinds)} cells and not one of {told}; where its design.json is another run's, start "
                "its command again with its `folder`."
            )
        return chosen

    def _iou(self, k: int) -> Score:
        if k not in self._known:
            self._known[k] = resampled_iou(self.results.of(k), self.weights)
        return self._known[k]

    def _class_iou(self, k: int) -> np.ndarray:
        return iou_per_class(self.results.of(k).weighted(self.weights)).T

    def _pixel_mean(self, sums: np.ndarray, where: Mapping[str, Any]) -> Score:
        own = self._one_cell(where)
        return np.mean([self.weights @ sums[k] / (self.weights @ self.results.pixels[k]) for k in own], 0)


def mean_known(scores: Sequence[Score]) -> Score:
    """The mean over those scores that are numbers; NaN where none is."""
    stacked = np.stack(scores)
    known = np.isfinite(stacked).sum(0)
    return np.divide(np.nansum(stacked, 0), known, out=np.full(known.shape, np.nan), where=known > 0)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> Score:
    """Spearman's rank correlation [1 + R] over V things of two scores of each, [V, 1 + R] or, where known, [V, 1]."""
    ranks = [scipy.stats.rankdata(np.round(scores, 9), axis=0) for scores in (first, second)]
    one, other = (part - part.mean(0) for part in ranks)
    lengths = np.sqrt((one**2).sum(0) * (other**2).sum(0))
    return np.divide((one * other).sum(0), lengths, out=np.full(lengths.shape, np.nan), where=lengths > 0)


def format_score(
    score: Score,
    units: int,
    form: str = ".1f",
    least: float = -np.inf,
    ranks: bool = False,
    level: float = 95.0,
) -> str:
    """As 12.3 [10.1, 14.2]; without brackets for one unit, of which no interval is known.

    least: what the score cannot fall below. ranks: of an order of things, whose resamples are not widened. level: of
    the interval, in per cent.
    """
    if ranks and units > 1:
        low, high = intervals.percentile_interval(score[1:], level)
    else:
        low, high = np.maximum(intervals.interval(score, units, level), least)
    return f"{score[0]:{form}}" if np.isnan(low) else f"{score[0]:{form}} [{low:{form}}, {high:{form}}]"
