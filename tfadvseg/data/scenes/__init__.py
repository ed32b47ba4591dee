"""Rendered street scenes with CamVid's classes: a data set that needs no download, made from a seed with NumPy alone.

Every example is a small three-dimensional world (`street`) of flat textured patches (`camera`), lit by one sun
(`light`) and drawn with a depth buffer (`canvas`). Colours are drawn alike for most classes, so shape, texture and
place decide what a pixel is. An example depends on nothing but its split and index: no file, no order, no state.
"""

import pathlib
from collections.abc import Iterator

import numpy as np

from tfadvseg.data.labels import CAMVID
from tfadvseg.data.scenes.canvas import SIZE, Canvas
from tfadvseg.data.scenes.street import random_street
from tfadvseg.registry import choose

LABELS = CAMVID
SPLITS = {"train": 400, "validation": 60, "train_extra": 3200}
"""Examples of each split. `train_extra` is for networks that learn too little from 400 images; as it takes minutes, it
is drawn when it is asked for and no part of what TFDS prepares."""

PREPARED = ("train", "validation")
SEED = 20180618
"""Names this data set: another seed is another data set, and scores on the two do not compare."""

__all__ = ["LABELS", "PREPARED", "SEED", "SIZE", "SPLITS", "available", "read", "render", "sources"]


def render(split: str, index: int) -> tuple[np.ndarray, np.ndarray]:
    """One example: image uint8 [192, 256, 3] and labels uint8 [192, 256] with 255 ignored."""
    examples = choose(SPLITS, split, "split")
    if not 0 <= index < examples:
        raise ValueError(f"The split {split} of scenes has the examples 0 to {examples - 1}; got {index}.")
    rng = np.random.default_rng([SEED, list(SPLITS).index(split), index])
    street = random_street(rng)
    canvas = Canvas(street.camera, street.light)
    canvas.paint_sky(rng)
    canvas.paint_ground(street.road, rng)
    canvas.cast_shadows(street.shadows)
    canvas.draw_all(street.patches)
    return canvas.photograph(rng)


def read(data_dir: str | None, split: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields (id, image uint8 [192, 256, 3], labels uint8 [192, 256]); nothing is on disk, `data_dir` is ignored."""
    del data_dir
    for index in range(choose(SPLITS, split, "split")):
        image, labels = render(split, index)
        yield f"{split}_{index:04d}", image, labels


def available(data_dir: str | None) -> list[str]:
    """The splits that are prepared for `tf.data`: all they take is this code."""
    del data_dir
    return list(PREPARED)


def sources(data_dir: str | None) -> list[pathlib.Path]:
    """The modules that draw the scenes: with NumPy's random streams they decide every pixel."""
    del data_dir
    return sorted(pathlib.Path(__file__).parent.glob("*.py"))
