"""Scores as formulas over class counts. All are per cent, 0..100.

Counts are summed over images first: the IoU of a set is not the mean of the IoUs of its images. A mean IoU is over the
classes that occur in the labels of the set. So clean and attacked means are over the same classes, whatever is
predicted; a class that is only predicted still costs the classes on whose pixels it is."""

import numpy as np
from numpy.typing import NDArray

from tfadvseg.metrics.counts import Counts


def iou_per_class(counts: Counts) -> NDArray[np.float64]:
    """IoU [..., C] in per cent of counts [..., C]; NaN for a class that is not in the labels."""
    return 100.0 * _divide(counts.hits, np.where(counts.labelled > 0, counts.union, 0))


def mean_iou(counts: Counts) -> NDArray[np.float64]:
    """Mean IoU [...] in per cent of counts [..., C] over the labelled classes; NaN where there is none."""
    labelled = counts.labelled > 0
    return _divide(np.where(labelled, iou_per_class(counts), 0.0).sum(-1), labelled.sum(-1))


def mean_iou_of_images(counts: Counts) -> NDArray[np.float64]:
    """NmIoU [...] in per cent (Halmosi et al. 2024): the mean over images of the mean IoU of each, of counts
    [..., N, C]; images without a label do not count."""
    each = mean_iou(counts)
    known = ~np.isnan(each)
    return _divide(np.where(known, each, 0.0).sum(-1), known.sum(-1))


def pixel_accuracy(counts: Counts) -> NDArray[np.float64]:
    """Share [...] in per cent of the counted pixels predicted rightly; NaN where none is counted."""
    return 100.0 * _divide(counts.hits.sum(-1), counts.labelled.sum(-1))


def iou_ratio(attacked: np.ndarray | float, clean: np.ndarray | float) -> NDArray[np.float64]:
    """Attacked mean IoU in per cent of the clean mean IoU, both of the evaluated network; NaN where clean is 0."""
    return 100.0 * _divide(attacked, clean)


def share(part: np.ndarray | float, whole: np.ndarray | float) -> NDArray[np.float64]:
    """Pixels of a part in per cent of those of the whole; NaN where these are none."""
    return 100.0 * _divide(part, whole)


def _divide(numerator: np.ndarray | float, denominator: np.ndarray | float) -> NDArray[np.float64]:
    """Quotient as float64, NaN for a denominator of 0 or NaN."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient[()]
