"""Documents as one HTML file that needs nothing else: no network, no font, no other file."""

import itertools
import pathlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from tfadvseg.reports.document import Block, Bullets, ClaimTable, Document, Heading, Photographs, Picture, Table, anchor
from tfadvseg.reports.embedded import Room, picture_file
from tfadvseg.reports.gallery import subjects
from tfadvseg.reports.templates import html

MOST = 15_000_000
"""Bytes of a page."""
CLAIM = ("Claim", "Statement", "Here", "Measured")
PHOTOGRAPHS = "Attacked photographs"
OF_THE_PAGE = ("", "content", "contents")
"""What no section can be called in links."""
NUMBER = re.compile(r"[(*]*(below |above )?([+-]?\d[\d,]*(?:\.\d*)?)")
"""At the beginning of a cell: the number by which a column is sorted."""
BESIDE = {"below ": -1e-9, "above ": 1e-9}
"""What puts a number beyond the last one that was tried on its own side of that."""


class Cell(NamedTuple):
    """sort: what orders the column, a number or a word, "" for nothing, which stands last."""

    text: str
    sort: str
    marked: bool = False


class Grid(NamedTuple):
    """A table. labels: columns that name a row."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    labels: int


class Part(NamedTuple):
    """kind: the macro that makes HTML of it."""

    kind: str
    of: Any


class Section(NamedTuple):
    """parts: what stands below the title. anchor: by what a link finds it, unlike all others of the page."""

    title: str
    parts: list[Part]
    anchor: str = ""


def page(document: Document, folder: pathlib.Path, most: int = MOST) -> str:
    """The HTML. folder: where the paths of pictures begin. Pictures for which `most` bytes leave no room are shown
    smaller or left out, which the page says."""
    room = Room(most)
    text = _drawn(document, folder, room)
    beyond = len(text.encode()) - most
    return text if beyond <= 0 else _drawn(document, folder, Room(max(0, room.used - beyond)))


def _drawn(document: Document, folder: pathlib.Path, room: Room) -> str:
    opening, *found = _sections(document, folder, room)
    return html("reports/page.html.j2", title=document.title, opening=opening.parts, sections=found)


def _sections(document: Document, folder: pathlib.Path, room: Room) -> list[Section]:
    """What comes before all headings, then a section for each heading of level 2."""
    found, taken = [Section("", [])], set(OF_THE_PAGE)
    caption = document.title
    for block in document.blocks:
        title = _title(block)
        if title:
            found.append(Section(title, [], _free(anchor(title), taken)))
            taken.add(found[-1].anchor)
        if isinstance(block, Heading):
            caption = block.text if title else f"{found[-1].title}: {block.text}"
        elif title:
            caption = title
        found[-1].parts.extend(_parts(block, caption, folder, room))
    return found


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or with the first number behind it that nobody has."""
    numbered = (f"{name}-{number}" for number in itertools.count(1))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def _title(block: Block) -> str:
    """Of the section that begins with a block, "" where none does."""
    match block:
        case Heading(text, 2):
            return text
        case Bullets(_, heading):
            return heading
        case ClaimTable():
            return block.title
        case Photographs():
            return PHOTOGRAPHS
        case _:
            return ""


def _parts(block: Block, caption: str, folder: pathlib.Path, room: Room) -> Iterator[Part]:
    match block:
        case Heading(_, 2):
            pass
        case Table():
            yield Part("Grid", grid(block, caption))
        case ClaimTable():
            yield Part("Claims", {"told": block.told, "counts": counts(block), "grid": _claims(block)})
        case Picture(path, alt):
            yield Part("Picture", {"source": picture_file(folder / path, room), "path": path, "alt": alt})
        case Photographs():
            found = subjects(block, room)
            rows = max((len(attack.rows) for subject in found for attack in subject.attacks), default=0)
            yield Part("Photographs", {"subjects": found, "rows": rows})
        case _:
            yield Part(type(block).__name__, block)


def grid(table: Table, caption: str) -> Grid:
    """A table whose columns can be sorted."""
    columns = [
        sort_values([row[column] for row in table.rows], strict=column < table.labels)
        for column in range(len(table.header))
    ]
    rows = [
        [Cell(text, columns[c][r], (r, c) in table.marked) for c, text in enumerate(row)]
        for r, row in enumerate(table.rows)
    ]
    return Grid(caption, table.header, rows, table.labels)


def sort_values(cells: Sequence[str], strict: bool = False) -> list[str]:
    """What orders the cells of a column: their first numbers, as 72.1 of "72.1 [69.2, 75.2]", where all that say
    anything begin with one, else their texts. strict: only where they are numbers and nothing more."""
    said = [cell for cell in cells if cell not in ("", "-")]
    found = {cell: NUMBER.fullmatch(cell) if strict else NUMBER.match(cell) for cell in said}
    numbers = {cell: _number(*match.groups()) for cell, match in found.items() if match}
    words = {cell: cell for cell in said}
    values = numbers if len(numbers) == len(found) else words
    return [values.get(cell, "") for cell in cells]


def _number(side: str | None, text: str) -> str:
    plain = text.replace(",", "").removeprefix("+")
    return f"{float(plain) + BESIDE[side]:.9f}" if side else plain


def counts(table: ClaimTable) -> str:
    """How many claims have each verdict; one of several parts may have several."""
    found = Counter("with several verdicts" if ":" in row.verdict else row.verdict for row in table.rows)
    return f"Of {len(table.rows)}: {', '.join(f'{count} {verdict}' for verdict, count in found.items())}."


def _claims(table: ClaimTable) -> Grid:
    """Numbers of claims are ordered as such: C9 before C10."""
    rows = [
        [
            Cell(row.number, re.sub(r"\d+", lambda found: found[0].zfill(4), row.number)),
            *(Cell(text, text) for text in (row.statement, row.verdict, row.measured)),
        ]
        for row in table.rows
    ]
    return Grid(table.title, CLAIM, rows, len(CLAIM))
