"""Runs the units of an experiment that are not finished yet, one after the other."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.data.batches import Batches, batches
from tfadvseg.data.split import Split
from tfadvseg.engine.kept import describe_source, keep
from tfadvseg.engine.left_out import empty, left_out, measured, none_readable, readable, without_damaged
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.preflight import preflight
from tfadvseg.engine.scenario import Scenario, Source, unique
from tfadvseg.engine.unit import Keep, UnitMaker
from tfadvseg.engine.xla import choose_xla
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress
from tfadvseg.seeds import no_seeds


@dataclasses.dataclass(frozen=True)
class Shards:
    """The images of an experiment, and how many of them make a unit (0: by the size of the input).

    strict: whether a damaged one ends the run.
    """

    split: Split
    batch_size: int = 0
    strict: bool = False

    def size(self, model: Source) -> int:
        """Images in a unit of this model. One photograph keeps a CPU busy; of smaller images it takes a few."""
        small = model.frame.size is not None and math.prod(model.frame.size) < 100_000
        return self.batch_size or (4 if small else 1)

    def units(self, name: str, model: Source) -> list[str]:
        """The names of the units of something done with this model, in the order of their images."""
        return [f"{name}-{i:05d}" for i in range(math.ceil(len(self.split) / self.size(model)))]

    def ids(self, model: Source, number: int) -> tuple[str, ...]:
        """The names of the images of a unit."""
        size = self.size(model)
        return self.split.ids[number * size : (number + 1) * size]

    def batches(self, model: Source, first: int = 0) -> Batches:
        """The batches of the units from number `first` on, in the model's frame; others may stand in for damaged images
        (`data.batches`)."""
        size = self.size(model)
        return batches(self.split, model.frame, size, first * size, strict=self.strict)

    def readable(self, model: Source) -> Iterator[dict[str, tf.Tensor]]:
        """All batches less the damaged images, and none that is empty; ValueError where there is no other."""
        found = 0
        for batch in self.batches(model):
            if not empty(batch):
                found += 1
                yield readable(batch)
        if not found:
            raise none_readable(self.split)


@dataclasses.dataclass(frozen=True)
class Job:
    """A unit of work: its name, the scenario that it is part of, and its number there."""

    name: str
    scenario: Scenario
    number: int


def jobs(scenarios: Sequence[Scenario], shards: Shards) -> list[Job]:
    """All units of work, in the order in which one process would do them; they may be done in any."""
    unique(scenarios)
    return [
        Job(name, scenario, number)
        for scenario in scenarios
        for number, name in enumerate(shards.units(scenario.name, scenario.source))
    ]


def run(
    scenarios: Sequence[Scenario], shards: Shards, folder: RunFolder, xla: str, models: OpenModels,
    keep_perturbations: bool = False,
) -> Progress:  # fmt: skip
    """Finishes every unit that the run folder lacks. Killed at any moment, it goes on there with the same numbers.

    keep_perturbations: whether those of each unit are written into the run folder, too (`engine.kept`)."""
    todo = jobs(scenarios, shards)
    if shards.strict:
        _refuse_left_out(todo, folder)
    if not all(folder.has(job.name) for job in todo):
        preflight(scenarios, shards.split, folder, models, shards.strict)
    progress = Progress(len(shards.split) * len(scenarios))
    try:
        for scenario, own in itertools.groupby(todo, key=lambda job: job.scenario):
            progress.of(scenario.name, scenario.work)
            _run_scenario(scenario, list(own), shards, folder, xla, models, progress, keep_perturbations)
    finally:
        progress.close()
    return progress


def _run_scenario(
    scenario: Scenario, own: list[Job], shards: Shards, folder: RunFolder, xla: str, models: OpenModels,
    progress: Progress, keep_perturbations: bool,
) -> None:  # fmt: skip
    missing = [job.number for job in own if not folder.has(job.name)]
    if not missing:
        progress.skip(len(shards.split))
        return
    first, size = missing[0], shards.size(scenario.source)
    progress.skip(first * size)
    models.keep(scenario.models)
    make, keeping = None, {"keep": _keeper(scenario, folder)} if keep_perturbations else {}
    with_example = not any(_measured(job, folder) for job in own[:first])
    for job, batch in zip(own[first:], progress.timed(shards.batches(scenario.source, first)), strict=True):
        if folder.has(job.name):
            progress.skip(len(batch["id"]))
            with_example = with_example and not _measured(job, folder)
            continue
        if make is None and not empty(batch):
            make = maker(scenario, batch, folder, xla, models)
        tick = functools.partial(progress.tick, images=len(batch["id"]))

        def made(batch, make=make, with_example=with_example, tick=tick):
            assert make is not None  # nothing is made of an empty batch
            return make(batch, shards.split, with_example, tick, **keeping)

        unit = without_damaged(batch, shards.ids(scenario.source, job.number), made, shards.strict)
        for name, sentence in left_out([unit]).items():
            progress.say(f"Left out: {name}: {sentence}")
        folder.save(job.name, unit)
        with_example = with_example and not measured([unit])


def _keeper(scenario: Scenario, folder: RunFolder) -> Keep:
    """What writes the perturbations of a scenario into the run folder."""
    attacks = scenario.protocol.attacks
    own = describe_source(folder.path, scenario.attacked, attacks, scenario.protocol.text)
    return functools.partial(keep, own, scenario.attacked, attacks)


def _measured(job: Job, folder: RunFolder) -> bool:
    return bool(measured([folder.load(job.name)]))


def _refuse_left_out(todo: Sequence[Job], folder: RunFolder) -> None:
    """ValueError for the first photograph that an earlier start has left out."""
    for job in todo:
        for sentence in left_out([folder.load(job.name)] if folder.has(job.name) else []).values():
            raise ValueError(f"{folder.path} was begun without `strict` and has left out a photograph: {sentence}")


def maker(
    scenario: Scenario, batch: dict[str, tf.Tensor], folder: RunFolder, xla: str, models: OpenModels
) -> UnitMaker:
    """Opens the models, which costs time, only where there is something to do. batch: what XLA is tried on."""
    source = scenario.source
    compiled = False
    if isinstance(source, ModelSpec) and not source.seeded:
        compiled = folder.decide(f"xla-{source.name}", lambda: _choose(xla, models[source], batch))
    return UnitMaker(scenario, {spec: models[spec] for spec in scenario.models}, compiled)


def _choose(xla: str, model, batch: dict[str, tf.Tensor]) -> bool:
    images = batch["image"]
    arguments = images, batch["labels"], no_seeds(images)
    return choose_xla(xla, lambda *tensors: plain_gradient(model, away_from_labels, *tensors), *arguments)
