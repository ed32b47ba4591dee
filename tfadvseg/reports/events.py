"""What TensorBoard shows, as data: scalars and images of a run, which a writer turns into event files.

Steps are whole numbers in TensorBoard, so what is drawn over epsilon has an axis of hundredths of a grey level: step 25
is epsilon 0.25, step 800 is epsilon 8, step 0 the clean image.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

AXIS = "step = 100 x epsilon (grey levels of 0..255); step 0 is the clean image"


@dataclasses.dataclass(frozen=True)
class Scalar:
    """A point of the chart `tag`."""

    tag: str
    step: int
    value: float
    description: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Image:
    """A picture of the slider `tag`. pixels: uint8 RGB [H, W, 3]."""

    tag: str
    step: int
    pixels: np.ndarray
    description: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Events:
    """run: which run of TensorBoard they belong to, a folder below its log directory."""

    run: str
    scalars: Iterable[Scalar] = ()
    images: Iterable[Image] = ()


def at(epsilon: float) -> int:
    """The step of an epsilon: hundredths of a grey level."""
    return round(100 * epsilon)


def run_name(model: str) -> str:
    """Of the run that shows a network."""
    return model.replace("/", "_")
