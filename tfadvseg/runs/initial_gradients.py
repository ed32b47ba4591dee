"""What attacks on each model start from, as the run folder keeps it; `engine.initial_gradient` measures it."""

import os
import pathlib
from collections.abc import Mapping

import numpy as np

from tfadvseg.runs.folder import arrays_of, whole

FILE, FLOOR = "initial_gradients.npz", "floor"
"""In the run folder: {"<model>/<objective>": [3, N]}, loss, norm of the gradient and share of pixels without one, of
the images that are not damaged; and of a model that returns probabilities {"<model>/floor": [1, N]}, the share of
pixels with a class of probability 0."""


def read(folder: str | os.PathLike[str], images: int) -> Mapping[str, np.ndarray]:
    """The arrays of a run folder of so many images; ValueError where they are missing or damaged."""

    def load(path: pathlib.Path) -> Mapping[str, np.ndarray]:
        found = arrays_of(path.read_bytes())
        for name, values in found.items():
            rows = 1 if name.endswith(f"/{FLOOR}") else 3
            if values.shape != (rows, images) or values.dtype.kind not in "iuf":
                raise ValueError(f"{name} is not of numbers {(rows, images)}.")
        return found

    return dict(whole(pathlib.Path(folder) / FILE, load))


def of(starts: Mapping[str, np.ndarray], model: str, objective: str) -> np.ndarray:
    """The array of a model and objective; ValueError where there is none."""
    if (name := f"{model}/{objective}") not in starts:
        raise ValueError(
            f"{FILE} holds nothing of {name}; start the run's command again with its `folder`, which makes it anew of "
            "the finished units."
        )
    return starts[name]
