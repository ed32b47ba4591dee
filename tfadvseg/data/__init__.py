"""Datasets: what each is called, its classes, and its photographs by index, with NumPy and Pillow alone.

A module of a dataset offers `split(data_dir, name) -> Split`. On the splits stand training (which takes any sequence of
examples), the `tf.data` pipelines (`batches`, with a network's `framing`) and the TFDS builders (`builders`).
"""

import dataclasses
from collections.abc import Callable, Mapping

from tfadvseg.data import camvid, scenes
from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Example, Split
from tfadvseg.registry import choose

__all__ = ["DATASETS", "Dataset", "Example", "Split", "named", "split_name"]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """name: in the table. splits: the names of its parts. open: (data_dir, name of a part) -> that Split."""

    name: str
    label_space: LabelSpace
    splits: tuple[str, ...]
    open: Callable[[str | None, str], Split]

    def split(self, data_dir: str | None, name: str) -> Split:
        """The photographs of that part of the dataset; `val` is short for `validation`.

        data_dir: the folder with the dataset's files, where it needs any. ValueError where the dataset has no such
        part, or the folder does not hold it.
        """
        return self.open(data_dir, split_name(self, name))


DATASETS: Mapping[str, Dataset] = {
    "camvid": Dataset("camvid", camvid.LABEL_SPACE, tuple(camvid.SPLITS), camvid.split),
    "scenes": Dataset("scenes", scenes.LABEL_SPACE, tuple(scenes.SPLITS), scenes.split),
}


def split_name(dataset: Dataset, split: str) -> str:
    """The split's one name; `val` is short for `validation`."""
    split = "validation" if split == "val" else split
    if split not in dataset.splits:
        raise ValueError(f"{dataset.name} has no split {split!r}; choose one of: {', '.join(sorted(dataset.splits))}.")
    return split


def named(name: str) -> Dataset:
    """The dataset of that name; raises ValueError with the known names otherwise."""
    return choose(DATASETS, name, "dataset")
