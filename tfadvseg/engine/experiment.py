"""An experiment as a value: all that is to be measured, so that any process can do any unit of it."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Protocol

from tfadvseg.engine.jobs import Job, Shards, jobs_of
from tfadvseg.engine.parts import Attacked, Part
from tfadvseg.engine.scenario import Scenario, unique
from tfadvseg.runs.folder import RunFolder


class Extra(Protocol):
    """What a study measures beside its scenarios; a frozen dataclass."""

    @property
    def parts(self) -> Sequence[Part]:
        """Their units come after those of the scenarios."""

    def write(self, shards: Shards, folder: RunFolder) -> None:
        """Writes what its finished units say into the run folder."""


@dataclasses.dataclass(frozen=True)
class Experiment:
    """It can be pickled, and opens nothing. xla: as `engine.xla` has it. keep_perturbations: whether those of each unit
    are written into the run folder, too (`engine.kept`)."""

    scenarios: tuple[Scenario, ...]
    shards: Shards
    xla: str = "auto"
    keep_perturbations: bool = False
    extras: tuple[Extra, ...] = ()

    def __post_init__(self) -> None:
        unique(self.scenarios)

    @property
    def parts(self) -> list[Part]:
        """In their order."""
        attacked: list[Part] = [Attacked(scenario, self.keep_perturbations) for scenario in self.scenarios]
        return attacked + [part for extra in self.extras for part in extra.parts]

    @functools.cached_property
    def jobs(self) -> dict[str, Job]:
        """{name: job} of all units, in the order in which one process would do them."""
        return {job.name: job for job in jobs_of(self.parts, self.shards)}

    @property
    def images(self) -> int:
        """Those of each part counted."""
        return sum(len(job.ids) for job in self.jobs.values())
