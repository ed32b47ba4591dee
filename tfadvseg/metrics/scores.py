"""Scores as formulas over confusion matrices (rows: ground truth, columns: prediction). All are per cent, 0..100.

Matrices are summed over images first: the IoU of a set is not the mean of the IoUs of its images.
"""

import numpy as np


def hits_and_union(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels [..., C] predicted rightly, and pixels in labels or predictions, of matrices [..., C, C].

    Both are linear in the matrix, so sums and resamples of images may be taken before or after.
    """
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    return hits, matrix.sum(-1) + matrix.sum(-2) - hits


def iou_from_counts(hits: np.ndarray, union: np.ndarray) -> np.ndarray:
    """IoU [..., C] in per cent; NaN for a class in neither labels nor predictions."""
    return 100.0 * _divide(hits, union)


def iou_per_class(matrix: np.ndarray) -> np.ndarray:
    """IoU [..., C] in per cent of matrices [..., C, C]; NaN for a class in neither labels nor predictions."""
    return iou_from_counts(*hits_and_union(matrix))


def mean_over_present(iou: np.ndarray) -> np.ndarray:
    """Mean [...] of IoU [..., C] over the classes that are not NaN; NaN where all are."""
    present = ~np.isnan(iou)
    return _divide(np.where(present, iou, 0.0).sum(-1), present.sum(-1))


def mean_iou(matrix: np.ndarray) -> np.ndarray:
    """Mean IoU [...] in per cent of matrices [..., C, C], over the classes present in labels or predictions."""
    return mean_over_present(iou_per_class(matrix))


def pixel_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Share [...] in per cent of the counted pixels predicted rightly; NaN where none is counted."""
    return 100.0 * _divide(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum((-2, -1)))


def iou_ratio(attacked: np.ndarray | float, clean: np.ndarray | float) -> np.ndarray:
    """Attacked mean IoU in per cent of the clean mean IoU, both of the evaluated network; NaN where clean is 0."""
    return 100.0 * _divide(attacked, clean)


def _divide(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
    """Quotient as float64, NaN for a denominator of 0 or NaN."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient[()]
