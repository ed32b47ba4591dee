"""What attacks on each model start from, as the run folder keeps it; `engine.initial_gradient` measures it."""

import os
import pathlib
from collections.abc import Mapping

import numpy as np

FILE, FLOOR = "initial_gradients.npz", "floor"
"""In the run folder: {"<model>/<objective>": [3, N]}, loss, norm of the gradient and share of pixels without one, of
the images that are not damaged; and of a model that returns probabilities {"<model>/floor": [1, N]}, the share of
pixels with a class of probability 0."""


def read(folder: str | os.PathLike[str]) -> Mapping[str, np.ndarray]:
    """The arrays of a run folder."""
    with np.load(pathlib.Path(folder) / FILE, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}
