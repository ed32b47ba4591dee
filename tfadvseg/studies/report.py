"""Everything that is made of a finished run: claims.json, results.csv, per_class.csv, results.md, report.html, figures/
and tensorboard/; region.csv and hiding.csv where there is something to tell."""

import dataclasses
import itertools
import json
import os
import pathlib
from collections.abc import Sequence

from tfadvseg.atomic import write_atomically
from tfadvseg.registry import choose
from tfadvseg.reports import tensorboard
from tfadvseg.reports.curves import drawings as steps_drawings
from tfadvseg.reports.curves import events as steps_events
from tfadvseg.reports.curves import part as steps_part
from tfadvseg.reports.document import Block, Bullets, ClaimTable, Document, Heading, Photographs
from tfadvseg.reports.drawing import save_drawings
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.page import page
from tfadvseg.reports.sheets import draw_sheets
from tfadvseg.reports.terminal import terminal
from tfadvseg.runs import curves, hidden, parts, per_class
from tfadvseg.runs.csv_text import csv_text
from tfadvseg.runs.examples import Example, load_examples
from tfadvseg.runs.folder import whole
from tfadvseg.studies import STUDIES
from tfadvseg.studies.account import attacked_part, costs_part, provenance_part
from tfadvseg.studies.answer import answer_part
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Study


def write_report(folder: str | os.PathLike[str], with_tensorboard: bool = True) -> list[pathlib.Path]:
    """Judges and draws a finished run, again where it was done before; returns the files and folders written.

    Without TensorBoard no TensorFlow is needed. Raises ValueError where the run has not finished, or is of no known
    study.
    """
    run = FinishedRun.read(pathlib.Path(folder))
    study = _study(run)
    report = study.report()
    judgements = study.judged(run)
    figures = report.figures(run, run.folder / "figures")
    label_space, examples = None, tuple[Example, ...]()
    if (run.folder / "examples.npz").exists():
        label_space, examples = whole(run.folder / "examples.npz", load_examples)
    steps = whole(run.folder / curves.FILE, curves.read) if (run.folder / curves.FILE).exists() else curves.NONE
    drawn = save_drawings(steps_drawings(steps), run.folder / "figures")
    pictures = steps_part(steps, _shown(drawn, run)) if drawn else []
    if label_space and any(one.attacked for one in examples):
        pictures.append(Photographs(examples, label_space))
    document = completed(report.document(run, judgements, _shown(figures, run)), run, report.answer(run), pictures)
    claims = json.dumps([dataclasses.asdict(one) for one in judgements], indent=1)
    written = [
        _write(run.folder / "claims.json", claims),
        _write(run.folder / "results.csv", csv_text(run.table)),
        _write(run.folder / "per_class.csv", csv_text(per_class.table(run.results))),
        _write(run.folder / "results.md", markdown(document)),
        _write(run.folder / "report.html", page(document, run.folder)),
        *figures,
        *drawn,
    ]
    for name, table in (("region", parts.table(run.results)), ("hiding", hidden.table(run.results))):
        if len(table):
            written.append(_write(run.folder / f"{name}.csv", csv_text(table)))
    if label_space:
        written += draw_sheets(examples, label_space, run.folder / "figures")
    if with_tensorboard:
        own = report.events(run, examples, label_space) if report.events else ()
        added = itertools.chain(own, steps_events(steps))
        tensorboard.write(run.table, run.folder / "tensorboard", examples, label_space, run.settings, added)
        written.append(run.folder / "tensorboard")
    return written


def completed(document: Document, run: FinishedRun, answer: Sequence[str], pictures: Sequence[Block] = ()) -> Document:
    """A study's document between what every report begins and ends with: the answer in short and what was attacked;
    attacks step by step and photographs, the claims, what it took and of what it was made."""
    claims = [block for block in document.blocks if isinstance(block, ClaimTable)]
    found = [block for block in document.blocks if not isinstance(block, ClaimTable) and not _said(block, answer)]
    headed = not found or isinstance(found[0], Heading) or (isinstance(found[0], Bullets) and found[0].heading)
    opening = [answer_part(run, answer), *attacked_part(run), *([] if headed else [Heading("What was found")])]
    closing = [*pictures, *claims, *costs_part(run), *provenance_part(run)]
    return dataclasses.replace(document, blocks=[*opening, *found, *closing])


def summary_text(run: FinishedRun | str | os.PathLike[str]) -> str:
    """What a terminal shows of a finished run, or of its folder."""
    run = run if isinstance(run, FinishedRun) else FinishedRun.read(pathlib.Path(run))
    told = [run.results.left_out_text()] if run.results.left_out else []
    return "\n".join([terminal(_study(run).report().summary(run)), *told])


def _shown(figures: Sequence[pathlib.Path], run: FinishedRun) -> list[str]:
    """The paths of those of the pictures that a document shows, as seen from the run folder."""
    return [path.relative_to(run.folder).as_posix() for path in figures if path.suffix == ".png"]


def _said(block: Block, answer: Sequence[str]) -> bool:
    """Whether the answer says all of it."""
    return isinstance(block, Bullets) and not block.heading and set(block.items) <= set(answer)


def _study(run: FinishedRun) -> Study:
    return choose(STUDIES, run.study, "study")


def _write(path: pathlib.Path, text: str) -> pathlib.Path:
    write_atomically(path, lambda file: file.write(text.encode()))
    return path
