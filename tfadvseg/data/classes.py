"""The classes of one's own masks, from a CSV file: how masks hold each, and which are ignored.

docs/data/datasets.md tells users what the file looks like.
"""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.files import Colour, FileError, Mask
from tfadvseg.data.labels import LabelSpace, voc_palette
from tfadvseg.data.numbering import LARGEST, UNKNOWN, Numbering
from tfadvseg.data.spreadsheet import read_rows

COLUMNS = ("name", "colour", "index", "ignored")
SPELLED = {"color": "colour", "ignore": "ignored"}
YES, NO = ("yes", "true", "1", "x"), ("no", "false", "0", "")
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of the file: a class, or what is ignored. colour, index: how masks hold it, of which one is given."""

    name: str
    colour: Colour | None
    index: int | None
    ignored: bool


@dataclasses.dataclass(frozen=True)
class Classes:
    """The lines of the file at `path`. Those that are not ignored are the classes 0, 1, ... in their order."""

    path: pathlib.Path
    entries: tuple[Entry, ...]

    @functools.cached_property
    def label_space(self) -> LabelSpace:
        """Names and colours; where the file gives none, colours by the rule of Pascal VOC's."""
        kept = [entry for entry in self.entries if not entry.ignored]
        palette = tuple(e.colour or own for e, own in zip(kept, voc_palette(len(kept) + 1)[1:], strict=True))
        return LabelSpace(tuple(entry.name for entry in kept), palette)

    def labels(self, mask: Mask, source: str) -> NDArray[np.uint8]:
        """uint8 [H, W] with 255 ignored; ValueError names `source` and the first value that the file does not list.

        One channel holds indices, also where it has a palette; its colours count where the file gives no indices.
        """
        values, palette = mask
        if values.ndim == 2 and self._indices is not None:
            return self._indices.classes(values, source)
        if self._colours is None:
            raise FileError(
                f"{source} holds colours, but {self.path} gives none; add a column colour, or save indices."
            )
        if values.ndim == 2:
            if palette is None:
                raise FileError(f"{source} holds numbers, but {self.path} gives no index; add a column index.")
            if values.max(initial=0) >= len(palette):
                raise FileError(
                    f"{source} holds index {values.max()}, for which its palette has no colour; save it anew."
                )
            values = palette[values]
        return self._by_colour(values.astype(np.int32), source)

    def _by_colour(self, colours: NDArray[np.int32], source: str) -> NDArray[np.uint8]:
        assert self._colours is not None
        known, labels = self._colours
        packed = _packed(colours)
        place = np.minimum(np.searchsorted(known, packed), len(known) - 1)
        if (wrong := known[place] != packed).any():
            row, column = np.argwhere(wrong)[0]
            raise FileError(
                f"{source} holds the colour {tuple(colours[row, column].tolist())}, first in row {row} and column "
                f"{column} counted from 0, which {self.path} does not list; add a line for it, with ignored=yes where "
                "it is void."
            )
        return labels[place]

    @functools.cached_property
    def _numbers(self) -> tuple[int, ...]:
        """Of each line the label that it means."""
        labels = iter(range(IGNORED))
        return tuple(IGNORED if entry.ignored else next(labels) for entry in self.entries)

    @functools.cached_property
    def _indices(self) -> Numbering | None:
        pairs = [(e.index, label) for e, label in zip(self.entries, self._numbers, strict=True) if e.index is not None]
        listed = any(index == IGNORED for index, _ in pairs)
        return Numbering((*pairs, *(() if listed else ((IGNORED, IGNORED),)))) if pairs else None

    @functools.cached_property
    def _colours(self) -> tuple[NDArray[np.int32], NDArray[np.uint8]] | None:
        """Colours as numbers in ascending order, and the label of each."""
        pairs = [
            (e.colour, label) for e, label in zip(self.entries, self._numbers, strict=True) if e.colour is not None
        ]
        if not pairs:
            return None
        colours = _packed(np.array([colour for colour, _ in pairs], np.int32))
        order = np.argsort(colours)
        return colours[order], np.array([label for _, label in pairs], np.uint8)[order]


