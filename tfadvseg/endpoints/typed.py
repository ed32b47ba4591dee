"""Values that come without NumPy's types, as numbers of JSON do: taken as they are, or refused."""

from typing import Any

import numpy as np

TYPES: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {int, float}, "O": {str, bytes}}
"""For NumPy's kind of a type what may become it without a change; strings become bytes."""


def typed(values: Any, dtype: np.dtype) -> np.ndarray:
    """The array of nested lists; ValueError where rows differ in length, or a value is of another kind or beyond the
    type, which NumPy would cut, read out of text, or wrap."""
    found = np.array(values, object)
    if strange := set(map(type, found.flat)) - TYPES[dtype.kind]:
        came, wanted = ", ".join(sorted(one.__name__ for one in strange)), "str" if dtype.kind == "O" else dtype
        raise ValueError(f"{came} in place of {wanted}")
    if dtype.kind == "O":
        for place, one in enumerate(found.flat):
            found.flat[place] = one.encode() if isinstance(one, str) else one
        return found
    try:
        with np.errstate(over="raise"):
            return found.astype(dtype)
    except (OverflowError, FloatingPointError) as error:
        raise ValueError(f"a number beyond {dtype}") from error
