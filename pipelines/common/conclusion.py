"""What a programme of jobs says of the paper in the end: index.md and claims.csv, from what its jobs left."""

import io
import json
import pathlib
from collections.abc import Sequence

import pandas as pd

from pipelines.common.standing import FAILED, Standing, in_words
from tfadvseg.reports.document import Bullets, Document, Paragraph
from tfadvseg.reports.markdown import markdown
from tfadvseg.runs.atomic import write_atomically
from tfadvseg.runs.results import Results
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.overall import Answer, Chapter, Told, answers, counted, index, rows
from tfadvseg.studies.programme import Job


def write_index(
    folder: pathlib.Path, title: str, about: str, jobs: Sequence[Job], standings: Sequence[Standing]
) -> Document:
    """Writes index.md and claims.csv from whatever is finished in the folder; returns what a terminal shows.

    about: dataset, photographs and networks in words. jobs: of the programme; standings: of those that were picked."""
    now = {one.job.name: one for one in standings}
    there = [job for job in jobs if (folder / job.name / "claims.json").exists()]
    told = [one for job in there for one in judged(job, folder)]
    found = answers(told, {job.name: job.claims for job in jobs if job not in there and not job.missing})
    chapters = [chapter(job, folder, now.get(job.name)) for job in jobs]
    page = index(title, about, chapters, found)
    write_whole(folder / "index.md", markdown(page))
    table_text = io.StringIO()
    pd.DataFrame(rows(found, told)).to_csv(table_text, index=False)
    write_whole(folder / "claims.csv", table_text.getvalue())
    return summary(folder, chapters, found)


def judged(job: Job, folder: pathlib.Path) -> list[Told]:
    """The verdicts of a job on the claims that it is there for."""
    found = [Judgement(**one) for one in json.loads((folder / job.name / "claims.json").read_text())]
    return [Told(job.name, one) for one in found if one.number in job.claims]


def chapter(job: Job, folder: pathlib.Path, now: Standing | None) -> Chapter:
    """What is told of a job."""
    own = folder / job.name
    if (own / "claims.json").exists() and (now is None or now.state != FAILED):
        gradients = int(Results.read(own / "cells.npz").gradients.sum())
        spent = f" in {in_words(now.seconds)}" if now is not None and now.seconds else ""
        return Chapter(job.name, job.asks, f"{gradients:,} gradients{spent}.", f"{job.name}/results.md")
    if job.missing:
        return Chapter(job.name, job.asks, f"Left out: it {job.missing}.")
    if now is None:
        return Chapter(job.name, job.asks, "Not done yet.")
    return Chapter(job.name, job.asks, f"{now.state.capitalize()}: {now.sentence}")


def summary(folder: pathlib.Path, chapters: Sequence[Chapter], found: Sequence[Answer]) -> Document:
    """What a terminal shows at the end."""
    listed = Bullets([f"{one.name}: {one.told}" for one in chapters])
    claims = Paragraph(f"Claims of the paper: {counted(found)}.")
    return Document(f"Results: {folder}/index.md, claims.csv", [listed, claims])


def write_whole(path: pathlib.Path, text: str) -> None:
    """Whole or not at all."""
    write_atomically(path, lambda file: file.write(text.encode()))
