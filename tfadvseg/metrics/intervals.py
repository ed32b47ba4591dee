"""Bootstrap percentile intervals over images (Efron 1979): how far a score depends on which images were drawn.

The same seed and number of images give the same resamples, so the intervals of all cells of an experiment rest on the
same draws, and a ratio resamples its clean and its attacked images together.
"""

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import iou_ratio, mean_iou


def resample_weights(images: int, resamples: int = 1000, seed: int = 0) -> np.ndarray:
    """How often [resamples, images] each image is drawn when `images` are drawn with replacement; float64 counts."""
    if images < 1:
        raise ValueError("A bootstrap interval needs at least one image; got none.")
    return np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=resamples).astype(float)


def resampled_iou(counts: Counts, weights: np.ndarray) -> np.ndarray:
    """Mean IoU [resamples] in per cent of counts [N, C] of images under weights [resamples, N]."""
    return mean_iou(counts.weighted(weights))


def iou_interval(counts: Counts, resamples: int = 1000, seed: int = 0, level: float = 95.0) -> tuple[float, float]:
    """(low, high) in per cent of the mean IoU of counts [N, C] of images; one image gives low == high."""
    weights = resample_weights(len(counts.hits), resamples, seed)
    return percentile_interval(resampled_iou(counts, weights), level)


def iou_ratio_interval(
    attacked: Counts, clean: Counts, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[float, float]:
    """(low, high) in per cent of the IoU ratio of counts [N, C], row for row of the same images."""
    images, others = len(attacked.hits), len(clean.hits)
    if images != others:
        raise ValueError(f"A paired interval needs the same images; got {images} attacked, {others} clean.")
    weights = resample_weights(others, resamples, seed)
    return percentile_interval(iou_ratio(resampled_iou(attacked, weights), resampled_iou(clean, weights)), level)


def percentile_interval(values: np.ndarray, level: float = 95.0) -> tuple[float, float]:
    """(low, high) that leaves (100 - level) / 2 per cent of the values on each side; undefined (NaN) ones are dropped.

    A resample is undefined where none of its pixels is labelled or, for a ratio, where its clean IoU is 0.
    """
    defined = values[~np.isnan(values)]
    if not defined.size:
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [(100 - level) / 2, (100 + level) / 2])
    return float(low), float(high)
