"""Tiles of universal perturbations, and the pictures of a run."""

import io
import pathlib

import numpy as np

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tfadvseg.data.labels import CAMVID
from tfadvseg.runs.examples import Attacked, Example, load_examples, write_examples
from tfadvseg.runs.folder import whole
from tfadvseg.runs.tiles import load_tile, save_picture


def target() -> Target:
    return Target(seeds, [_tile, _examples])


def seeds() -> list[Files]:
    values = np.zeros((4, 5, 3), np.float32)
    tile = _packed(values=values + 1, epsilon=2.0, scores=np.zeros(3), model="net", digest="0123", about="all")
    truth = np.zeros((4, 5), np.uint8)
    attacked = [Attacked("fgsm", epsilon, values, truth) for epsilon in (1.0, 8.0)]
    examples = io.BytesIO()
    write_examples(examples, CAMVID, [Example("net", "a", values, truth, truth, tuple(attacked))])
    return [{"tile.npz": tile, "examples.npz": examples.getvalue()}]


def _packed(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **{name: np.asarray(value) for name, value in arrays.items()})
    return file.getvalue()


def _tile(folder: pathlib.Path) -> None:
    save_picture(folder / "tile.png", load_tile(folder / "tile.npz"))


def _examples(folder: pathlib.Path) -> None:
    whole(folder / "examples.npz", load_examples)
