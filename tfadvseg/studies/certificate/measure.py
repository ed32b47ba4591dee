"""Smooths each network, attacks what is smoothed, and keeps what the votes prove; goes on as runs of attacks do."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.base import Model
from tfadvseg.engine.left_out import measured, without_damaged
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import Shards
from tfadvseg.engine.smoothing import SmoothedUnitMaker, Smoothing
from tfadvseg.engine.unit import Unit
from tfadvseg.metrics.certificate import contradicted, largest_radius, lower_bounds, radius, segcertify
from tfadvseg.metrics.certified_iou import certified_counts
from tfadvseg.metrics.counts import Counts
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress
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


def measure(
    networks: Sequence[tuple[ModelSpec, Smoothing]], confidence: Confidence, shards: Shards, folder: RunFolder,
    models: OpenModels,
) -> None:  # fmt: skip
    """Finishes every unit that the run folder lacks, a photograph each, and writes `certified.FILE`."""
    single = dataclasses.replace(shards, batch_size=1)
    names = [single.units(f"smoothed-{spec.name}-{one.sigma:g}", spec) for spec, one in networks]
    progress = Progress(len(shards.split) * len(networks))
    try:
        for (spec, smoothing), own in zip(networks, names, strict=True):
            progress.of(f"{spec.name} under noise of {smoothing.sigma:g}", smoothing.work)
            _run(spec, smoothing, own, single, folder, models, progress)
    finally:
        progress.close()
    error = confidence.error / len(shards.split)
    found = [
        collected(spec, smoothing, confidence.tau, error, measured(map(folder.load, own)))
        for (spec, smoothing), own in zip(networks, names, strict=True)
    ]
    write(folder.path, found)


def _run(
    spec: ModelSpec, smoothing: Smoothing, names: Sequence[str], shards: Shards, folder: RunFolder, models: OpenModels,
    progress: Progress,
) -> None:  # fmt: skip
    missing = [number for number, name in enumerate(names) if not folder.has(name)]
    if not missing:
        progress.skip(len(names))
        return
    first = missing[0]
    progress.skip(first)
    models.keep([spec])
    model: Model = models[spec]
    make = functools.partial(SmoothedUnitMaker(spec, model, smoothing), tick=functools.partial(progress.tick, images=1))
    for number, batch in enumerate(progress.timed(shards.batches(spec, first)), first):
        if folder.has(names[number]):
            progress.skip(1)
        else:
            folder.save(names[number], without_damaged(batch, shards.ids(spec, number), make, shards.strict))


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
