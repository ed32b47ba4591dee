"""Cityscapes (Cordts et al. 2016), fine annotations, 19 classes: 2,975 photographs to train on, 500 to validate.

From https://www.cityscapes-dataset.com after registration, packages leftImg8bit_trainvaltest.zip and
gtFine_trainvaltest.zip; for research and other non-commercial use. data_dir is the folder that holds both folders:

    leftImg8bit/<train|val>/<city>/<city>_000000_000019_leftImg8bit.png
    gtFine/<train|val>/<city>/<city>_000000_000019_gtFine_labelIds.png

Where a photograph has no labelIds.png, its labelTrainIds.png is read. `cityscapes` has images of 1024x512, the mean of
2x2 pixels as fractions, never rounded, with the label of the lower right of the four, which is the nearest one as
TensorFlow and Pillow take it; `cityscapes_full` has those of 2048x1024. Both read the files as they are unpacked: the
builder of TFDS (cityscapes/semantic_segmentation) is made of the same archives and not needed.
"""

import pathlib
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import FileError, read_pair
from tfadvseg.data.labels import CITYSCAPES
from tfadvseg.data.numbering import Numbering
from tfadvseg.data.places import data_folder, refuse_missing
from tfadvseg.data.split import Split

LABEL_SPACE = CITYSCAPES
SPLITS = {"train": "train", "validation": "val", "test": "test"}
SIZE = (512, 1024)
"""(height, width) of `cityscapes`."""
IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""The ids of the evaluated classes, in the order of the classes; license plates, -1, are stored as 255."""
OF_IDS = Numbering((*((i, IGNORED) for i in (*range(34), 255) if i not in IDS), *((i, k) for k, i in enumerate(IDS))))
OF_TRAIN_IDS = Numbering((*((k, k) for k in range(len(IDS))), (255, IGNORED)))
IMAGE, LABEL_IDS, TRAIN_IDS = "_leftImg8bit.png", "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"
_NAME = re.compile(r"(?P<recording>.+_\d{6})_\d{6}")


def dataset() -> Dataset:
    """At 1024x512, as the paper's networks take it."""
    return Dataset("cityscapes", LABEL_SPACE, tuple(SPLITS), split)


def full() -> Dataset:
    """At 2048x1024, a dataset of its own, so that results say which one they are of."""
    return Dataset("cityscapes_full", LABEL_SPACE, tuple(SPLITS), split_full)


def split(data_dir: str | None, name: str) -> Split:
    """The photographs of one part in alphabetical order; those of one recording are a group."""
    return _split("cityscapes", data_dir, name, read_halved, "float32")


def split_full(data_dir: str | None, name: str) -> Split:
    """The same as they are stored."""
    return _split("cityscapes_full", data_dir, name, read, "uint8")


def _split(
    dataset: str, data_dir: str | None, name: str, read: Callable[..., tuple[np.ndarray, NDArray[np.uint8]]], dtype: str
) -> Split:
    if name == "test":
        raise ValueError(f"The labels of the test split of {dataset} are not public; take train or validation.")
    root = data_folder(dataset, data_dir, "Cityscapes' folders leftImg8bit and gtFine")
    folder = root / "leftImg8bit" / SPLITS[name]
    images = sorted(path for path in folder.glob(f"*/*{IMAGE}") if not path.name.startswith("."))
    if not images:
        raise ValueError(
            f"There is no photograph {folder}/<city>/*{IMAGE}; `data_dir` must hold leftImg8bit and gtFine."
        )
    names = tuple(path.name.removesuffix(IMAGE) for path in images)
    labels = tuple(
        _labels(root / "gtFine" / SPLITS[name] / path.parent.name, own) for path, own in zip(images, names, strict=True)
    )
    refuse_missing(labels, f"every photograph in {folder} needs its labels, as {LABEL_IDS[1:]} or {TRAIN_IDS[1:]}")
    return Split(
        dataset, name, names, tuple(map(group, names)), tuple(zip(images, labels, strict=True)), read, dtype=dtype
    )


def _labels(folder: pathlib.Path, name: str) -> pathlib.Path:
    ids, train_ids = folder / f"{name}{LABEL_IDS}", folder / f"{name}{TRAIN_IDS}"
    return train_ids if not ids.exists() and train_ids.exists() else ids


def group(name: str) -> str:
    """City and recording: of aachen_000000_000019 it is aachen_000000.

    Snippets cut from one recording follow one another down a street. By city alone the validation split would have 3
    groups, of which no interval can be drawn; by recording it has those of its many short ones, too.
    """
    match = _NAME.fullmatch(name)
    return match["recording"] if match else name


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
    image, labels = read_pair(image_path, labels_path)
    numbering = OF_TRAIN_IDS if labels_path.name.endswith(TRAIN_IDS) else OF_IDS
    return image, numbering.classes(labels, str(labels_path))


def read_halved(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(image float32 [*SIZE, 3], labels uint8 [*SIZE]); ValueError where the file is no whole multiple of SIZE."""
    image, labels = read(image_path, labels_path)
    factor = labels.shape[0] // SIZE[0]
    if labels.shape != (factor * SIZE[0], factor * SIZE[1]):
        raise FileError(
            f"{image_path} is {labels.shape[1]}x{labels.shape[0]}, which is no multiple of {SIZE[1]}x{SIZE[0]}; the "
            "photographs of Cityscapes are 2048x1024, take cityscapes_full for others."
        )
    return area_mean(image, factor), nearest(labels, factor)


def area_mean(image: NDArray[np.uint8], factor: int) -> NDArray[np.float32]:
    """uint8 [H, W, 3] -> float32 [H / factor, W / factor, 3], the mean of each square, exact for a factor of 2."""
    parts = [image[i::factor, j::factor].astype(np.float32) for i in range(factor) for j in range(factor)]
    return sum(parts[1:], start=parts[0]) / np.float32(factor**2)


def nearest(labels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """[H, W] -> [H / factor, W / factor]: of each square the pixel at or right below its middle."""
    return np.ascontiguousarray(labels[factor // 2 :: factor, factor // 2 :: factor])
