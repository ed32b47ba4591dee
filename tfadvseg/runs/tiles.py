"""The tile of a universal perturbation as a file, and as a picture that people can look at."""

import dataclasses
import os
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from tfadvseg.atomic import write_atomically
from tfadvseg.confined import refuse_endless
from tfadvseg.runs.archive import opened
from tfadvseg.runs.folder import DAMAGED

LARGEST = 1 << 26
"""Bytes of a tile: five times those of one of 1024x1024."""


@dataclasses.dataclass(frozen=True, eq=False)
class Tile:
    """values: float32 [h, w, 3] in grey levels, within epsilon of 0. scores: of each pass so far [P], the objective
    before its step, a mean over the images' pixels. model, digest: the network that it was fitted on. about: what for,
    as text."""

    values: np.ndarray
    epsilon: float
    scores: np.ndarray
    model: str
    digest: str
    about: str

    @property
    def passes(self) -> int:
        """Those that are done."""
        return len(self.scores)


def save_tile(path: str | os.PathLike[str], tile: Tile) -> None:
    """Writes an .npz, whole or not at all; read it with `allow_pickle=False`."""
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(tile).items()}
    write_atomically(path, lambda file: np.savez_compressed(file, **arrays))


def load_tile(path: str | os.PathLike[str]) -> Tile:
    """What `save_tile` wrote; ValueError where a file is none, or damaged."""
    try:
        refuse_endless(path)
        with open(path, "rb") as packed, opened(packed, LARGEST) as file:
            values, epsilon = np.asarray(file["values"], np.float32), float(file["epsilon"])
            words = (str(file[key]) for key in ("model", "digest", "about"))
            tile = Tile(values, epsilon, np.asarray(file["scores"], float), *words)
    except DAMAGED as error:
        raise ValueError(
            f"{path} is no tile, or a damaged one; take a tile.npz that pipelines.universal has written."
        ) from error
    if values.ndim != 3 or values.shape[2] != 3 or not np.abs(values).max(initial=0.0) <= epsilon:
        raise ValueError(f"{path} is no tile [h, w, 3] of values within its epsilon {epsilon:g}; fit another one.")
    return tile


def save_picture(path: pathlib.Path, tile: Tile) -> None:
    """A PNG in which -epsilon is 0, nothing is 128 and epsilon is 255."""
    picture = np.rint(127.5 + 127.5 * tile.values / tile.epsilon).astype(np.uint8)
    write_atomically(path, lambda file: Image.fromarray(picture).save(file, "PNG"))
