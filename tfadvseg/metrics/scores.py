"""Scores as formulas over class counts. All are per cent, 0..100.

Counts are summed over images first: the IoU of a set is not the mean of the IoUs of its images.
"""

import numpy as np

from tfadvseg.metrics.counts import Counts


def iou_per_class(counts: Counts) -> np.ndarray:
    """IoU [..., C] in per cent of counts [..., C]; NaN for a class in neither labels nor predictions."""
    return 100.0 * _divide(counts.hits, counts.union)


def mean_over_present(iou: np.ndarray) -> np.ndarray:
    """Mean [...] of IoU [..., C] over the classes that are not NaN; NaN where all are."""
    present = ~np.isnan(iou)
    return _divide(np.where(present, iou, 0.0).sum(-1), present.sum(-1))


def mean_iou(counts: Counts) -> np.ndarray:
    """Mean IoU [...] in per cent of counts [..., C], over the classes present in labels or predictions."""
    return mean_over_present(iou_per_class(counts))


def pixel_accuracy(counts: Counts) -> np.ndarray:
    """Share [...] in per cent of the counted pixels predicted rightly; NaN where none is counted."""
    return 100.0 * _divide(counts.hits.sum(-1), counts.labelled.sum(-1))


def iou_ratio(attacked: np.ndarray | float, clean: np.ndarray | float) -> np.ndarray:
    """Attacked mean IoU in per cent of the clean mean IoU, both of the evaluated network; NaN where clean is 0."""
    return 100.0 * _divide(attacked, clean)


def _divide(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
    """Quotient as float64, NaN for a denominator of 0 or NaN."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient[()]
