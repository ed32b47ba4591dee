"""Many runs as one page that ranks their models: a single HTML file without network, in which only like is ranked."""

import math
import pathlib
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from tfadvseg.release.robustness import Number, Robustness, part_of
from tfadvseg.reports.numbers import number
from tfadvseg.reports.templates import html

TITLES = ("Rank", "Model", "Clean", "Strongest attack", "It leaves", "Worst case", "Of clean (%)", "Gradient", "Run")
WORDS = (1, 3, 7, 8)
"""Columns that hold words."""


class Entry(NamedTuple):
    """A model in a run. run: the folder's name, by which rows are told apart. folder: its whole path."""

    run: str
    folder: str
    one: Robustness


class Cell(NamedTuple):
    """value: what sorts the column, "" for nothing, which stands last. ends: of the interval."""

    text: str
    value: str | float
    ends: str = ""


def page(entries: Sequence[Entry]) -> str:
    """The HTML; ValueError where there is nothing to rank."""
    if not any(entry.one.lines for entry in entries):
        raise ValueError(
            "No run has attacked anything, so there is nothing to rank; name runs of pipelines.robustness."
        )
    groups: dict[Hashable, list[Entry]] = {}
    for entry in entries:
        if entry.one.lines:
            groups.setdefault(alike(entry), []).append(entry)
    boards = [_board(group) for group in groups.values()]
    return html("release/leaderboard.html.j2", boards=boards, titles=TITLES, words=WORDS)


def alike(entry: Entry) -> Hashable:
    """What models must have in common to be ranked together: photographs, labels and all that decides attacks. Runs of
    versions that did not write these down are ranked with nothing else, and so are those whose attacks changed a region
    that is another one on each network."""
    one = entry.one
    compares = one.data and one.protocol and not one.in_own_region
    return (
        one.dataset,
        one.split,
        one.data,
        one.images,
        one.conditions,
        one.epsilon,
        _shown(one),
        bool(one.worst),
        None if compares else entry.folder,
    )


def ranked(group: Sequence[Entry]) -> list[tuple[int | None, Entry]]:
    """Those that keep most first; ones with a masked gradient, or without a number, behind them and without a rank."""
    order = sorted(group, key=lambda entry: (_unranked(entry.one), -_kept(entry.one), entry.one.name))
    return [(None if _unranked(entry.one) else rank, entry) for rank, entry in enumerate(order, start=1)]


def _board(group: Sequence[Entry]) -> dict[str, Any]:
    one = group[0].one
    return {
        "dataset": one.dataset,
        "split": one.split,
        "epsilon": f"{one.epsilon:g}",
        "images": one.images_text,
        "protocol": one.protocol,
        "attacks": ", ".join(_attacks(one)),
        "norm": one.norm_text,
        "data": one.data,
        "rows": [_row(rank, entry) for rank, entry in ranked(group)],
    }


def _row(rank: int | None, entry: Entry) -> list[Cell]:
    one, unknown = entry.one, Number(math.nan, math.nan, math.nan)
    strongest, worst = one.strongest(one.epsilon), one.worst_at(one.epsilon)
    gradient = {True: "masked", False: "no sign of a mask", None: "not known"}[one.unreliable]
    return [
        Cell("-" if rank is None else str(rank), "" if rank is None else rank),
        _word(one.name),
        _score(one.clean),
        _word(strongest.attack if strongest else ""),
        _score(strongest.iou if strongest else unknown),
        _score(worst.iou if worst else unknown),
        _score(worst.ratio if worst else strongest.ratio if strongest else unknown),
        _word(gradient),
        _word(entry.run),
    ]


def _attacks(one: Robustness) -> tuple[str, ...]:
    """By name, in their order."""
    return tuple(dict.fromkeys(line.attack for line in one.lines))


def _shown(one: Robustness) -> Hashable:
    """All that a worst case at the epsilon of comparison is picked from."""
    return frozenset(
        (line.attack, line.epsilon) for line in one.lines if part_of(line.attack, line.epsilon, one.epsilon)
    )


def _kept(one: Robustness) -> float:
    worst, strongest = one.worst_at(one.epsilon), one.strongest(one.epsilon)
    return worst.iou.value if worst else strongest.iou.value if strongest else math.nan


def _unranked(one: Robustness) -> bool:
    return one.unreliable is True or math.isnan(_kept(one))


def _word(text: str) -> Cell:
    return Cell(text, text)


def _score(own: Number) -> Cell:
    ends = "" if math.isnan(own.low) else f"[{number(own.low)}, {number(own.high)}]"
    return Cell(number(own.value), "" if math.isnan(own.value) else round(own.value, 4), ends)


def entries_of(run: pathlib.Path, found: Sequence[Robustness]) -> list[Entry]:
    """Of the models of a run in this folder."""
    return [Entry(run.resolve().name, str(run.resolve()), one) for one in found]
