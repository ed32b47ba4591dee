"""How the files of a dataset number its classes, where they do so otherwise than networks do."""

import dataclasses
import functools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.labels import are_classes

LARGEST = 65535
"""Number that a file of 16 bits can hold."""
UNKNOWN = 254
"""No class: with IGNORED that leaves 254 of them."""


@dataclasses.dataclass(frozen=True)
class Numbering:
    """pairs: (number in a file, the class or IGNORED that it means)."""

    pairs: tuple[tuple[int, int], ...]

    def classes(self, stored: NDArray[np.integer], source: str) -> NDArray[np.uint8]:
        """Numbers [H, W] of a file -> uint8 [H, W]; ValueError names `source` and the first that means nothing."""
        if self._alike and are_classes(stored, self._alike):
            return stored
        if stored.dtype == np.uint8:  # bytes are translated three times as fast as NumPy looks up
            translated = stored.tobytes().translate(self._table[:256].tobytes())
            found, strange = np.frombuffer(translated, np.uint8).reshape(stored.shape), UNKNOWN in translated
        else:
            within = (stored >= 0) & (stored < len(self._table))
            found = np.where(within, self._table[stored * within], np.uint8(UNKNOWN))
            strange = UNKNOWN in found
        if strange:
            row, column = np.argwhere(found == UNKNOWN)[0]
            raise ValueError(
                f"{source} holds label {stored[row, column]}, first in row {row} and column {column} counted from 0, "
                f"which is none of the numbers that are known here ({_ranges(number for number, _ in self.pairs)}); is "
                "this the right dataset?"
            )
        return found

    @functools.cached_property
    def _alike(self) -> int:
        """How many of the first numbers are those of their classes, where 255 is ignored."""
        others = np.flatnonzero(self._table[:UNKNOWN] != np.arange(UNKNOWN))
        return int(others[0] if len(others) else UNKNOWN) if self._table[IGNORED] == IGNORED else 0

    @functools.cached_property
    def _table(self) -> NDArray[np.uint8]:
        table = np.full(1 + max(255, *(number for number, _ in self.pairs)), UNKNOWN, np.uint8)
        for number, label in self.pairs:
            table[number] = label
        return table


def _ranges(numbers: Iterable[int]) -> str:
    """0, 1, 2, 7 as `0 to 2, 7`."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in found)
