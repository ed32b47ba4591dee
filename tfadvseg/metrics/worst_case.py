"""The worst that a choice of one attack for each image does to the IoU of the whole set, between a bound and a search.

The IoU of a set is made of counts summed over its images, so the worst choice is no choice image by image: what is
right of one class may be paid for by another. A search over choices is an attack and leaves an IoU that was reached;
the bound is below what any choice can reach. Where the two meet, the worst case is known (Croce et al. 2024 search
likewise from one start). Of one class alone the worst choice is known exactly, and the mean of these is the bound.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy

SMALLEST_GAIN = 1e-6
"""In per cent of IoU: a round that gains less is the last."""


class WorstCase(NamedTuple):
    """iou: mean IoU in per cent that the search found. choice: int [N], the attack that it takes on each image. bound:
    in per cent, below every choice. accuracy: pixel accuracy in per cent of the choice that leaves each image the
    least, which is the worst case of accuracy exactly."""

    iou: float
    choice: NDArray[np.int64]
    bound: float
    accuracy: float


def worst_case(counts: Counts, starts: int = 5, seed: int = 0, known: Sequence[NDArray[np.int64]] = ()) -> WorstCase:
    """Of counts [A, N, C] of A attacks on the same N images; of several trials they may be means.

    starts: searches from other beginnings, of which the best is kept: each attack alone, those that leave the least
    first, then each image's lowest accuracy, then random choices. known: choices [N] from which searches begin,
    too, so that what is found leaves no more than any of them.
    """
    search = _Search(counts)
    right = counts.hits.sum(-1)
    lowest = right.argmin(0)
    alone = np.argsort([search.iou_of(np.full(search.images, a)) for a in range(search.attacks)], kind="stable")
    begin = [np.full(search.images, attack) for attack in alone][: max(1, starts - 1)] + [lowest]
    rng = np.random.default_rng(seed)
    begin += [rng.integers(0, search.attacks, search.images) for _ in range(starts - len(begin))]
    begin += [np.asarray(choice) for choice in known]
    found = [search.descend(choice, rng) for choice in begin]
    choice = min(found, key=search.iou_of)
    accuracy = pixel_accuracy(search.counts_of(lowest))
    return WorstCase(search.iou_of(choice), choice, lower_bound(counts), float(accuracy))


def lower_bound(counts: Counts) -> float:
    """Mean IoU in per cent that no choice of an attack for each image goes below: as if each class had a choice of its
    own."""
    each = class_worst_case(counts)
    labelled = ~np.isnan(each)
    return float(each[labelled].mean()) if labelled.any() else float("nan")


def class_worst_case(counts: Counts) -> NDArray[np.float64]:
    """IoU [C] in per cent of each class under the choice that is worst for this class alone; NaN where no label has it.

    The IoU of one class is one quotient of sums over images, of which the least is found exactly (Dinkelbach 1967):
    with the quotient q that was reached, each image takes the attack of the least hits - q union, until q falls no
    more.
    """
    labelled = counts.labelled[0].sum(0) > 0
    hits, union = (part[..., labelled].astype(float) for part in (counts.hits, counts.union))
    reached, before = (hits.sum(1) / union.sum(1)).min(0), np.inf
    while np.any(reached < before):
        before, choice = reached, (hits - reached * union).argmin(0)[np.newaxis]
        fewer, of = (np.take_along_axis(part, choice, 0)[0].sum(0) for part in (hits, union))
        reached = np.minimum(reached, fewer / of)
    found = np.full(len(labelled), np.nan)
    found[labelled] = 100.0 * reached
    return found


class _Search:
    """Choices of one attack for each image, of which sums over the images are kept, so that a swap costs one image."""

    def __init__(self, counts: Counts):
        self.counts = counts
        self.attacks, self.images, _ = counts.hits.shape
        labelled = counts.labelled[0].sum(0) > 0
        self.hits, self.union = (part[..., labelled].astype(float) for part in (counts.hits, counts.union))

    def counts_of(self, choice: NDArray[np.int64]) -> Counts:
        """Totals [C]."""
        chosen = np.arange(self.images)
        return Counts(*(part[choice, chosen] for part in self.counts)).total()

    def iou_of(self, choice: NDArray[np.int64]) -> float:
        return float(mean_iou(self.counts_of(choice)))

    def descend(self, choice: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Image by image in random order the attack that lowers the set's IoU most, until a round gains nothing."""
        choice, every = choice.copy(), np.arange(self.images)
        hits, union = self.hits[choice, every].sum(0), self.union[choice, every].sum(0)
        before = float("inf")
        while (now := float(_mean(hits, union))) < before - SMALLEST_GAIN:
            before = now
            for image in rng.permutation(self.images):
                others_hits = hits - self.hits[choice[image], image]
                others_union = union - self.union[choice[image], image]
                tried_hits, tried_union = others_hits + self.hits[:, image], others_union + self.union[:, image]
                left = _mean(tried_hits, tried_union)
                best = int(left.argmin())
                if left[best] < left[choice[image]]:
                    choice[image], hits, union = best, tried_hits[best], tried_union[best]
        return choice


def _mean(hits: NDArray[np.float64], union: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean IoU [...] in per cent; a class that is neither labelled nor predicted by this choice cannot be: labelled
    ones are all here, and labels do not depend on the choice."""
    return 100.0 * (hits / union).mean(-1)
