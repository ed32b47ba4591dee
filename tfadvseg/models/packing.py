"""The weights of a SavedModel that `serving.packed` wrote, each by its name."""

import math
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from tfadvseg.json_text import parsed

FILE = pathlib.Path("assets.extra") / "weights.json"
HALF, WHOLE = "float16", "float32"
"""Its two variables, named after their types."""


def unpacked(folder: pathlib.Path, variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """{name: values}, float32, of a file whose variables these are; {} where it is not packed."""
    path = folder / FILE
    if not path.is_file():
        return {}
    flat = {variable.dtype.name: variable.numpy() for variable in variables}
    found, at = {}, dict.fromkeys(flat, 0)
    for part, name, shape in parsed(path.read_text()):
        end = at[part] + math.prod(shape)
        found[name] = flat[part][at[part] : end].reshape(shape).astype(np.float32)
        at[part] = end
    return found
