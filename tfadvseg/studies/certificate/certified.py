"""What was proven of each smoothed network, and what attacks on it left, as the run folder keeps it."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfadvseg.metrics.certified_iou import CertifiedCounts, certified_accuracy, worst_mean_iou
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import resampled_iou
from tfadvseg.metrics.scores import pixel_accuracy
from tfadvseg.runs.folder import arrays_of, whole
from tfadvseg.runs.results import LARGEST
from tfadvseg.runs.store import Place, Store, store_of
from tfadvseg.studies.certificate.names import CertificateDesign
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun

FILE = "certificate.npz"
"""In the run folder: {"<model>/<sigma>/<part>": array}, the parts being the fields of `Certified` that are arrays."""


@dataclasses.dataclass(frozen=True, eq=False)
class Certified:
    """Of one network and sigma, on the N images that are not damaged and under A attacks, in grey levels.

    norms: [E] ascending, from 0. by_norm: certified counts [E, 4, N, C] by a radius for each pixel. radius: [], of
    SegCertify; by_radius: its certified counts [4, N, C]. voted: counts [1 + A, 3, N, C] of majority votes, the first
    of untouched images. epsilons: [A] of the attacks. contradicted: [A], pixels at which an attack refuted what is
    certified, which is a defect.
    """

    model: str
    sigma: float
    norms: np.ndarray
    by_norm: np.ndarray
    radius: np.ndarray
    by_radius: np.ndarray
    voted: np.ndarray
    epsilons: np.ndarray
    contradicted: np.ndarray

    def refuse_unlike(self, images: int, classes: int) -> None:
        """ValueError where arrays of a file are not of so many images and classes, do not fit together, or are not of
        numbers that they may have."""
        norms, attacks = self.norms.size, self.epsilons.size
        shapes = {
            "norms": (norms,),
            "by_norm": (norms, 4, images, classes),
            "radius": (),
            "by_radius": (4, images, classes),
            "voted": (1 + attacks, 3, images, classes),
            "epsilons": (attacks,),
            "contradicted": (attacks,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype.kind not in "iuf":
                raise ValueError(f"{name} is not of numbers {shape}.")
            known = array[~np.isnan(array)] if name == "epsilons" else array  # attacks that find their own norm
            if not np.isfinite(known).all() or known.min(initial=0) < 0 or known.max(initial=0) > LARGEST:
                raise ValueError(f"{name} is below 0 or not finite.")
        if not norms or self.norms[0] != 0 or (np.diff(self.norms) < 0).any():
            raise ValueError("norms do not ascend from 0.")

    def clean_iou(self, evidence: Evidence) -> Score:
        """IoU in per cent of the majority vote on untouched images."""
        return resampled_iou(Counts(*self.voted[0]), evidence.weights)

    def attacked_iou(self, evidence: Evidence, norm: float) -> Score:
        """The same under the strongest attack of at most this norm: the smoothed network has no more than this."""
        shown = [0, *(1 + a for a, epsilon in enumerate(self.epsilons) if epsilon <= norm)]
        scores = [resampled_iou(Counts(*self.voted[k]), evidence.weights) for k in shown]
        return min(scores, key=lambda score: score[0])

    def certified_iou(self, evidence: Evidence, norm: float) -> Score:
        """The smoothed network has no less than this under any perturbation of at most this norm; at a norm that was
        not asked for that of the next larger one, and 0 beyond all."""
        place = int(np.searchsorted(self.norms, norm))
        if place == len(self.norms):
            return np.zeros(len(evidence.weights))
        return worst_mean_iou(CertifiedCounts(*self.by_norm[place]).weighted(evidence.weights))

    def iou_at_radius(self, evidence: Evidence) -> Score:
        """What SegCertify leaves below its radius."""
        return worst_mean_iou(CertifiedCounts(*self.by_radius).weighted(evidence.weights))

    def accuracies(self, evidence: Evidence) -> tuple[Score, Score]:
        """(pixel accuracy of the majority vote, certified pixel accuracy by SegCertify), in per cent."""
        clean, certified = Counts(*self.voted[0]), CertifiedCounts(*self.by_radius)
        return (
            pixel_accuracy(clean.weighted(evidence.weights)),
            certified_accuracy(certified.weighted(evidence.weights)),
        )

    def abstained(self, evidence: Evidence) -> Score:
        """Share in per cent of the labelled pixels at which SegCertify abstains."""
        counts = CertifiedCounts(*self.by_radius).weighted(evidence.weights)
        return pixel_accuracy(Counts(counts.free, counts.labelled, counts.free))


ARRAYS = tuple(field.name for field in dataclasses.fields(Certified) if field.name not in ("model", "sigma"))


def write(folder: Place | Store, found: Sequence[Certified]) -> None:
    """Writes FILE, whole or not at all."""
    arrays: dict[str, Any] = {_key(one.model, one.sigma, name): getattr(one, name) for one in found for name in ARRAYS}
    store_of(folder).write(FILE, lambda file: np.savez_compressed(file, **arrays))


def read(run: FinishedRun) -> list[Certified]:
    """Of each network of the run and each sigma, in their order; ValueError where the file is missing or damaged."""
    design = run.designed(CertificateDesign)
    pairs = [(model, sigma) for model in design.models for sigma in design.sigmas]

    def load(path: pathlib.Path) -> list[Certified]:
        arrays = arrays_of(path.read_bytes())
        found = [Certified(m, sigma, *(arrays[_key(m, sigma, name)] for name in ARRAYS)) for m, sigma in pairs]
        for one in found:
            one.refuse_unlike(*run.results.counts.hits.shape[1:])
        return found

    return list(whole(run.folder / FILE, load))


def _key(model: str, sigma: float, name: str) -> str:
    return f"{model}/{sigma:g}/{name}"
