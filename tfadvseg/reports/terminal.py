"""Documents as plain text for a terminal: no pictures, and no verdicts on claims, which take a wider page."""

import textwrap
from collections.abc import Iterator, Sequence

from tfadvseg.reports.document import (
    Block,
    Bullets,
    ClaimTable,
    Document,
    Heading,
    Link,
    Paragraph,
    Photographs,
    Picture,
    Pointers,
    Table,
)

WIDTH = 110
LABEL = 32
"""Characters of a line, and at most of a column that names rows."""
GAP = "  "


def terminal(document: Document, width: int = WIDTH) -> str:
    """Text of lines of at most `width` characters, where words and single columns allow it."""
    parts = [_wrapped(document.title, width)]
    for block in document.blocks:
        parts += _parts(block, width)
    return "\n\n".join(parts) + "\n"


def _parts(block: Block, width: int) -> list[str]:
    match block:
        case Heading(text) | Paragraph(text):
            return [_wrapped(text, width)]
        case Bullets(items, heading):
            listed = "\n".join(_wrapped(f"- {item}", width, "  ") for item in items)
            return [heading, listed] if heading else [listed]
        case Link(text, path):
            return [f"{text}: {path}"]
        case Pointers(items):
            told = (" ".join([f"- {one.text}", *(f"({link.path})" for link in one.links)]) for one in items)
            return ["\n".join(_wrapped(line, width, "  ") for line in told)]
        case Table():
            return [_aligned(part) for part in _beside(table=block, width=width)]
        case ClaimTable() | Picture() | Photographs():
            return []


def _wrapped(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _beside(table: Table, width: int) -> Iterator[Table]:
    """The table, or several that hold as many of its columns as fit, each with the labels of its rows; a star before
    what stands out."""
    told = [
        [f"*{value}" if (r, c) in table.marked else value for c, value in enumerate(row)]
        for r, row in enumerate(table.rows)
    ]
    rows = [[*map(_short, row[: table.labels]), *row[table.labels :]] for row in (table.header, *told)]
    for columns in _groups(_widths(rows), table.labels, width):
        header, *body = ([*row[: table.labels], *(row[column] for column in columns)] for row in rows)
        yield Table(header, body, table.labels)


def _groups(widths: Sequence[int], labels: int, width: int) -> list[list[int]]:
    """Numbers of the columns behind the labels, those together that fit beside these."""
    groups: list[list[int]] = [[]]
    left = room = width - sum(widths[:labels]) - len(GAP) * (labels - 1)
    for column in range(labels, len(widths)):
        needed = len(GAP) + widths[column]
        if needed > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(column)
        left -= needed
    return groups


def _aligned(table: Table) -> str:
    rows = [table.header, *table.rows]
    widths = _widths(rows)
    return "\n".join(
        GAP.join(
            value.ljust(size) if column < table.labels else value.rjust(size)
            for column, (value, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _short(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 3]}..."
