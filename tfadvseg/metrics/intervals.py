"""Bootstrap intervals over groups of images (Efron 1979): how far a score depends on which images were drawn.

Images of one group are alike, as frames of one second of video are, so whole groups are drawn. The same seed and groups
give the same resamples, so the intervals of all cells of an experiment rest on the same draws, and a ratio resamples
its clean and its attacked images together.

A bootstrap of few groups is too narrow, since it knows no spread beyond its sample, and a mean IoU of few images is too
low. `calibrated` mends both: it widens the resamples as Student's t does a normal interval (Hesterberg 2015, section
5.3) and takes off the bias that they show. `python -m benchmarks.coverage` measures how well these intervals keep their
word.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, mean_iou, share

RESAMPLED = 95.0
"""Level in per cent up to which the ends of an interval are read from the resamples. Beyond it a thousand resamples of
few groups know no such tail, and the ends are Student's around what was measured."""

Groups = Sequence[str] | Sequence[int]
"""The group of each image, N of them."""


def resample_weights(groups: Groups, resamples: int = 1000, seed: int = 0) -> NDArray[np.float64]:
    """How often [resamples, N] each image is drawn when as many groups as there are are drawn with replacement."""
    if not len(groups):
        raise ValueError("A bootstrap interval needs at least one image; got none.")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    units = len(names)
    drawn = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
    return drawn[:, member].astype(float)


def units_of(groups: Groups) -> int:
    """How many groups there are: the number of images that are not alike."""
    return len(set(groups))


def units_of_each_class(labelled: np.ndarray, groups: Groups) -> NDArray[np.int64]:
    """In how many groups [C] each class occurs, of the labelled pixels [N, C] of images: of a class that one drive
    alone has, resamples of drives say nothing."""
    names = np.asarray(groups)
    return np.array([units_of(names[pixels > 0].tolist()) for pixels in labelled.T])


def resampled_iou(counts: Counts, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean IoU [resamples] in per cent of counts [N, C] of images under weights [resamples, N]."""
    return mean_iou(counts.weighted(weights))


def calibrated(score: NDArray[np.float64], units: int, level: float = 95.0) -> NDArray[np.float64]:
    """The resamples [R] of a score [1 + R] (measured, then resampled), widened and without their bias; NaN for one
    unit.

    Their spread grows by sqrt(n / (n - 1)) t / z for n units, with the points of Student's t with n - 1 degrees of
    freedom and of the normal distribution that end an interval of `level` per cent. At 95 these are the 97.5 % points:
    it grows to 9.2 times for 2 units, 1.9 for 4, 1.3 for 8, 1.03 for 64."""
    if units < 2:
        return np.full(len(score) - 1, np.nan)
    middle = np.nanmean(score[1:]) if np.isfinite(score[1:]).any() else np.nan
    return 2 * score[0] - middle + widening(units, level) * (score[1:] - middle)


@functools.cache
def widening(units: int, level: float = 95.0) -> float:
    """By how much the spread of resamples of so many units falls short of Student's t, at the ends of an interval of
    `level` per cent."""
    tail = (100 + level) / 200
    return float(np.sqrt(units / (units - 1)) * scipy.stats.t.ppf(tail, units - 1) / scipy.stats.norm.ppf(tail))


def level_of_each(tests: int) -> float:
    """The level in per cent at which each of so many one-sided tests is decided, so that any one of them is decided
    wrongly in no more than 5 % of the cases (Bonferroni): 95 for two, 97.5 for four; never below 95."""
    return 100 - 10 / max(tests, 2)


def interval(score: NDArray[np.float64], units: int, level: float = 95.0) -> tuple[float, float]:
    """(low, high) of a score [1 + R]; NaN for one unit, of which nothing is known.

    The percentiles of the calibrated resamples, or of a level beyond RESAMPLED the measured score without its bias and
    t standard errors on either side (`significance.p_value` decides by the same)."""
    if level <= RESAMPLED:
        return percentile_interval(calibrated(score, units, level), level)
    if units < 2 or not np.isfinite(score[1:]).any():
        return float("nan"), float("nan")
    error = np.nanstd(score[1:]) * np.sqrt(units / (units - 1))
    centre, half = 2 * score[0] - np.nanmean(score[1:]), scipy.stats.t.ppf((100 + level) / 200, units - 1) * error
    return float(centre - half), float(centre + half)


def iou_interval(
    counts: Counts, groups: Groups | None = None, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[float, float]:
    """(low, high) in per cent of the mean IoU of counts [N, C] of images; without groups each image is its own."""
    groups = range(len(counts.hits)) if groups is None else groups
    score = _with_measured(functools.partial(resampled_iou, counts), groups, resamples, seed)
    return _clipped(interval(score, units_of(groups), level), 100.0)


def class_iou_interval(
    counts: Counts, groups: Groups | None = None, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(low, high), each [C], in per cent of the IoU of each class of counts [N, C] of images, from the same resamples
    as that of their mean; NaN for a class that fewer than two groups have."""
    groups = range(len(counts.hits)) if groups is None else groups
    scores = _with_measured(lambda weights: iou_per_class(counts.weighted(weights)), groups, resamples, seed)
    units = units_of_each_class(counts.labelled, groups)
    ends = [_clipped(interval(score, int(n), level), 100.0) for score, n in zip(scores.T, units, strict=True)]
    low, high = np.array(ends).reshape(-1, 2).T
    return low, high


def iou_ratio_interval(
    attacked: Counts,
    clean: Counts,
    groups: Groups | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 95.0,
) -> tuple[float, float]:
    """(low, high) in per cent of the IoU ratio of counts [N, C], row for row of the same images."""
    images, others = len(attacked.hits), len(clean.hits)
    if images != others:
        raise ValueError(f"A paired interval needs the same images; got {images} attacked, {others} clean.")
    groups = range(images) if groups is None else groups

    def ratio(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return iou_ratio(resampled_iou(attacked, weights), resampled_iou(clean, weights))

    return _clipped(interval(_with_measured(ratio, groups, resamples, seed), units_of(groups), level), np.inf)


def share_interval(
    part: np.ndarray, whole: np.ndarray, groups: Groups, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[float, float]:
    """(low, high) in per cent of the share that a part has of pixels, both [N], of images; NaN where fewer than two
    groups have any."""

    def score(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return share(weights @ part, weights @ whole)

    units = int(units_of_each_class(whole[:, None], groups)[0])
    return _clipped(interval(_with_measured(score, groups, resamples, seed), units, level), 100.0)


def percentile_interval(values: NDArray[np.float64], level: float = 95.0) -> tuple[float, float]:
    """(low, high) that leaves (100 - level) / 2 per cent of the values on each side; undefined (NaN) ones are dropped.

    A resample is undefined where none of its pixels is labelled or, for a ratio, where its clean IoU is 0.
    """
    defined = values[~np.isnan(values)]
    if not defined.size:
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [(100 - level) / 2, (100 + level) / 2])
    return float(low), float(high)


def _with_measured(
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]], groups: Groups, resamples: int, seed: int
) -> NDArray[np.float64]:
    """[1 + R]: the score of the images as they are, then of the resamples; score: weights [., N] -> [.]."""
    return score(np.concatenate([np.ones((1, len(groups))), resample_weights(groups, resamples, seed)]))


def _clipped(ends: tuple[float, float], most: float) -> tuple[float, float]:
    """The interval within what a score can be."""
    low, high = np.clip(ends, 0.0, most)
    return float(low), float(high)
