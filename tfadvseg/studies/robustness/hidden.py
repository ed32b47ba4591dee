"""Whether attacks have hidden a class, and left the rest as it was."""

import dataclasses

import numpy as np

from tfadvseg.metrics.intervals import interval, units_of_each_class
from tfadvseg.metrics.scores import share
from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.numbers import with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN, Cell
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun


@dataclasses.dataclass(frozen=True, eq=False)
class Hid:
    """In per cent, of one attack on one network: pixels of the class that are still predicted so, and others predicted
    as before. units: groups of images with the class."""

    cell: Cell
    found: Score
    kept: Score
    units: int


def hid(evidence: Evidence) -> list[Hid]:
    """Of each attack, the mean over its trials."""
    results = evidence.results
    if results.hiding is None:
        return []
    of_trials: dict[Cell, list[int]] = {}
    for k, cell in enumerate(results.cells):
        if cell.attack != CLEAN:
            of_trials.setdefault(dataclasses.replace(cell, trial=0), []).append(k)
    counts = results.hiding._asdict()

    def mean(part: str, whole: str, trials: list[int]) -> Score:
        pixels = [(evidence.weights @ counts[part][k], evidence.weights @ counts[whole][k]) for k in trials]
        return np.mean([share(some, of) for some, of in pixels], 0)

    return [
        Hid(
            cell,
            mean("found", "hidden", trials),
            mean("kept", "rest", trials),
            int(units_of_each_class(counts["hidden"][trials[0]][:, None], results.groups)[0]),
        )
        for cell, trials in of_trials.items()
    ]


def hiding_part(run: FinishedRun) -> list[Block]:
    """A table, a row a network, attack and epsilon; nothing of a run that hides nothing."""
    rows = [_row(one, run.evidence.units) for one in hid(run.evidence)]
    if not rows or run.results.hiding is None:
        return []
    name = run.settings.get("hidden", "the class")
    with_class = int((run.results.hiding.hidden[0] > 0).sum())
    told = (
        f"Of the pixels predicted as {name} on the clean images, the share that still is; of all others the share "
        f"whose prediction is as it was; both in per cent with 95 % intervals over the images, {with_class} of "
        f"{run.evidence.images} of which have such pixels. A class is hidden where the first is 0 and the second 100. "
        "All numbers: hiding.csv."
    )
    header = ["Network", "Attack", "Epsilon", "Still found", "Rest unchanged"]
    return [Heading(f"Hiding {name}"), Paragraph(told), Table(header, rows, labels=2)]


def _row(one: Hid, units: int) -> list[str]:
    cell = one.cell
    name = cell.model if cell.model == cell.source_model else f"{cell.model}, shown what hides from {cell.source_model}"
    epsilon = "own" if cell.epsilon is None else f"{cell.epsilon:g}"
    return [name, attack_title(cell.attack), epsilon, _told(one.found, one.units), _told(one.kept, units)]


def _told(score: Score, units: int) -> str:
    low, high = np.clip(interval(score, units), 0.0, 100.0)
    return with_interval(float(score[0]), float(low), float(high))
