"""The least IoU of each class on an image, where the logits have a known Lipschitz constant (arXiv 2512.06010).

If all logits of the image together, as one vector, change by no more than L times a perturbation in the Euclidean norm,
a perturbation of norm epsilon changes them by a squared norm of at most (L epsilon)^2, which all pixels share. To
change the largest of a pixel's logits takes a squared norm of gap^2 / 2, where the gap is how far it lies above the one
that is to replace it: half the gap down and half the gap up. This does not carry over to smoothing; `certified_iou`
says why.
"""

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED

ROUNDING = 1e-9
"""Relative: a budget is taken for that much more, so that rounded sums of costs claim nothing."""


def least_class_iou(logits: NDArray[np.floating], labels: NDArray[np.integer], reach: float) -> NDArray[np.float64]:
    """Of logits [H, W, C] and labels [H, W], the IoU [C] in per cent that no change of the logits of a norm of at most
    `reach` = L epsilon undercuts; NaN for a class that is not in the labels.

    Of a class the attack takes right pixels away, which leaves the union, and adds wrong ones, which raises it; the
    cheapest of each kind first, and every split of the budget between the two kinds is tried.
    """
    if not reach >= 0:
        raise ValueError(f"The norm by which logits may change is 0 or more; got {reach}.")
    counted = labels != IGNORED
    z, y = logits[counted].astype(float), labels[counted]
    named = z.argmax(-1)
    return np.array([_least(z, y == k, named == k, k, reach**2 * (1 + ROUNDING)) for k in range(logits.shape[-1])])


def _least(
    z: NDArray[np.float64], labelled: NDArray[np.bool_], named: NDArray[np.bool_], k: int, budget: float
) -> float:
    """Of one class, with the logits [P, C] of the pixels that count."""
    if not labelled.any():
        return float("nan")
    above = z[:, k] - np.delete(z, k, axis=-1).max(-1, initial=-np.inf)  # of a single class nothing can be changed
    hits, union = int((labelled & named).sum()), int((labelled | named).sum())
    breaking, adding = _costs(above[labelled & named]), _costs(above[~labelled & ~named])
    breaking = breaking[breaking <= budget]
    added = np.searchsorted(adding, budget - breaking, side="right") - 1
    return float((100.0 * (hits - np.arange(len(breaking))) / (union + added)).min())


def _costs(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of changing the 0, 1, 2, ... cheapest pixels."""
    return np.concatenate([[0.0], np.cumsum(np.sort(gaps**2 / 2))])
