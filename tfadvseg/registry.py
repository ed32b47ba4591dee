"""Looking up a named choice, with an error that lists the choices."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def choose(table: Mapping[str, T], name: str, kind: str) -> T:
    """`table[name]`; raises ValueError with the known names of this `kind` otherwise, those like it first."""
    if name not in table:
        raise ValueError(f"Unknown {kind} {name!r}; choose one of: {', '.join(nearest_first(name, table))}.")
    return table[name]


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """The known names in alphabetical order, after those that `name` may be a misspelling of."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=3)
    return [*near, *(other for other in names if other not in near)]
