"""Rendered street scenes with CamVid's classes (`tfadvseg.scenes`): a dataset that needs no files, and no data_dir."""

import pathlib

from tfadvseg import scenes
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.split import Split
from tfadvseg.registry import choose
from tfadvseg.scenes import SPLITS, render

if scenes.NAMES != CAMVID.names:
    raise ValueError(f"Scenes are drawn with the classes {scenes.NAMES}, which are not CamVid's {CAMVID.names}.")

LABEL_SPACE = CAMVID


def dataset() -> Dataset:
    """The scenes; they have no options."""
    return Dataset("scenes", LABEL_SPACE, tuple(SPLITS), split)


def split(data_dir: str | None, name: str) -> Split:
    """Nothing is on disk, so `data_dir` is ignored; each image is a group of its own."""
    del data_dir
    numbers = range(choose(SPLITS, name, "split"))
    ids = tuple(f"{name}_{number:04d}" for number in numbers)
    code = sorted(pathlib.Path(scenes.__file__).parent.glob("*.py"))  # with NumPy's random streams, it decides all
    return Split("scenes", name, ids, ids, tuple((name, number) for number in numbers), render, tuple(code))
