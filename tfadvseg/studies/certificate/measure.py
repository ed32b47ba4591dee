"""Smooths each network, attacks what is smoothed, and keeps what the votes prove; goes on as runs of attacks do."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.base import Model
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.left_out import Batch, measured
from tfadvseg.engine.parts import Make, Setting
from tfadvseg.engine.smoothing import SmoothedUnitMaker, Smoothing
from tfadvseg.engine.unit import Unit
from tfadvseg.metrics.certificate import contradicted, largest_radius, lower_bounds, radius, segcertify
from tfadvseg.metrics.certified_iou import certified_counts
from tfadvseg.metrics.counts import Counts
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.studies.certificate.certified import Certified, write

POINTS = 25
"""Of the curve of certified IoU, from 0 to the largest norm at which anything can be certified."""


@dataclasses.dataclass(frozen=True)
class Confidence:
    """tau: SegCertify's probability. error: that anything said of any image of the run is wrong, of one network and
    sigma and of one of the two certificates; each image gets its share, since the IoU of a set needs all of them."""

    tau: float
    error: float

    def __post_init__(self) -> None:
        if not 0 < self.error < 1:
            raise ValueError(f"A confidence lies between 0 and 1, both excluded; got {1 - self.error:g}.")
        if not 0.5 <= self.tau < 1:
            raise ValueError(f"tau is a probability of at least 0.5 and below 1; got {self.tau:g}.")


@dataclasses.dataclass(frozen=True)
class Smoothed:
    """A part of an experiment: the votes of one smoothed network, a photograph a unit."""

    spec: ModelSpec
    smoothing: Smoothing
    one_by_one: bool = True
    photographs: int = 0
    per_image: tuple[str, ...] = ()
    pictures: bool = False

    @property
    def name(self) -> str:
        """smoothed-, the network's name and sigma."""
        return f"smoothed-{self.spec.name}-{self.smoothing.sigma:g}"

    @property
    def source(self) -> ModelSpec:
        """The network itself, on whose own input the noise lies."""
        return self.spec

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The one network."""
        return (self.spec,)

    @property
    def work(self) -> float:
        """That of the attacks, and half a gradient a draw."""
        return self.smoothing.work

    def maker(self, setting: Setting, batch: Batch) -> Make:
        """Opens the network; its units are those of `SmoothedUnitMaker`."""
        model: Model = setting.models[self.spec]
        make = SmoothedUnitMaker(self.spec, model, self.smoothing)
        return lambda batch, tick, with_example: make(batch, tick)


@dataclasses.dataclass(frozen=True)
class Certificates:
    """What the study measures beside attacks on the plain networks: certified.FILE in the run folder."""

    networks: tuple[tuple[ModelSpec, Smoothing], ...]
    confidence: Confidence

    @property
    def parts(self) -> list[Smoothed]:
        """One a network and sigma."""
        return [Smoothed(spec, smoothing) for spec, smoothing in self.networks]

    def write(self, shards: Shards, folder: RunFolder) -> None:
        """Of the images that are not damaged."""
        error = self.confidence.error / len(shards.split)
        found = []
        for part in self.parts:
            names = shards.units_of(part)
            units = measured(map(folder.load, names))
            found.append(collected(part.spec, part.smoothing, self.confidence.tau, error, units))
        write(folder.store, found)


def collected(spec: ModelSpec, smoothing: Smoothing, tau: float, error: float, units: Sequence[Unit]) -> Certified:
    """What the units of one network and sigma prove. error: that of each image."""
    epsilons = np.array([attack.epsilon for _, attack in smoothing.protocol.attacks], float)
    sigma, draws = smoothing.sigma, smoothing.draws
    least = min(unit["votes"].size for unit in units)
    end = largest_radius(draws, least, error, sigma) * (1 + 1e-9)  # so that nothing is certified there by rounding
    norms = np.unique([*np.linspace(0, end, POINTS), *epsilons[epsilons < end], float(radius(tau, sigma))])
    proofs = [_proof(unit, smoothing, tau, error, norms, epsilons, spec.classes) for unit in units]
    by_norm, by_radius, refuted = (np.stack(part, -2) for part in list(zip(*proofs, strict=True)))
    voted = np.stack([np.stack([unit[key] for key in Counts._fields], 1) for unit in units], -2)
    return Certified(
        spec.name, sigma, norms, by_norm, np.array(radius(tau, sigma)), by_radius, voted, epsilons, refuted.sum(-2)
    )


def _proof(
    unit: Unit, smoothing: Smoothing, tau: float, error: float, norms: np.ndarray, epsilons: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of one image (certified counts [E, 4, C] by norm, [4, C] by SegCertify, contradicted pixels [A])."""
    votes, draws, sigma = unit["votes"], smoothing.draws, smoothing.sigma

    def counts(certified: np.ndarray) -> np.ndarray:
        return np.stack(certified_counts(unit["labels"], unit["guess"], certified, classes))

    radii = radius(lower_bounds(votes, draws, error), sigma)
    refuted = [
        contradicted(agreeing, smoothing.guesses, radii, norm, sigma, error)
        for agreeing, norm in zip(unit["agreeing"], epsilons, strict=True)
    ]
    by_norm = np.stack([counts(radii > norm) for norm in norms])
    return by_norm, counts(segcertify(votes, draws, tau, error)), np.array(refuted)
