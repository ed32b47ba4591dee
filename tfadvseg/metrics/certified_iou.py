"""The least IoU and accuracy that a certificate leaves, whatever an attack makes of the pixels that it does not cover.

Certified pixels keep their class, all at once; any other may take any class. With a radius for each pixel the certified
ones at an attack's norm are those of a larger radius, image by image, so the numbers hold for all images of a set, each
under its own perturbation of that norm.

No budget is shared between pixels here, unlike where the logits have a Lipschitz constant (`metrics.margins`): there
breaking a pixel uses up a part of one squared norm. Under smoothing each pixel's probability is bounded by itself, by
Phi(Phi^-1(p) + norm / sigma), and one direction of the noise may decide all pixels: a network that asks of each whether
the same projection of the input exceeds a threshold of that pixel reaches every bound at once. Its pixels of a radius
below the norm fall together, so nothing is gained by adding their costs up.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import pixel_accuracy

HALVINGS = 80
"""Of an interval, until its ends are alike in float64."""


class CertifiedCounts(NamedTuple):
    """Labelled pixels by class, each [..., C]: certified and right; labelled so; certified to be of this class; and
    labelled so but not certified. All are linear, like `counts.Counts`."""

    hits: np.ndarray
    labelled: np.ndarray
    predicted: np.ndarray
    free: np.ndarray

    def weighted(self, weights: np.ndarray) -> "CertifiedCounts":
        """Sums [R, C] of the counts [N, C] of images under weights [R, N]."""
        return CertifiedCounts(*(weights @ part for part in self))


def certified_counts(
    labels: NDArray[np.integer], named: NDArray[np.integer], certified: NDArray[np.bool_], classes: int
) -> CertifiedCounts:
    """Of an image's labels [H, W], the classes named [H, W] and where these are certified, bool [H, W]; each [C]."""
    counted = labels != IGNORED
    sure = counted & certified
    parts = labels[sure & (labels == named)], labels[counted], named[sure], labels[counted & ~certified]
    return CertifiedCounts(*(np.bincount(part, minlength=classes) for part in parts))


def certified_accuracy(counts: CertifiedCounts) -> NDArray[np.float64]:
    """Share [...] in per cent of the labelled pixels that are certified and right."""
    return pixel_accuracy(Counts(counts.hits, counts.labelled, counts.predicted))


def worst_class_iou(counts: CertifiedCounts) -> NDArray[np.float64]:
    """The least IoU [..., C] in per cent of each class by itself: all that is not certified is wrong, and of this class
    unless it is labelled so. NaN for a class that is not in the labels."""
    may_join = counts.free.sum(-1, keepdims=True) - counts.free
    whole = _union(counts) + may_join
    return 100.0 * np.divide(counts.hits, whole, out=np.full(whole.shape, np.nan), where=counts.labelled > 0)


def worst_mean_iou(counts: CertifiedCounts) -> NDArray[np.float64]:
    """The least mean IoU [...] in per cent over the labelled classes: more than the mean of the classes' own least
    ones, since a pixel joins one class only. NaN where nothing is labelled.

    All F pixels that are not certified are wrong, and a_k of them join class k. What can be reached is 0 <= a_k <= F
    less those labelled k, and sum a_k <= F. The sum of hits / (union + a) is convex, so it is least where all a_k that
    are at no bound have the same slope: a_k = s sqrt(hits) - union, of which s is found by halving. Parts of pixels are
    allowed and s is rounded up, so the result is at most the least one, and below it by less than a pixel's worth.
    """
    labelled = counts.labelled > 0
    hits = np.where(labelled, counts.hits, 0).astype(float)
    union = np.where(labelled, _union(counts), 1).astype(float)
    everyone = counts.free.sum(-1, keepdims=True).astype(float)
    room = np.where(hits > 0, everyone - counts.free, 0.0)
    root = np.sqrt(hits)

    def joined(scale: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(scale * root - union, 0.0, room)

    most = np.divide(union + room, root, out=np.zeros(union.shape), where=hits > 0).max(-1, keepdims=True) * (1 + 1e-12)
    low, high = np.zeros_like(most), most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = joined(middle).sum(-1, keepdims=True) >= everyone
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    shares = (hits / (union + joined(high))).sum(-1)
    classes = labelled.sum(-1)
    return 100.0 * np.divide(shares, classes, out=np.full(shares.shape, np.nan), where=classes > 0)


def _union(counts: CertifiedCounts) -> np.ndarray:
    """Pixels labelled so or certified to be of the class; the others may add to it."""
    return counts.labelled + counts.predicted - counts.hits
