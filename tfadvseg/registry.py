"""Looking up a named choice, with an error that lists the choices."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def choose(table: Mapping[str, T], name: str, kind: str) -> T:
    """`table[name]`; raises ValueError with the known names of this `kind` otherwise."""
    if name not in table:
        raise ValueError(f"Unknown {kind} {name!r}; choose one of: {', '.join(sorted(table))}.")
    return table[name]
