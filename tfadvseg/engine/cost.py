"""What an experiment costs before it is run: gradients by its parts, and seconds by what a gradient took before."""

import math
from collections.abc import Collection, Mapping

from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.parts import Attacked
from tfadvseg.runs.folder import RunFolder

Speeds = Mapping[str, float]
"""{digest of a network: seconds of one of its input gradients}."""


def work(experiment: Experiment, finished: Collection[str] = ()) -> float:
    """Gradients of all units but the finished ones, a forward pass counted as a half."""
    return sum(job.part.work * len(job.ids) for name, job in experiment.jobs.items() if name not in finished)


def beside_attacks(experiment: Experiment) -> float:
    """The same of what a study measures beside attacks, such as votes under noise."""
    return sum(job.part.work * len(job.ids) for job in experiment.jobs.values() if not isinstance(job.part, Attacked))


def seconds(experiment: Experiment, speeds: Speeds, finished: Collection[str] = ()) -> float:
    """That these take; NaN where the speed of a network is not known."""
    return sum(
        job.part.work * len(job.ids) * speeds.get(job.part.source.digest, math.nan)
        for name, job in experiment.jobs.items()
        if name not in finished
    )


def measured(experiment: Experiment, folder: RunFolder) -> dict[str, tuple[float, float]]:
    """{digest of a network: (gradients, seconds) of its finished units}; of those that keep their seconds, and not of
    the first one of each part, in which graphs are traced."""
    found: dict[str, tuple[float, float]] = {}
    for name in folder.finished() & set(experiment.jobs):
        job = experiment.jobs[name]
        if job.number and "seconds" in (unit := folder.load(name)):
            gradients, spent = found.get(job.part.source.digest, (0.0, 0.0))
            now = job.part.work * len(job.ids), float(unit["seconds"].sum())
            found[job.part.source.digest] = gradients + now[0], spent + now[1]
    return found
