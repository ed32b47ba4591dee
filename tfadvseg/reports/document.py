"""A report as data: what is said, not how it looks. Renderers make a page or a terminal's text of it.

No text in a document holds the syntax of any of them.
"""

import dataclasses
import re
from collections.abc import Sequence

from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs.examples import Example

ABREAST = 6
"""Columns that fit on any page."""


@dataclasses.dataclass(frozen=True)
class Heading:
    """level: 2 for a part of the document, 3 for a part of that."""

    text: str
    level: int = 2


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """One or more sentences."""

    text: str


@dataclasses.dataclass(frozen=True)
class Bullets:
    """A list, as a part of its own where it has a heading."""

    items: Sequence[str]
    heading: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """The first `labels` columns name a row and stand to the left, the others hold numbers and stand to the right.

    marked: (row, column) of what stands out."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1
    marked: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.header)]
        if wrong:
            raise ValueError(f"A row of a table with {len(self.header)} columns has {len(wrong[0])}: {list(wrong[0])}.")

    def upright(self, corner: str) -> "Table":
        """The same with rows for columns where that is narrower; of a table that one column names and nothing marks.
        corner: what then stands above the names."""
        if len(self.header) <= max(len(self.rows) + 1, ABREAST):
            return self
        columns = list(zip(self.header, *self.rows, strict=True))
        return Table([corner, *columns[0][1:]], columns[1:])


@dataclasses.dataclass(frozen=True)
class ClaimRow:
    """A claim of the paper, and what became of it."""

    number: str
    statement: str
    verdict: str
    measured: str


@dataclasses.dataclass(frozen=True)
class ClaimTable:
    """The verdicts about one subject, such as a network, and the images on which they rest; a part of its own."""

    subject: str
    images: str
    rows: Sequence[ClaimRow]

    @property
    def title(self) -> str:
        """The heading, which names the subject."""
        return f"Claims of the paper: {self.subject}"

    @property
    def told(self) -> str:
        """What stands between title and rows."""
        return f"Judged on {self.images}; in brackets the 95 % interval of a bootstrap over images."


@dataclasses.dataclass(frozen=True)
class Picture:
    """path: as seen from where the document lies, with forward slashes. alt: what it shows."""

    path: str
    alt: str


@dataclasses.dataclass(frozen=True, eq=False)
class Photographs:
    """Attacked photographs, to be looked at by attack and epsilon; a part of its own, which a page alone can show."""

    examples: Sequence[Example]
    label_space: LabelSpace


@dataclasses.dataclass(frozen=True)
class Link:
    """path: of another file, as seen from where the document lies, with forward slashes. section: the title of the part
    of it that is meant, "" for all."""

    text: str
    path: str
    section: str = ""

    @property
    def fragment(self) -> str:
        """What stands behind the path, in Markdown and on a page alike."""
        return f"#{anchor(self.section)}" if self.section else ""


@dataclasses.dataclass(frozen=True)
class Pointer:
    """Where something is, which may be nowhere."""

    text: str
    links: Sequence[Link] = ()


@dataclasses.dataclass(frozen=True)
class Pointers:
    """A list of them."""

    items: Sequence[Pointer]


Block = Heading | Paragraph | Bullets | Table | ClaimTable | Picture | Photographs | Link | Pointers


@dataclasses.dataclass(frozen=True)
class Document:
    """A title and what comes below it, in this order."""

    title: str
    blocks: Sequence[Block]


def anchor(title: str) -> str:
    """By what a link finds the part of this title, as GitHub makes it of a heading in Markdown."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
