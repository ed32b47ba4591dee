"""Makes units by their names, in any order, wherever it is: it opens what they need, and reads ahead."""

import concurrent.futures
import dataclasses
import functools
import time
from collections.abc import Mapping
from typing import Any

from tfadvseg.data.batches import BatchReader
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Damaged, Split
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Job
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.left_out import Batch, left_out, measured, without_damaged
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.parts import Make, Part, Setting
from tfadvseg.engine.preflight import preflight
from tfadvseg.engine.unit import Tick
from tfadvseg.runs.folder import RunFolder

PREFLIGHT = "preflight"
"""In place of a unit's name: the look at all models before the first attack."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """left_out: {photograph: the sentence about it} of those that the unit lacks. waited, worked: seconds, for data and
    at all else."""

    left_out: dict[str, str]
    waited: float
    worked: float


class Worker:
    """What is decided by a measurement is decided in the run folder, and so the same for all workers."""

    def __init__(self, experiment: Experiment, folder: RunFolder, models: OpenModels | None = None):
        self.experiment, self.folder = experiment, folder
        self.setting = Setting(experiment.shards.split, folder, models or OpenModels(), experiment.xla)
        self._part: Part | None = None
        self._make: Make | None = None
        self._with_pictures: dict[str, int] = {}
        self._background = concurrent.futures.ThreadPoolExecutor(1, "reader")
        self._readers: dict[tuple[Frame, int], BatchReader] = {}
        self._read: dict[str, concurrent.futures.Future[Batch]] = {}

    def work(self, name: str, following: str | None = None, tick: Tick = lambda work: None) -> Outcome:
        """Makes the unit of that name and saves it. following: what is likely to be asked for next, whose images are
        read meanwhile. One that is finished is left as it is."""
        if name == PREFLIGHT:
            preflight(
                self.experiment.scenarios,
                self.experiment.shards.split,
                self.folder,
                self.setting.models,
                self.experiment.shards.strict,
            )
            return Outcome({}, 0.0, 0.0)
        job, started = self.experiment.jobs[name], time.perf_counter()
        if self.folder.has(name):  # another run has made it meanwhile, where no lock keeps it out
            tick(job.part.work)
            return Outcome({}, 0.0, time.perf_counter() - started)
        batch = self._reading(job).result()
        self._read = {}
        received = time.perf_counter()
        if following in self.experiment.jobs and following != name:
            self._reading(self.experiment.jobs[following])
        unit = without_damaged(
            batch, job.ids, functools.partial(self._made, job, tick), job.shards.strict, job.part.per_image
        )
        self.folder.save(name, unit)
        if measured([unit]) and job.number == 0:
            self._with_pictures[job.part.name] = 0
        return Outcome(left_out([unit]), received - started, time.perf_counter() - received)

    def _reading(self, job: Job) -> "concurrent.futures.Future[Batch]":
        """Its batch, read in the background from now on."""
        if job.name not in self._read:
            self._read[job.name] = self._background.submit(self._reader(job), job.number)
        return self._read[job.name]

    def _reader(self, job: Job) -> BatchReader:
        """One for all parts whose batches are the same."""
        source = job.part.source
        key = source.frame, job.shards.size(source)
        if key not in self._readers:
            self._readers[key] = job.shards.reader(source)
        return self._readers[key]

    def _made(self, job: Job, tick: Tick, batch: Batch) -> dict[str, Any]:
        make = self._maker(job.part, batch)
        return make(batch, tick, job.part.pictures and self._has_pictures(job))

    def _maker(self, part: Part, batch: Batch) -> Make:
        """Built once a part, so that its attacks are traced once; the models of other parts are let go."""
        if self._make is None or part is not self._part:
            self._part = self._make = None
            self.setting.models.keep(part.models)
            self._part, self._make = part, part.maker(self.setting, batch)
        return self._make

    def _has_pictures(self, job: Job) -> bool:
        """Whether a unit is the first of its part that has a photograph which can be read; no matter what else is
        finished, so that it is the same in any order."""
        if job.number == 0:
            return True
        name = job.part.name
        if name not in self._with_pictures:
            size, split = job.shards.size(job.part.source), job.shards.split
            known = job.part.source.findings.left_out if isinstance(job.part.source, KeptSource) else ()
            sound = (index for index in range(len(split)) if _is_sound(split, index, dict(known)))
            first = next(sound, 0)
            self._with_pictures[name] = first // size
        return self._with_pictures[name] == job.number


def _is_sound(split: Split, index: int, known: Mapping[str, str]) -> bool:
    """known: names of photographs that are damaged."""
    try:
        return split.ids[index] not in known and bool(split[index])
    except Damaged:
        return False
