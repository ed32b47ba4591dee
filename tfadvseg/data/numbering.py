"""How the files of a dataset number its classes, where they do so otherwise than networks do."""

import dataclasses
import functools
from collections.abc import Iterable

import numpy as np

LARGEST = 65535
"""Number that a file of 16 bits can hold."""
UNKNOWN = -1


@dataclasses.dataclass(frozen=True)
class Numbering:
    """pairs: (number in a file, the class or IGNORED that it means)."""

    pairs: tuple[tuple[int, int], ...]

    def classes(self, stored: np.ndarray, source: str) -> np.ndarray:
        """Numbers [H, W] of a file -> uint8 [H, W]; ValueError names `source` and the first that means nothing."""
        within = (stored >= 0) & (stored < len(self._table))
        found = self._table[stored] if within.all() else np.where(within, self._table[stored * within], UNKNOWN)
        if found.min(initial=0) < 0:
            row, column = np.argwhere(found < 0)[0]
            raise ValueError(
                f"{source} holds label {stored[row, column]}, first in row {row} and column {column} counted from 0, "
                f"which is none of the numbers that are known here ({_ranges(number for number, _ in self.pairs)}); is "
                "this the right dataset?"
            )
        return found.astype(np.uint8)

    @functools.cached_property
    def _table(self) -> np.ndarray:
        table = np.full(1 + max((number for number, _ in self.pairs), default=0), UNKNOWN, np.int16)
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
