"""Jobs of a programme as they stand in its folder, and what is left of them in gradients and in time."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Mapping, Sequence

from tfadvseg.atomic import write_atomically
from tfadvseg.engine import cost
from tfadvseg.engine.planned import Planned
from tfadvseg.json_text import as_typed, parsed
from tfadvseg.reports.document import Block, Bullets, Document, Paragraph, Table
from tfadvseg.reports.numbers import duration
from tfadvseg.runs.folder import RunFolder, recipe_of
from tfadvseg.studies.programme import Job

OPEN, FINISHED, FAILED, IMPOSSIBLE = "to be done", "finished", "failed", "left out"


@dataclasses.dataclass
class Standing:
    """folder: its run folder. arguments: of its pipeline. terms: a digest of what else decides its numbers. state: one
    of the four. sentence: why it failed, or what it needs. plan: its experiment, where that is known."""

    job: Job
    folder: pathlib.Path
    arguments: list[str]
    terms: str
    state: str = OPEN
    sentence: str = ""
    plan: Planned | None = None

    @property
    def judged(self) -> bool:
        """Whether it has results."""
        return (self.folder / "claims.json").exists()

    @property
    def finished_units(self) -> set[str]:
        """Names; from the folder alone, so that one may look often."""
        units = self.folder / "units"
        return {path.stem for path in units.glob("*.npz")} if units.is_dir() else set()

    @property
    def work_left(self) -> float:
        """Gradients of the units that are not finished; NaN where nobody knows."""
        return cost.work(self.plan.experiment, self.finished_units) if self.plan else math.nan


class Speeds:
    """{digest of a network: seconds of one of its gradients} in a programme's folder."""

    def __init__(self, folder: pathlib.Path):
        self.path = folder / "speeds.json"
        self.known: dict[str, float] = {}
        try:
            if self.path.is_file():
                self.known |= as_typed(dict[str, float], parsed(self.path.read_text()), "the file")
        except (OSError, ValueError) as error:
            raise ValueError(f"{self.path} is damaged; delete it, speeds are measured again.") from error

    def learn(self, one: Standing) -> None:
        """From the seconds that the units of a finished job took."""
        if one.plan is None or one.state != FINISHED or not one.finished_units:
            return
        folder = RunFolder(one.folder, recipe_of(one.folder), {})
        spent = cost.measured(one.plan.experiment, folder).items()
        self.add({digest: seconds / gradients for digest, (gradients, seconds) in spent if gradients})

    def seconds_left(self, one: Standing) -> float:
        """NaN where nobody knows."""
        return cost.seconds(one.plan.experiment, self.known, one.finished_units) if one.plan else math.nan

    def add(self, found: Mapping[str, float]) -> None:
        """From now on, also after this process."""
        self.known |= found
        write_atomically(self.path, lambda file: file.write(json.dumps(self.known, indent=1).encode()))


def document(title: str, standings: Sequence[Standing], speeds: Speeds) -> Document:
    """A row for each job that can be done, the total of what is left, and which jobs cannot be done and why."""
    rows, total, time = [], 0.0, 0.0
    for one in standings:
        if one.state in (OPEN, FINISHED) and one.plan:
            left, seconds = (one.work_left, speeds.seconds_left(one)) if one.state == OPEN else (0.0, 0.0)
            images = str(len(one.plan.experiment.shards.split))
            rows.append([one.job.name, one.state, images, f"{left:,.0f}", duration(seconds)])
            total, time = total + left, time + seconds
    rows.append(["all of them", "", "", f"{total:,.0f}", duration(time)])
    told = [f"{one.job.name} {one.state}: {one.sentence}" for one in standings if one.state in (FAILED, IMPOSSIBLE)]
    blocks: list[Block] = [
        Table(["Job", "State", "Photographs", "Gradients left", "Time left"], rows, labels=2),
        Paragraph(
            "A forward pass counts as half a gradient. Times are of gradients alone, one after the other, by one timed "
            "gradient of each network."
        ),
    ]
    return Document(title, blocks + ([Bullets(told)] if told else []))
