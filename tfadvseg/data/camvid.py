"""CamVid in the 11-class version (Badrinarayanan et al. 2017): read with NumPy and Pillow alone.

The folder holds <split>.txt with one pair a line, image then labels, and both folders of files. Lines may hold paths
under another root (the original's are absolute); then only the last two parts count. Of the folder no more is looked at
than the split that is asked for.
"""

import itertools
import pathlib
import re
import statistics

import numpy as np
from PIL import Image

from tfadvseg.conventions import IGNORED
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.split import Split
from tfadvseg.registry import choose

LABEL_SPACE = CAMVID
SPLITS = {"train": "train", "validation": "val", "test": "test"}
VOID = 11
ALIKE = 40
"""Frames of video (1.3 s at 30 a second) within which photographs are so alike that statistics take them as one: under
FGSM on all 101 validation photographs, the IoU of a single one has an autocorrelation of 0.60 to 0.94 at lag 1, which
is the next photograph, two frames on."""
_NAME = re.compile(r"(?P<drive>.+)_f?(?P<frame>\d+)")


def split(data_dir: str | None, name: str) -> Split:
    """The photographs in the order of the split's list; those within some ALIKE frames of one drive are a group."""
    listing = choose(SPLITS, name, "split")
    pairs = _pairs(_root(data_dir), listing)
    ids = tuple(image.stem for image, _ in pairs)
    return Split("camvid", name, ids, _groups(ids), tuple(pairs), read)


def _groups(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The stretch of its drive that each photograph is from: of 0016E5_07959 the drive is 0016E5 and the frame 7959.

    A drive is cut into equal stretches as near to ALIKE frames as can be. A name without a frame is a group of its own.
    """
    parts = [_NAME.fullmatch(name) for name in ids]
    frames: dict[str, list[int]] = {}
    for part in parts:
        if part:
            frames.setdefault(part["drive"], []).append(int(part["frame"]))
    found = []
    for name, part in zip(ids, parts, strict=True):
        if part is None:
            found.append(name)
            continue
        own = sorted(frames[part["drive"]])
        steps = [after - before for before, after in itertools.pairwise(own)]
        span = own[-1] - own[0] + (statistics.median(steps) if steps else 1)
        stretches = max(1, round(span / ALIKE))
        found.append(f"{part['drive']}/{int((int(part['frame']) - own[0]) * stretches / span)}")
    return tuple(found)


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
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
    return image, LABEL_SPACE.check(labels, str(labels_path))


def _root(data_dir: str | None) -> pathlib.Path:
    if not data_dir:
        raise ValueError("The dataset camvid needs data_dir, the folder that holds train.txt and val.txt.")
    if not pathlib.Path(data_dir).is_dir():
        raise ValueError(
            f"The data folder {data_dir} does not exist; data_dir must hold CamVid's train.txt and val.txt."
        )
    return pathlib.Path(data_dir)


def _pairs(root: pathlib.Path, name: str) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """The (image, labels) files that <name>.txt lists."""
    listing = root / f"{name}.txt"
    if not listing.is_file():
        found = [path.name for path in sorted(root.glob("*.txt"))]
        held = f"it holds {', '.join(found)}" if found else "it holds no list at all"
        raise ValueError(f"CamVid's list {listing} does not exist; data_dir must hold it, but {held}.")
    pairs = []
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 2:
            raise ValueError(f"Line {number} of {listing} is not 'image labels': {line!r}.")
        pairs.append((_locate(root, parts[0], listing), _locate(root, parts[1], listing)))
    if not pairs:
        raise ValueError(f"{listing} lists no photograph; a line is 'image labels'.")
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
