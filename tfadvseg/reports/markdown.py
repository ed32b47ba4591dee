"""Documents as Markdown that is laid out to be read as plain text, too."""

import re
import urllib.parse
from collections.abc import Sequence

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
    Pointer,
    Pointers,
    Table,
)


def markdown(document: Document) -> str:
    """The text of a file."""
    parts = [_heading(document.title, 1)]
    for block in document.blocks:
        parts += _parts(block)
    return "\n\n".join(parts) + "\n"


def _parts(block: Block) -> list[str]:
    match block:
        case Heading(text, level):
            return [_heading(text, level)]
        case Paragraph(text):
            return [_at_line_start(_text(text))]
        case Bullets(items, heading):
            listed = "\n".join(f"- {_at_line_start(_text(item))}" for item in items)
            return [_heading(heading, 2), listed] if heading else [listed]
        case Table():
            return [_table(block)]
        case ClaimTable():
            return _claims(block)
        case Picture(path, alt):
            return [f"!{_link(alt, path)}"]
        case Link():
            return [_link(block.text, block.path, block.fragment)]
        case Pointers(items):
            return ["\n".join(f"- {_pointer(item)}" for item in items)]
        case Photographs():
            return []


def _heading(text: str, level: int) -> str:
    return f"{'#' * level} {_text(text)}"


def _link(text: str, path: str, fragment: str = "") -> str:
    return f"[{_text(text)}]({urllib.parse.quote(path, safe='/+,=')}{fragment})"


def _pointer(one: Pointer) -> str:
    links = "; ".join(_link(link.text, link.path, link.fragment) for link in one.links)
    return _at_line_start(_text(one.text)) + (f" {links}" if links else "")


def _table(table: Table) -> str:
    """Aligned columns, whose alignment is marked; cells that stand out are bold."""
    header = [_cell(value) for value in table.header]
    rows = [
        [f"**{_cell(value)}**" if (r, c) in table.marked else _cell(value) for c, value in enumerate(row)]
        for r, row in enumerate(table.rows)
    ]
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]
    left = [column < table.labels for column in range(len(header))]
    rule = [f":{'-' * (w - 1)}" if first else f"{'-' * (w - 1)}:" for w, first in zip(widths, left, strict=True)]

    def line(values: Sequence[str]) -> str:
        padded = [v.ljust(w) if first else v.rjust(w) for v, w, first in zip(values, widths, left, strict=True)]
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(header), line(rule), *map(line, rows)])


def _claims(table: ClaimTable) -> list[str]:
    """Sentences do not align, so neither do their columns."""
    rows = [(row.number, row.statement, row.verdict, row.measured) for row in table.rows]
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return [
        _heading(table.title, 2),
        table.told,
        "\n".join(["| Claim | Statement | Here | Measured |", "| :-- | :-- | :-- | :-- |", *lines]),
    ]


def _text(text: str) -> str:
    """On one line, with a backslash before what Markdown would read as its own."""
    text = " ".join(text.split())
    text = re.sub(r"([*`<]|(?<!\w)_|_(?!\w)|\\(?=[!-/:-@\[-`{-~]))", r"\\\1", text)
    return text.replace("](", "]\\(")


def plain(text: str) -> str:
    """A line of `markdown` as it was before."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _at_line_start(text: str) -> str:
    """Where a line begins, Markdown reads more as its own: titles, quotes, lists."""
    return re.sub(r"^(\d*)(#+ |>|[+-] |[.)] )", r"\1\\\2", text)
