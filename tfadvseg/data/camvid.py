"""CamVid in the 11-class version (Badrinarayanan et al. 2017): the raw reader, with NumPy and Pillow alone.

The folder holds <split>.txt with one pair a line, image then labels, and both folders of files. Lines may hold paths
under another root (the original's are absolute); then only the last two parts count.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tfadvseg.conventions import IGNORED
from tfadvseg.data.labels import CAMVID

LABELS = CAMVID
SIZE = (360, 480)
SPLITS = {"train": "train", "validation": "val", "test": "test"}
VOID = 11


def read(data_dir: str | None, split: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields (id, image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored) in the order of the split's list."""
    root = _root(data_dir)
    for image_path, labels_path in _pairs(root, split):
        image = _open(image_path, "RGB")
        labels = _open(labels_path, None)
        if labels.ndim != 2:
            raise ValueError(f"{labels_path} is not a single-channel label image; its shape is {labels.shape}.")
        if labels.shape != image.shape[:2]:
            raise ValueError(
                f"{labels_path} is {_size(labels)} but its image {image_path.name} is {_size(image)}; "
                "labels must have the size of their image."
            )
        labels = np.where(labels == VOID, IGNORED, labels).astype(np.uint8)
        yield image_path.stem, image, LABELS.check(labels, str(labels_path))


def available(data_dir: str | None) -> list[str]:
    """The splits whose list lies in the folder."""
    found = [split for split, name in SPLITS.items() if (_root(data_dir) / f"{name}.txt").is_file()]
    if not found:
        raise ValueError(f"{data_dir} holds none of CamVid's lists {', '.join(f'{n}.txt' for n in SPLITS.values())}.")
    return found


def sources(data_dir: str | None) -> list[pathlib.Path]:
    """The lists and all files that they name."""
    root = _root(data_dir)
    splits = available(data_dir)
    lists = [root / f"{SPLITS[split]}.txt" for split in splits]
    return lists + [path for split in splits for pair in _pairs(root, split) for path in pair]


def _root(data_dir: str | None) -> pathlib.Path:
    if not data_dir:
        raise ValueError("The dataset camvid needs --data_dir, the folder that holds train.txt and val.txt.")
    if not pathlib.Path(data_dir).is_dir():
        raise ValueError(
            f"The data folder {data_dir} does not exist; --data_dir must hold CamVid's train.txt and val.txt."
        )
    return pathlib.Path(data_dir)


def _pairs(root: pathlib.Path, split: str) -> list[tuple[pathlib.Path, pathlib.Path]]:
    listing = root / f"{SPLITS[split]}.txt"
    if not listing.is_file():
        raise ValueError(f"CamVid's list {listing} does not exist; --data_dir must hold it for the split {split}.")
    pairs = []
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 2:
            raise ValueError(f"Line {number} of {listing} is not 'image labels': {line!r}.")
        pairs.append((_locate(root, parts[0], listing), _locate(root, parts[1], listing)))
    return pairs


def _locate(root: pathlib.Path, name: str, listing: pathlib.Path) -> pathlib.Path:
    """The listed file under `root`, also where the line holds another machine's absolute path."""
    for path in (root / name.lstrip("/"), root.joinpath(*pathlib.PurePosixPath(name).parts[-2:])):
        if path.is_file():
            return path
    raise ValueError(f"{listing} names {name}, which is not under {root}.")


def _open(path: pathlib.Path, mode: str | None) -> np.ndarray:
    try:
        with Image.open(path) as file:
            return np.array(file.convert(mode) if mode else file)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises all three on damaged files
        raise ValueError(f"{path} cannot be read as an image ({error}); it may be truncated.") from error


def _size(array: np.ndarray) -> str:
    return f"{array.shape[1]}x{array.shape[0]}"
