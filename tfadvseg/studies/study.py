"""A study: how its finished runs are judged, and what is drawn and told of them."""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tfadvseg.reports.document import Block, Bullets, ClaimRow, ClaimTable, Document
from tfadvseg.runs.results import images_text
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun

if TYPE_CHECKING:
    from tfadvseg.data.labels import LabelSpace
    from tfadvseg.reports.events import Events
    from tfadvseg.runs.examples import Example


class Report(NamedTuple):
    """figures: draws PNG, PDF and SVG into a folder, returns the paths. document: results.md as data, from the
    judgements and the paths of the pictures, relative to the run folder. summary: what a terminal shows. answer: what
    the run answers, in at most three sentences. events: the runs that the study adds to TensorBoard, given the examples
    and their label space (None where there are no examples)."""

    figures: Callable[[FinishedRun, pathlib.Path], list[pathlib.Path]]
    document: Callable[[FinishedRun, Sequence[Judgement], Sequence[str]], Document]
    summary: Callable[[FinishedRun], Document]
    answer: Callable[[FinishedRun], list[str]]
    events: "Callable[[FinishedRun, Sequence[Example], LabelSpace | None], Iterable[Events]] | None" = None


@dataclasses.dataclass(frozen=True)
class Study:
    """judged: every claim of the paper that it tests. report: a function, so that judging loads no Matplotlib."""

    judged: Callable[[FinishedRun], list[Judgement]]
    report: Callable[[], Report]


def warnings_part(run: FinishedRun) -> list[Block]:
    """What makes the numbers mean less, where anything does; and how models of another origin, or with other classes,
    were read."""
    warnings: list[Block] = [Bullets(run.warnings, heading="Warnings")] if run.warnings else []
    read = [f"{name}: {how}" for name, how in run.settings.get("readings", {}).items()]
    return warnings + (
        [Bullets(read, heading="How models of another origin, or with other classes, were read")] if read else []
    )


def claims_part(judgements: Sequence[Judgement]) -> list[Block]:
    """A table of verdicts for each subject, in their order."""
    tables: list[Block] = []
    for (about, images, groups), own in itertools.groupby(judgements, lambda one: (one.about, one.images, one.groups)):
        rows = [ClaimRow(one.number, one.statement, one.verdict, one.measured) for one in own]
        tables.append(ClaimTable(about, images_text(images, groups), rows))
    return tables
