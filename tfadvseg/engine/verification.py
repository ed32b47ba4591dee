"""What an attack that was made here is worth at an endpoint: by steps, and each with its own counts.

A perturbed photograph is scored as floats, once it is brought to 8 bits, and as it arrives by each way of sending, all
by the local model; then by the endpoint, on the very same bytes. Where the endpoint is asked for what it answers behind
its defense, labels are compared with those of the local SavedModel behind it, by draws of the same seeds where the
signature takes them, and else by others; then also two draws here are compared, on clean photographs.
"""

import concurrent.futures
import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.data.split import Example, Split
from tfadvseg.endpoints.client import DEFAULT, Client
from tfadvseg.endpoints.segmentation import DEFENDED
from tfadvseg.engine.counterpart import defended
from tfadvseg.engine.exposure import attacked
from tfadvseg.engine.in_flight import Arrays, Begun, all_finished, finish
from tfadvseg.engine.label_maps import counts_of, in_8_bits, lengths, refuse_others
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.photograph import PhotographAttack, on_whole_levels
from tfadvseg.engine.preflight import preflight
from tfadvseg.engine.scenario import Scenario
from tfadvseg.engine.sending import Parcel, Sending
from tfadvseg.engine.unit import Tick
from tfadvseg.models.postprocessed import Model
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress
from tfadvseg.seeds import image_seeds

AHEAD = 1
"""Photographs that the endpoint is asked about while the next is attacked."""


@dataclasses.dataclass(frozen=True, eq=False)
class Verification:
    """scenario: the attacks on the local model, which all have an epsilon. sendings: ways to send an image, all to one
    signature where it is not the usual one. client: of the endpoint."""

    scenario: Scenario
    sendings: Sequence[Sending]
    client: Client

    @property
    def signature(self) -> str:
        """That is asked about pixels."""
        return self.sendings[0].signature

    @property
    def shown(self) -> int:
        """Images of each photograph: the clean one, and one an attack."""
        return 1 + len(self.scenario.protocol.attacks)


def verify(
    one: Verification,
    split: Split,
    folder: RunFolder,
    models: OpenModels,
    xla: str,
    concurrency: int,
    strict: bool = False,
) -> dict[str, str]:
    """Finishes every photograph that the folder lacks, as units of `runs.verified`; returns why some were left out, by
    name.

    The endpoint is asked about the first photograph before any is attacked."""
    if all_finished(split, folder):
        return {}
    preflight([one.scenario], split, folder, models, strict)
    progress, rest = Progress(len(split)), 0.5 * one.shown * (2 + len(one.sendings))
    progress.of(one.scenario.source.name, one.scenario.protocol.cost.work + rest)
    models.keep(one.scenario.models)
    attack, asked = PhotographAttack(one.scenario, models, folder, xla), False

    def begin(example: Example, pool: concurrent.futures.Executor) -> Begun:
        nonlocal asked
        if not asked:
            for sending in one.sendings:
                sending.ask(one.client, sending.pack(in_8_bits(example.image)), _seeds(one, example))
            asked = True
        return _begin(one, attack, models[one.scenario.attacked], example, pool, lambda work: progress.tick(work, 1))

    try:
        return finish(split, folder, begin, progress, rest, concurrency, AHEAD, strict)
    finally:
        progress.close()


def _begin(
    one: Verification,
    attack: PhotographAttack,
    model: Model,
    example: Example,
    pool: concurrent.futures.Executor,
    tick: Tick,
) -> Begun:
    classes, view, seeds = one.scenario.attacked.classes, attack.view, _seeds(one, example)
    floats = np.asarray(example.image, np.float32)
    clean = in_8_bits(example.image)
    perturbations = attack.lifted(example.id, example.image, example.labels, tick)
    shown = [(floats, clean)] + [
        (attacked(floats, lifted, made), on_whole_levels(example.image, lifted, _epsilon(made)))
        for (_, made), lifted in zip(one.scenario.protocol.attacks, perturbations, strict=True)
    ]
    parcels = [[sending.pack(image) for sending in one.sendings] for _, image in shown]
    answers = [
        [pool.submit(_timed, one.client, *pair, seeds) for pair in zip(one.sendings, row, strict=True)]
        for row in parcels
    ]
    seen = [view(image).labels for _, image in shown]
    local = [
        [labels if parcel.arrives is image else view(parcel.arrives).labels for parcel in row]
        for labels, (_, image), row in zip(seen, shown, parcels, strict=True)
    ]
    alike, drawn = local, {}
    if one.signature != DEFAULT:
        alike = [[defended(model, parcel.arrives, seeds) for parcel in row] for row in parcels]
    if one.signature == DEFENDED:
        other = defended(model, clean, _seeds(one, example, 1))
        drawn = {"equal_draws": np.array(np.sum(other == alike[0][0]))}
    as_floats = [view(image).labels for image, _ in shown]
    added = np.stack([image.astype(np.int16) - clean for _, image in shown])

    def unit() -> Arrays:
        found = [[answer.result() for answer in row] for row in answers]
        served = [[labels for labels, _ in row] for row in found]
        refuse_others([labels for row in served for labels in row], classes)
        return (
            {
                "as_floats": counts_of(example.labels, as_floats, classes),
                "in_8_bits": counts_of(example.labels, seen, classes),
                "arrived": np.stack([counts_of(example.labels, row, classes) for row in local]),
                "served": np.stack([counts_of(example.labels, row, classes) for row in served]),
                "equal": np.array(
                    [
                        [int(np.sum(a == b)) for a, b in zip(*rows, strict=True)]
                        for rows in zip(alike, served, strict=True)
                    ]
                ),
                "pixels": np.array(clean.shape[0] * clean.shape[1]),
                "bytes": np.array([[parcel.size for parcel in row] for row in parcels]),
                "seconds": np.array([[seconds for _, seconds in row] for row in found]),
            }
            | drawn
            | lengths(added)
        )

    return Begun([answer for row in answers for answer in row], unit)


def _timed(client: Client, sending: Sending, parcel: Parcel, seeds: np.ndarray) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    return sending.ask(client, parcel, seeds), time.perf_counter() - started


def _seeds(one: Verification, example: Example, trial: int = 0) -> np.ndarray:
    """int32 [1, 2], of the draws of a defense on a photograph."""
    return image_seeds(one.scenario.protocol.seed, [example.id], trial, "defense")


def _epsilon(attack: Attack) -> float:
    assert attack.epsilon is not None
    return attack.epsilon
