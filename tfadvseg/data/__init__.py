"""Datasets: a description and one raw reader each, with NumPy and Pillow alone.

A reader is `read(data_dir, split) -> (id, image uint8 [H, W, 3], labels uint8 [H, W])` with void as 255. In-memory
arrays for training (`arrays`), the TFDS builders (`builders`) and the `tf.data` pipelines (`batches`) stand on it.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from tfadvseg.data import camvid, scenes
from tfadvseg.data.labels import LabelSpace
from tfadvseg.registry import choose

Example = tuple[str, np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """name: in the table and of the TFDS builder. size: (height, width) of its images.

    available: data_dir -> the splits it holds. sources: data_dir -> the files that decide the content.
    """

    name: str
    labels: LabelSpace
    size: tuple[int, int]
    splits: tuple[str, ...]
    available: Callable[[str | None], Sequence[str]]
    sources: Callable[[str | None], Sequence[pathlib.Path]]
    read: Callable[[str | None, str], Iterator[Example]]
    manual: bool
    """Whether the user brings the files (`--data_dir`)."""


def _describe(name: str, module, manual: bool) -> Dataset:
    return Dataset(
        name, module.LABELS, module.SIZE, tuple(module.SPLITS), module.available, module.sources, module.read, manual
    )


DATASETS = {
    "camvid": _describe("camvid", camvid, manual=True),
    "scenes": _describe("scenes", scenes, manual=False),
}


def split_name(dataset: Dataset, split: str) -> str:
    """The split's one name; `val` is short for `validation`."""
    split = "validation" if split == "val" else split
    if split not in dataset.splits:
        raise ValueError(f"{dataset.name} has no split {split!r}; choose one of: {', '.join(sorted(dataset.splits))}.")
    return split


def examples(dataset: Dataset, data_dir: str | None, split: str, every: int = 1, limit: int = 0) -> Iterator[Example]:
    """Every n-th example of a split in the order of its list, the first `limit` of these (0 for all)."""
    return itertools.islice(dataset.read(data_dir, split_name(dataset, split)), 0, every * limit or None, every)


def arrays(
    dataset: Dataset, data_dir: str | None, split: str, every: int = 1, limit: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(images uint8 [N, H, W, 3], labels uint8 [N, H, W]) of the `examples` of a split whose images share one size."""
    bar = tqdm(
        examples(dataset, data_dir, split, every, limit),
        f"Reading {dataset.name} {split}",
        unit=" images",
        disable=None,
    )
    _, images, labels = zip(*bar, strict=True)
    return np.stack(images), np.stack(labels)


def named(name: str) -> Dataset:
    """The dataset of that name; raises ValueError with the known names otherwise."""
    return choose(DATASETS, name, "dataset")
