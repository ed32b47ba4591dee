"""Folders of photographs with masks and a CSV file of their classes."""

import io
import pathlib

import numpy as np
from PIL import Image

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tfadvseg.data import folder as folders
from tfadvseg.data import photographs


def target() -> Target:
    return Target(seeds, [_read, _named])


def seeds() -> list[Files]:
    rng = np.random.default_rng(0)
    colours = ((0, 0, 0), (255, 0, 0), (0, 255, 0))
    numbers = rng.integers(0, 3, (9, 13)).astype(np.uint8)
    images = {f"images/train/{name}.png": _png(rng.integers(0, 256, (9, 13, 3)).astype(np.uint8)) for name in "ab"}
    drawn = _png(np.array(colours, np.uint8)[numbers])
    by_colour = b"name,colour,ignored\nvoid,#000000,yes\nroad,255 0 0,\nsky,#00ff00,no\n"
    by_index = "name;index\nroad;0\nsky;1\ncar;2\n".encode("utf-16")
    return [
        images | {f"masks/train/{name}.png": drawn for name in "ab"} | {"classes.csv": by_colour},
        images | {f"masks/train/{name}.png": _png(numbers) for name in "ab"} | {"classes.csv": by_index},
    ]


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _read(folder: pathlib.Path) -> None:
    split = folders.dataset(str(folder / "classes.csv")).split(str(folder), "train")
    for example in split.readable():
        assert example.labels.shape == example.image.shape[:2]


def _named(folder: pathlib.Path) -> None:
    for _ in photographs.split([str(folder / "images" / "train")]).readable():
        pass
