"""What an experiment costs before it is run: gradients by its parts, and seconds by what a gradient took before."""

import collections
from collections.abc import Collection, Mapping

import numpy as np

from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.scenario import Source
from tfadvseg.runs.folder import RunFolder

Speeds = Mapping[str, float]
"""{digest of a network: seconds of one of its input gradients}."""


def work(experiment: Experiment, finished: Collection[str] = ()) -> float:
    """Gradients of all units but the finished ones, a forward pass counted as a half."""
    return sum(job.part.work * len(job.ids) for name, job in experiment.jobs.items() if name not in finished)


def by_source(experiment: Experiment, finished: Collection[str] = ()) -> dict[Source, float]:
    """They by whose gradients they are, a pass through another network counted among them."""
    found: dict[Source, float] = collections.defaultdict(float)
    for name, job in experiment.jobs.items():
        if name not in finished:
            found[job.part.source] += job.part.work * len(job.ids)
    return dict(found)


def seconds(experiment: Experiment, speeds: Speeds, finished: Collection[str] = ()) -> float:
    """That these take; NaN where the speed of a network is not known."""
    spent = by_source(experiment, finished).items()
    return sum(gradients * speeds.get(source.digest, np.nan) for source, gradients in spent)


def measured(experiment: Experiment, folder: RunFolder) -> dict[str, tuple[float, float]]:
    """{digest of a network: (gradients, seconds) of its finished units}; of those that keep their seconds."""
    found: dict[str, tuple[float, float]] = {}
    for name in folder.finished() & set(experiment.jobs):
        job, unit = experiment.jobs[name], folder.load(name)
        if "seconds" in unit:
            gradients, spent = found.get(job.part.source.digest, (0.0, 0.0))
            now = job.part.work * len(job.ids), float(unit["seconds"].sum())
            found[job.part.source.digest] = gradients + now[0], spent + now[1]
    return found
