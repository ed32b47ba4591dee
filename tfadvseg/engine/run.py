"""Runs the units of an experiment that are not finished yet, or a share of them, wherever their workers are."""

import collections
import sys
import uuid
from collections.abc import Sequence

from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.left_out import left_out
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.scenario import Scenario
from tfadvseg.engine.share import WHOLE, Share
from tfadvseg.engine.team import AGAIN, Crew, Event, FalseStart, Finished, HandedOutAgain, Ticked, alone
from tfadvseg.engine.worker import PREFLIGHT, Worker
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress


def run(
    scenarios: Sequence[Scenario],
    shards: Shards,
    folder: RunFolder,
    xla: str,
    models: OpenModels,
    keep_perturbations: bool = False,
) -> Progress:
    """Finishes every unit that the run folder lacks, in this process. Killed at any moment, it goes on there with the
    same numbers.

    keep_perturbations: whether those of each unit are written into the run folder, too (`engine.kept`)."""
    experiment = Experiment(tuple(scenarios), shards, xla, keep_perturbations)
    return carry_out(experiment, folder, alone(Worker(experiment, folder, models)))


def carry_out(experiment: Experiment, folder: RunFolder, crew: Crew, share: Share = WHOLE) -> Progress:
    """Has a crew finish every unit of a share that the run folder lacks."""
    own, finished = share.of(list(experiment.jobs)), folder.finished()
    if experiment.shards.strict:
        refuse_left_out([name for name in own if name in finished], folder)
    missing = [name for name in own if name not in finished]
    if not missing:
        return Progress(0)
    if not folder.store.locks:
        missing = begun_anywhere(missing)
    crew([PREFLIGHT], told_of_preflight)
    told = Told(experiment, missing)
    try:
        crew(missing, told)
    finally:
        told.progress.close()
    for line in told.lines():
        told.progress.say(line)
    return told.progress


def begun_anywhere(names: Sequence[str]) -> list[str]:
    """The same in a circle, from a random one on: so of two runs that meet in a folder each makes what the other has
    not yet come to."""
    first = uuid.uuid4().int % len(names)  # not by a generator that a seed may have set
    return [*names[first:], *names[:first]]


class Told:
    """What is heard of units, as a bar; and at the end who did what."""

    def __init__(self, experiment: Experiment, names: Sequence[str]):
        self.jobs = experiment.jobs
        self.progress = Progress(sum(len(self.jobs[name].ids) for name in names))
        self.made: collections.Counter[str] = collections.Counter()
        self.again: collections.Counter[str] = collections.Counter()

    def __call__(self, event: Event) -> None:
        """Moves the bar, and says what is out of the ordinary: photographs left out, workers that ended."""
        if isinstance(event, FalseStart):
            self.progress.say(false_start(event))
            return
        job = self.jobs[event.unit]
        if isinstance(event, Ticked):
            self.progress.of(job.part.name, job.part.work)
            self.progress.tick(event.work, len(job.ids))
        elif isinstance(event, Finished):
            self.made[event.worker] += 1
            self.progress.spend(event.outcome.waited, event.outcome.worked)
            for name, sentence in event.outcome.left_out.items():
                self.progress.say(f"Left out: {name}: {sentence}")
            if len(event.outcome.left_out) == len(job.ids):  # and nothing was told of its work
                self.progress.skip(len(job.ids))
        elif isinstance(event, HandedOutAgain):
            self.again[event.unit] += 1
            self.progress.of(job.part.name, job.part.work)
            self.progress.tick(-event.done, len(job.ids))
            times = f"{self.again[event.unit]} of at most {AGAIN} times"
            self.progress.say(f"{event.worker} has ended ({event.why}); {event.unit} is handed out again, {times}.")

    def lines(self) -> list[str]:
        """One, where there was more than this process or more than one try."""
        if len(self.made) < 2 and not self.again:
            return []
        who = ", ".join(f"{worker} {count}" for worker, count in sorted(self.made.items()))
        again = ", ".join(f"{unit} ({count} times)" if count > 1 else unit for unit, count in self.again.items())
        return [f"Units made: {who}; handed out again: {again or 'none'}."]


def told_of_preflight(event: Event) -> None:
    """A line for each worker that has ended."""
    if isinstance(event, FalseStart):
        print(false_start(event), file=sys.stderr, flush=True)
    elif isinstance(event, HandedOutAgain):
        print(f"{event.worker} has ended ({event.why}); its look at the models is begun again.", file=sys.stderr)


def false_start(event: FalseStart) -> str:
    """In words."""
    return f"{event.worker} has ended before it could begin ({event.why}); it is started again."


def refuse_left_out(names: Sequence[str], folder: RunFolder) -> None:
    """ValueError for the first photograph that an earlier start has left out."""
    for name in names:
        for sentence in left_out([folder.load(name)]).values():
            raise ValueError(f"{folder.store} was begun without `strict` and has left out a photograph: {sentence}")
