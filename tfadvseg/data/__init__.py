"""Datasets: what each is called, its classes, and its photographs by index, with NumPy and Pillow alone.

A module of a dataset offers a function that makes the `Dataset` of its options, which few have: the classes of a
folder of one's own are in a file. Its docstring tells users where the files come from, under what licence, and where
they lie. On the splits stand training (which takes any sequence of examples), the `tf.data` pipelines (`batches`, with
a network's `framing`) and the TFDS builders (`builders`).
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tfadvseg.data import ade20k, camvid, cityscapes, folder, scenes, voc
from tfadvseg.data.dataset import Dataset, split_name
from tfadvseg.data.split import Example, Split
from tfadvseg.registry import choose

__all__ = ["DATASETS", "Dataset", "Example", "Split", "about", "named", "split_name"]

DATASETS: Mapping[str, Callable[..., Dataset]] = {
    "ade20k": ade20k.dataset,
    "camvid": camvid.dataset,
    "cityscapes": cityscapes.dataset,
    "cityscapes_full": cityscapes.full,
    "folder": folder.dataset,
    "scenes": scenes.dataset,
    "voc": voc.dataset,
}
"""By name, what makes a dataset of its options."""


def named(name: str, **options: Any) -> Dataset:
    """The dataset of that name; ValueError with the known names, or for an option that it does not have."""
    make = choose(DATASETS, name, "dataset")
    if unknown := [option for option in options if option not in inspect.signature(make).parameters]:
        raise ValueError(f"The dataset {name} takes no `{unknown[0]}`; leave it out.")
    return make(**options)


def about(name: str) -> str:
    """What users are told of a dataset: where its files come from, under what licence, and where they lie."""
    return inspect.getdoc(inspect.getmodule(choose(DATASETS, name, "dataset"))) or ""
