"""What is told of an endpoint."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tfadvseg.atomic import write_atomically
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.page import page
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.csv_text import csv_text
from tfadvseg.runs.results import CLEAN

Rows = Sequence[Mapping[str, Any]]

STEPS = (
    "IoU in per cent: by the local model on the perturbed floats, on the image in 8 bits and on what arrives, then by "
    "the server, which is given the very same bytes."
)
LOST = (
    "Lost are points of IoU that the attack loses, by rounding to 8 bits, by JPEG, and at the server on the same bytes "
    "(another resizing, other arithmetic); below zero where a step itself misleads the network, as the clean rows "
    "show. Agreement is the share of pixels, in per cent, to which server and local model give the same label on the "
    "same bytes, and least that of the image in which it is least."
)
DEFENDED = (
    "The server answers behind its defense, while floats, 8 bits and arrived are of the network without it. So what is "
    "lost at the server is what the defense changes; agreement is with the local model behind the same defense."
)
BLACK_BOX = (
    "The endpoint was attacked by its label maps alone. Noise of random signs is what any attack must beat. IoU is "
    "that of the served label maps, changed the share of pixels whose served label is no longer that of the clean "
    "image."
)


def document(rows: Rows, notes: Sequence[str], verdict: Sequence[str], behind_a_defense: bool = False) -> Document:
    """Of a verification. verdict: paragraphs. behind_a_defense: whether the server answers so."""
    told = [Paragraph(sentence) for sentence in (*verdict, *([DEFENDED] if behind_a_defense else []))]
    steps: list[Block] = [Heading("IoU by steps"), Paragraph(STEPS), _steps(rows)]
    lost: list[Block] = [Heading("What is lost on the way"), Paragraph(LOST), _lost(rows)]
    return Document("The served model", [*told, *_warnings(notes), *steps, *lost])


def black_box_document(rows: Rows, notes: Sequence[str]) -> Document:
    """Of an attack by queries."""
    table = Table(
        ["attack", "epsilon", "queries", "IoU", "IoU ratio", "changed (%)", "L-infinity"],
        [
            [
                _title(row["attack"]),
                f"{row['epsilon']:g}",
                f"{row['queries']:g}",
                with_interval(*(row[key] for key in ("iou", "iou_low", "iou_high"))),
                number(row["iou_ratio"]),
                number(row["changed"]),
                str(row["linf"]),
            ]
            for row in rows
        ],
        labels=2,
    )
    return Document("The endpoint as a black box", [*_warnings(notes), Paragraph(BLACK_BOX), table])


def write_tables(folder: pathlib.Path, told: Document, rows: Rows, columns: Sequence[str]) -> None:
    """served.csv, served.md and report.html."""
    table = pd.DataFrame(rows, columns=list(columns))
    _write(folder / "served.csv", csv_text(table))
    _write(folder / "served.md", markdown(told))
    _write(folder / "report.html", page(told, folder))


def _write(path: pathlib.Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))


def _warnings(notes: Sequence[str]) -> list[Block]:
    return [Bullets(notes, heading="Warnings")] if notes else []


def _steps(rows: Rows) -> Table:
    scores = ("iou_floats", "iou_8_bits", "iou_arrived")
    found = [
        [
            *_named(row),
            *(number(row[key]) for key in scores),
            with_interval(*(row[key] for key in ("iou_served", "iou_served_low", "iou_served_high"))),
        ]
        for row in rows
    ]
    return Table(["attack", "epsilon", "sent", "floats", "8 bits", "arrived", "served"], found, labels=3)


def _lost(rows: Rows) -> Table:
    found = [
        [
            *_named(row),
            *(f"{row[key]:+.2f}" for key in ("lost_rounding", "lost_jpeg", "lost_server")),
            f"{row['agreement']:.2f}",
            f"{row['agreement_least']:.2f}",
            f"{row['bytes'] / 1e3:.0f}",
            f"{1e3 * row['seconds']:.0f}",
        ]
        for row in rows
    ]
    header = ["attack", "epsilon", "sent", "rounding", "JPEG", "server", "agreement", "least", "kB", "ms"]
    return Table(header, found, labels=3)


def _named(row: Mapping[str, Any]) -> list[str]:
    return [_title(row["attack"]), f"{row['epsilon']:g}", row["sent"]]


def _title(attack: str) -> str:
    return attack if attack == CLEAN else attack_title(attack)
