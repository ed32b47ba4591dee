"""What is drawn and told of attacked photographs."""

import pathlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfadvseg.atomic import write_atomically
from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table
from tfadvseg.reports.drawing import literal
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.numbers import number
from tfadvseg.reports.page import page
from tfadvseg.reports.sheets import DPI, amplification, around_grey, photograph_sheet
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.attacked import (
    COLUMNS,
    LOST,
    AttackedPhotograph,
    save_labels,
    save_perturbation,
    save_picture,
)
from tfadvseg.runs.csv_text import csv_text

Row = Mapping[str, Any]
"""Of the table, by the columns of `runs.attacked`."""


def save_pictures(folder: pathlib.Path, one: AttackedPhotograph, space: LabelSpace) -> None:
    """perturbation.npz and .png (amplified), labels_before.png, labels_after.png and sheet.png."""
    save_perturbation(folder / "perturbation.npz", one.perturbation)
    save_picture(folder / "perturbation.png", around_grey(one.perturbation, amplification(one.epsilon)))
    save_labels(folder / "labels_before.png", one.before, space)
    save_labels(folder / "labels_after.png", one.after, space)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph ")  # a name in a script that the font lacks is drawn as boxes
        figure = photograph_sheet(one, space)
        with literal(figure):
            figure.savefig(folder / "sheet.png", dpi=DPI, metadata={"Software": None})


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """attacked.csv: COLUMNS, then for each class that occurs its share lost, empty where a photograph has none of
    it."""
    classes = dict.fromkeys(column for row in rows for column in row if column.startswith(LOST))
    return pd.DataFrame(rows, columns=[*COLUMNS, *classes])


def document(rows: Sequence[Row], notes: Sequence[str]) -> Document:
    """What became of each photograph, model by model. notes: what makes the numbers mean less, or was left out."""
    blocks: list[Block] = [Bullets(notes, heading="Warnings")] if notes else []
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        blocks += [Heading(model), Paragraph(summary(own)), _norms(own), _labels(own), Paragraph(LOST_TOLD), _lost(own)]
    return Document("Attacked photographs", blocks)


def write_tables(folder: pathlib.Path, rows: Sequence[Row], notes: Sequence[str]) -> None:
    """attacked.csv, attacked.md and report.html, which also shows the sheets that lie in the folder."""
    told = document(rows, notes)
    _write(folder / "attacked.csv", csv_text(table(rows)))
    _write(folder / "attacked.md", markdown(told))
    shown = [one for row in rows for one in _sheet(folder, row)]
    heading = [Heading("Photographs")] if shown else []
    _write(folder / "report.html", page(Document(told.title, [*told.blocks, *heading, *shown]), folder))


def _sheet(folder: pathlib.Path, row: Row) -> list[Picture]:
    """Of one photograph before one model."""
    path = f"{row['model']}/{row['image']}/sheet.png"
    told = f"{row['image']} before {row['model']}: as it was, attacked, what was added, and both predictions"
    return [Picture(path, told)] if (folder / path).is_file() else []


def _write(path: pathlib.Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))


LOST_TOLD = "Of the pixels of each class, the share in per cent that has another label in the attacked file:"


def summary(rows: Sequence[Row]) -> str:
    """Of one model, in sentences."""
    first, shares = rows[0], [row["changed"] for row in rows]
    spread = f" (median of {len(rows)}; {min(shares):.1f} to {max(shares):.1f} %)" if len(rows) > 1 else ""
    return (
        f"At epsilon {first['epsilon']:g}, {attack_title(first['attack'])} changes the labels of "
        f"{np.median(shares):.1f} % of a photograph's pixels{spread}, counted on the saved file as the model sees it. "
        f"The perturbation as it was made changes {_median(rows, 'changed_input')} % on the model's own input, and "
        f"{_median(rows, 'changed_float')} % on the photograph before it is rounded to whole levels."
    )


def _median(rows: Sequence[Row], column: str) -> str:
    return number(float(np.median([row[column] for row in rows])))


def _norms(rows: Sequence[Row]) -> Table:
    """Of the saved files."""
    found = [
        [
            row["image"],
            f"{row['width']}x{row['height']}",
            f"{row['epsilon']:g}",
            str(row["linf"]),
            number(row["l2"]),
            number(row["seconds"]),
        ]
        for row in rows
    ]
    return Table(["Image", "Size", "Epsilon", "L-infinity", "L2", "Seconds"], found)


def _labels(rows: Sequence[Row]) -> Table:
    """What the model makes of them, in per cent."""
    shares = ("changed", "changed_float", "changed_input")
    found = [
        [
            row["image"],
            *(number(row[share]) for share in shares),
            *(number(100 * row[column]) for column in ("confidence_before", "confidence_after")),
            "much less" if row["fools_less"] else "yes",
        ]
        for row in rows
    ]
    header = ["Image", "Changed", "Before rounding", "On the input", "Confidence before", "After", "Fools once saved"]
    return Table(header, found)


def _lost(rows: Sequence[Row]) -> Table:
    classes = dict.fromkeys(column for row in rows for column in row if column.startswith(LOST))
    found = [[row["image"], *(number(row.get(column, float("nan"))) for column in classes)] for row in rows]
    return Table(["Image", *(column.removeprefix(LOST) for column in classes)], found)
