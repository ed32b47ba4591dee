"""What a programme of jobs says of the paper in the end: index.html, index.md, claims.csv, from what its jobs left."""

import dataclasses
import itertools
import pathlib
from collections.abc import Sequence

import pandas as pd

from tfadvseg.atomic import write_atomically
from tfadvseg.json_text import as_typed, parsed
from tfadvseg.reports.document import Bullets, Document, Paragraph
from tfadvseg.reports.markdown import markdown, plain
from tfadvseg.reports.numbers import duration
from tfadvseg.reports.page import PHOTOGRAPHS, page
from tfadvseg.runs.csv_text import csv_text
from tfadvseg.runs.folder import whole
from tfadvseg.runs.results import Results
from tfadvseg.studies.account import costs_of_jobs, provenance_of_jobs
from tfadvseg.studies.answer import TITLE
from tfadvseg.studies.chapter import Chapter
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.overall import Answer, Told, answers, counted, index, rows
from tfadvseg.studies.recommendation import recommendation
from tfadvseg.studies.run import FinishedRun

from .standing import FAILED, FINISHED, IMPOSSIBLE, OPEN, Standing


def write_index(folder: pathlib.Path, title: str, about: str, standings: Sequence[Standing]) -> Document:
    """Writes index.html, index.md and claims.csv from the jobs that are finished; returns what a terminal shows.

    about: dataset, photographs and networks in words. standings: of all jobs, also of those that were not picked."""
    told = [one for standing in standings if standing.state == FINISHED for one in judged(standing)]
    waiting = {one.job.name: one.job.claims for one in standings if one.state in (OPEN, FAILED)}
    found, chapters = answers(told, waiting), list(map(chapter, standings))
    runs = finished_runs(standings)
    short, account = recommendation(runs), [*costs_of_jobs(runs), *provenance_of_jobs(runs)]
    write_whole(folder / "index.md", markdown(index(title, about, chapters, found, short, account)))
    pages = [dataclasses.replace(one, results=one.results and f"{one.name}/report.html") for one in chapters]
    write_whole(folder / "index.html", page(index(title, about, pages, found, short, account), folder))
    write_whole(folder / "claims.csv", csv_text(pd.DataFrame(rows(found, told))))
    return summary(folder, chapters, found)


def finished_runs(standings: Sequence[Standing]) -> dict[str, FinishedRun]:
    """By the names of their jobs."""
    return {one.job.name: FinishedRun.read(one.folder) for one in standings if one.state == FINISHED}


def judged(one: Standing) -> list[Told]:
    """The verdicts of a finished job on the claims that it is there for."""
    found: list[Judgement] = whole(
        one.folder / "claims.json", lambda path: as_typed(list[Judgement], parsed(path.read_text()), path.name)
    )
    return [Told(one.job.name, judgement) for judgement in found if judgement.number in one.job.claims]


def chapter(one: Standing) -> Chapter:
    """What is told of a job."""
    job = one.job
    if one.state == FINISHED:
        found: Results = whole(one.folder / "cells.npz", Results.read)
        told = f"{int(found.gradients.sum()):,} gradients in {duration(float(found.seconds.sum()))}."
        figures = tuple(sorted(path.name for path in (one.folder / "figures").glob("*.png")))
        lines = _lines(one.folder)
        return Chapter(
            job.name, job.asks, told, f"{job.name}/results.md", sections(lines, figures), figures, beginning(lines)
        )
    told = {FAILED: "It has failed", IMPOSSIBLE: "It is left out", OPEN: "It is not done yet"}[one.state]
    return Chapter(job.name, job.asks, f"{told}: {one.sentence.rstrip('.')}." if one.sentence else f"{told}.")


def sections(lines: Sequence[str], figures: Sequence[str]) -> tuple[str, ...]:
    """Titles of the parts of a run's report; photographs are on its page alone."""
    shown = [PHOTOGRAPHS] if any(name.startswith("sheet_") for name in figures) else []
    return (*(line.removeprefix("## ") for line in lines if line.startswith("## ")), *shown)


def beginning(lines: Sequence[str]) -> tuple[str, ...]:
    """What a run's report says in short; nothing of one that has no such part."""
    head = f"## {TITLE}"
    after = itertools.dropwhile(lambda line: line != head, lines)
    part = itertools.takewhile(lambda line: line == head or not line.startswith("## "), after)
    return tuple(plain(line.removeprefix("- ")) for line in part if line.startswith("- "))


def _lines(folder: pathlib.Path) -> list[str]:
    """Of a run's report, as far as it is written."""
    report = folder / "results.md"
    if not report.exists():
        return []
    found: list[str] = whole(report, lambda path: path.read_text(encoding="utf-8").splitlines())
    return found


def summary(folder: pathlib.Path, chapters: Sequence[Chapter], found: Sequence[Answer]) -> Document:
    """What a terminal shows at the end."""
    listed = Bullets([f"{one.name}: {one.told}" for one in chapters])
    claims = Paragraph(f"Claims of the paper: {counted(found)}.")
    return Document(f"Results: {folder}/index.html, index.md, claims.csv", [listed, claims])


def write_whole(path: pathlib.Path, text: str) -> None:
    """Whole or not at all."""
    write_atomically(path, lambda file: file.write(text.encode()))
