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


def read(folder: str | os.PathLike[str]) -> Mapping[str, np.ndarray]:
    """The arrays of a run folder; ValueError where they are missing or damaged."""
    return dict(whole(pathlib.Path(folder) / FILE, lambda path: arrays_of(path.read_bytes())))
