"""The worst that everything which was run does to a network, at each epsilon: its envelope.

Of all that the network was shown, an adversary who knows all images picks one thing for each: an attack by its own
gradients, by queries or by an expectation, a perturbation that was made on another network, or the clean image. What
may be picked grows with epsilon, so an envelope never rises.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import resampled_iou
from tfadvseg.metrics.radii import area_under, quartiles, radius_of
from tfadvseg.metrics.scores import iou_per_class, iou_ratio, mean_iou
from tfadvseg.metrics.worst_case import WorstCase, class_worst_case, worst_case
from tfadvseg.runs.results import CLEAN, NONE, Cell, Results
from tfadvseg.studies.evidence import Evidence, Score

NORMS = {"linf": "the max-norm", "l2": "the Euclidean norm"}
ROUNDING = 1e-3
"""Grey levels by which sums of float32 may leave a ball."""


class Choices(NamedTuple):
    """Everything that a network was shown behind one input transform, A things, the clean images first. cells: what
    each is (of its first trial); numbers: of these in the results; counts [A, N, C]: means over trials, since nobody
    picks what is drawn; size [A, N]: the norm of what was added, in grey levels, of the kind that epsilon bounds."""

    cells: tuple[Cell, ...]
    numbers: tuple[int, ...]
    counts: Counts
    size: np.ndarray

    def within(self, epsilon: float) -> np.ndarray:
        """bool [A, N]: what lies in the ball of this radius, by its own epsilon, where it has one, and as it
        was measured on each image."""
        own = np.array([cell.epsilon or 0.0 for cell in self.cells])
        return (own[:, np.newaxis] <= epsilon) & (self.size <= epsilon + ROUNDING)

    def limited(self, epsilon: float) -> Counts:
        """Counts [A, N, C], those of the clean image in place of what lies outside the ball."""
        inside = self.within(epsilon)[..., np.newaxis]
        return Counts(*(np.where(inside, part, part[0]) for part in self.counts))


def choices(results: Results, model: str, inference_transform: str = NONE, norm: str = "linf") -> Choices:
    """Of one network; ValueError where it was not shown the clean images behind this transform. norm: of NORMS, which
    epsilon bounds."""
    trials: dict[Cell, list[int]] = {}
    for k, cell in enumerate(results.cells):
        if cell.model == model and cell.inference_transform == inference_transform:
            trials.setdefault(dataclasses.replace(cell, trial=0), []).append(k)
    order = sorted(trials, key=lambda cell: cell.attack != CLEAN)
    if not order or order[0].attack != CLEAN:
        raise ValueError(f"{model} was shown no clean images behind {inference_transform}, so nothing can be kept.")
    means = (np.stack([part[trials[cell]].mean(0) for cell in order]) for part in results.counts)
    sizes = {"linf": results.linf, "l2": results.l2}[norm]
    size = np.stack([sizes[trials[cell]].max(0) for cell in order])
    return Choices(tuple(order), tuple(trials[cell][0] for cell in order), Counts(*means), size)


class Point(NamedTuple):
    """Of an envelope. alone: the number of the one thing that leaves least on all images, alone_iou: what; worst: the
    choice for each image, in numbers of `Choices`; chosen [N, C]: its counts; classes [C]: IoU of each class under a
    choice of its own, images [N]: mean IoU of each image, all in per cent and the least there is."""

    epsilon: float
    alone: int
    alone_iou: float
    worst: WorstCase
    chosen: Counts
    classes: np.ndarray
    images: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Envelope:
    """Of one network at these epsilons, ascending.

    Its intervals are of a bootstrap over groups of images in which each image keeps the attack that was chosen for it.
    So they say what other images would change. They do not say that the choice was made to suit just these images
    together, that a search may miss the worst one (the bound says by how much at most), or that attacks which were not
    run may leave less.
    """

    evidence: Evidence
    model: str
    epsilons: tuple[float, ...]
    norm: str = "linf"

    @functools.cached_property
    def choices(self) -> Choices:
        """Of what the network was shown behind no input transform."""
        return choices(self.evidence.results, self.model, norm=self.norm)

    @functools.cached_property
    def points(self) -> tuple[Point, ...]:
        """One an epsilon. Each search begins with what the one before it has found, too."""
        found: list[Point] = []
        for epsilon in self.epsilons:
            counts = self.choices.limited(epsilon)
            inside = self.choices.within(epsilon)
            some = np.flatnonzero(inside.any(1))
            kept = Counts(*(part[some] for part in counts))
            known = [np.searchsorted(some, found[-1].worst.choice)] if found else []
            worst = worst_case(kept, known=known)
            every = np.arange(len(worst.choice))
            choice = np.where(inside[some[worst.choice], every], some[worst.choice], 0)
            alone = mean_iou(counts.total())
            least = int(alone.argmin())
            chosen = Counts(*(part[choice, every] for part in counts))
            found.append(
                Point(
                    epsilon,
                    least,
                    float(alone[least]),
                    worst._replace(choice=choice),
                    chosen,
                    class_worst_case(kept),
                    mean_iou(kept).min(0),
                )
            )
        return tuple(found)

    @property
    def clean(self) -> Counts:
        """[N, C]."""
        return Counts(*(part[0] for part in self.choices.counts))

    def at(self, epsilon: float) -> Point:
        """The point of an epsilon; ValueError where it is none of the envelope's."""
        return self.points[self.epsilons.index(epsilon)]

    def iou(self, point: Point) -> Score:
        """Of the choice that was found."""
        return resampled_iou(point.chosen, self.evidence.weights)

    def ratio(self, point: Point) -> Score:
        """In per cent of the clean IoU."""
        return iou_ratio(self.iou(point), resampled_iou(self.clean, self.evidence.weights))

    def ratio_of(self, iou: float) -> float:
        """An IoU in per cent of the clean one."""
        return float(iou_ratio(iou, mean_iou(self.clean.total())))

    @functools.cached_property
    def area(self) -> Score:
        """Under the ratio over log2 epsilon, 100 where nothing is lost."""
        return area_under(np.stack([self.ratio(point) for point in self.points], -1), self.epsilons)

    @functools.cached_property
    def radius(self) -> tuple[float, float, float]:
        """Epsilon 50, at which half of the clean IoU is left, and the ends of its interval: of the radii at which the
        95 % interval of the ratio holds 50 %. So it has ends, too, where resamples fall outside of all epsilons."""
        ratios = [self.ratio(point) for point in self.points]
        low, high = np.array([self.evidence.interval(ratio) for ratio in ratios]).T
        lines = [np.array([ratio[0] for ratio in ratios]), *(np.minimum.accumulate(end) for end in (low, high))]
        middle, least, most = (float(radius_of(line, self.epsilons)) for line in lines)
        return middle, least, most

    def radii_of_images(self) -> np.ndarray:
        """Epsilon 50 [N] of each image by itself; NaN where its clean IoU is 0."""
        left = iou_ratio(np.stack([point.images for point in self.points], -1), mean_iou(self.clean)[:, np.newaxis])
        return radius_of(left, self.epsilons)

    def quartiles(self) -> np.ndarray:
        """[3] of the images' own epsilon 50."""
        return quartiles(self.radii_of_images())

    def radii_of_classes(self) -> np.ndarray:
        """Epsilon 50 [C] of each class by itself; NaN where it has no clean IoU."""
        clean = iou_per_class(self.clean.total())[:, np.newaxis]
        return radius_of(iou_ratio(np.stack([point.classes for point in self.points], -1), clean), self.epsilons)

    def shares(self, point: Point) -> dict[Cell, float]:
        """{what: on how many of the images, in per cent, the choice takes it}, the most first."""
        numbers, counts = np.unique(point.worst.choice, return_counts=True)
        shares = dict(zip(numbers.tolist(), (100 * counts / counts.sum()).tolist(), strict=True))
        return {self.choices.cells[k]: shares[k] for k in sorted(shares, key=lambda k: -shares[k])}


@functools.lru_cache(maxsize=4)
def envelopes(evidence: Evidence, epsilons: tuple[float, ...], norm: str = "linf") -> tuple[Envelope, ...]:
    """Of every network of a run that was shown attacks and had any IoU to lose, the one that keeps least in the mean
    over the epsilons first. Kept for the parts of a report that ask for them one after the other."""
    cells = evidence.results.cells
    shown = dict.fromkeys(cell.model for cell in cells if cell.attack != CLEAN and cell.inference_transform == NONE)
    found = [Envelope(evidence, model, epsilons, norm) for model in shown] if epsilons else []
    found = [one for one in found if mean_iou(one.clean.total()) > 0]
    return tuple(sorted(found, key=lambda one: sum(one.ratio_of(point.worst.iou) for point in one.points)))


def envelope_of(found: Sequence[Envelope], model: str) -> Envelope | None:
    """That of a network, None where it has none."""
    return next((one for one in found if one.model == model), None)
