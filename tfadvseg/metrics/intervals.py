"""Bootstrap percentile intervals over images (Efron 1979): how far a score depends on which images were drawn.

The same seed and number of images give the same resamples, so the intervals of all cells of an experiment rest on the
same draws, and a ratio resamples its clean and its attacked images together.
"""

import numpy as np

from tfadvseg.metrics.scores import hits_and_union, iou_from_counts, iou_ratio, mean_over_present


def resample_weights(images: int, resamples: int = 1000, seed: int = 0) -> np.ndarray:
    """How often [resamples, images] each image is drawn when `images` are drawn with replacement; float64 counts."""
    if images < 1:
        raise ValueError("A bootstrap interval needs at least one image; got none.")
    return np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=resamples).astype(float)


def resampled_iou(matrices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean IoU [resamples] in per cent of per-image matrices [N, C, C] under weights [resamples, N]."""
    hits, union = hits_and_union(np.asarray(matrices, float))
    return mean_over_present(iou_from_counts(weights @ hits, weights @ union))


def iou_interval(
    matrices: np.ndarray, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[float, float]:
    """(low, high) in per cent of the mean IoU of per-image matrices [N, C, C]; one image gives low == high."""
    return percentile_interval(resampled_iou(matrices, resample_weights(len(matrices), resamples, seed)), level)


def iou_ratio_interval(
    attacked: np.ndarray, clean: np.ndarray, resamples: int = 1000, seed: int = 0, level: float = 95.0
) -> tuple[float, float]:
    """(low, high) in per cent of the IoU ratio of per-image matrices [N, C, C], row for row of the same images."""
    if len(attacked) != len(clean):
        raise ValueError(f"A paired interval needs the same images; got {len(attacked)} attacked, {len(clean)} clean.")
    weights = resample_weights(len(clean), resamples, seed)
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