def _packed(colours: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32 [..., 3] -> [...], one number a colour."""
    return colours[..., 0] << 16 | colours[..., 1] << 8 | colours[..., 2]


def read_classes(path: pathlib.Path) -> Classes:
    """Raises ValueError, which names the line, where the file does not say what masks hold."""
    rows = read_rows(path, "with the columns name, and colour or index")
    header = [SPELLED.get(word.lower(), word.lower()) for word in (rows[0][1] if rows else ())]
    if "name" not in header or not {"colour", "index"} & set(header):
        raise ValueError(f"{path} must begin with the names of its columns, name and colour or index; got {header}.")
    if unknown := [word for word in header if word not in COLUMNS]:
        raise ValueError(f"{path} has a column {unknown[0]!r}; its columns are {', '.join(COLUMNS)}.")
    if repeated := [word for word in header if header.count(word) > 1]:
        raise ValueError(f"{path} has the column {repeated[0]} {header.count(repeated[0])} times; keep one.")
    entries = [_entry(dict(zip(header, row, strict=True)), line) for line, row in rows[1:]]
    found = Classes(path, tuple(entries))
    count = sum(not entry.ignored for entry in entries)
    if not 1 <= count <= UNKNOWN:
        raise ValueError(f"{path} lists {count} classes that are not ignored; there may be 1 to {UNKNOWN}.")
    _refuse_repeated(path, entries)
    return found


def _entry(cells: dict[str, str], line: str) -> Entry:
    name, ignored = cells["name"], cells.get("ignored", "").lower()
    if not name:
        raise ValueError(f"{line} has no name.")
    if ignored not in (*YES, *NO):
        raise ValueError(f"{line} has ignored={ignored!r}; write yes or no.")
    colour = _given(cells, "colour", lambda text: _colour(text, line))
    index = _given(cells, "index", lambda text: _index(text, line))
    if colour is None and index is None:
        raise ValueError(f"{line} says neither the colour nor the index of {name}.")
    return Entry(name, colour, index, ignored in YES)


def _given(cells: dict[str, str], column: str, read: Callable[[str], T]) -> T | None:
    return read(cells[column]) if cells.get(column) else None


def _colour(text: str, line: str) -> Colour:
    """#80ff00, or three numbers."""
    if re.fullmatch("#[0-9a-fA-F]{6}", text):
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:], 16)
    numbers = re.fullmatch(r"\D*(\d{1,3})\D+(\d{1,3})\D+(\d{1,3})\D*", text)
    if not numbers or max(map(int, numbers.groups())) > 255:
        raise ValueError(f"{line} has the colour {text!r}; write #80ff00, or three numbers up to 255 as in 128 255 0.")
    return int(numbers[1]), int(numbers[2]), int(numbers[3])


def _index(text: str, line: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST):
        raise ValueError(f"{line} has the index {text!r}; it is a whole number from 0 to {LARGEST}.")
    return int(text)


def _refuse_repeated(path: pathlib.Path, entries: Sequence[Entry]) -> None:
    """Two lines of one name, colour or index would mean two things; of what is ignored names may repeat."""
    kept = [entry.name for entry in entries if not entry.ignored]
    for what, values in (
        ("name", kept),
        ("colour", [e.colour for e in entries]),
        ("index", [e.index for e in entries]),
    ):
        seen: set[str | int | Colour | None] = set()
        for value in values:
            if value is not None and value in seen:
                raise ValueError(f"{path} lists the {what} {value} twice; give each line one of its own.")
            seen.add(value)
    for what, some in (("colour", [e.colour is None for e in entries]), ("index", [e.index is None for e in entries])):
        if any(some) and not all(some):
            raise ValueError(f"{path} gives {entries[some.index(True)].name} no {what}, but others; fill the column.")
