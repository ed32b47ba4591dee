"""ADE20K as the Scene Parsing Benchmark has it (Zhou et al. 2017), 150 classes: 20,210 and 2,000 photographs.

From http://data.csail.mit.edu/places/ADEchallenge/ADEChallengeData2016.zip; for research and other non-commercial use,
terms at https://groups.csail.mit.edu/vision/datasets/ADE20K. data_dir is the unpacked folder or the one that holds it:

    ADEChallengeData2016/images/<training|validation>/ADE_val_00000001.jpg
    ADEChallengeData2016/annotations/<training|validation>/ADE_val_00000001.png

In the annotations 0 is ignored and 1 to 150 are the classes, called by the first name in objectInfo150.txt.
Their colours here are our own, by the rule that Pascal VOC's are made by.
"""

import pathlib

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import read_pair
from tfadvseg.data.labels import LabelSpace, voc_palette
from tfadvseg.data.numbering import Numbering
from tfadvseg.data.places import data_folder, refuse_missing
from tfadvseg.data.split import Split

NAMES = (
    "wall", "building", "sky", "floor", "tree", "ceiling", "road", "bed", "windowpane", "grass", "cabinet",
    "sidewalk", "person", "earth", "door", "table", "mountain", "plant", "curtain", "chair", "car", "water",
    "painting", "sofa", "shelf", "house", "sea", "mirror", "rug", "field", "armchair", "seat", "fence", "desk",
    "rock", "wardrobe", "lamp", "bathtub", "railing", "cushion", "base", "box", "column", "signboard",
    "chest_of_drawers", "counter", "sand", "sink", "skyscraper", "fireplace", "refrigerator", "grandstand", "path",
    "stairs", "runway", "case", "pool_table", "pillow", "screen_door", "stairway", "river", "bridge", "bookcase",
    "blind", "coffee_table", "toilet", "flower", "book", "hill", "bench", "countertop", "stove", "palm",
    "kitchen_island", "computer", "swivel_chair", "boat", "bar", "arcade_machine", "hovel", "bus", "towel", "light",
    "truck", "tower", "chandelier", "awning", "streetlight", "booth", "television", "airplane", "dirt_track",
    "apparel", "pole", "land", "bannister", "escalator", "ottoman", "bottle", "buffet", "poster", "stage", "van",
    "ship", "fountain", "conveyer_belt", "canopy", "washer", "plaything", "swimming_pool", "stool", "barrel",
    "basket", "waterfall", "tent", "bag", "minibike", "cradle", "oven", "ball", "food", "step", "tank", "trade_name",
    "microwave", "pot", "animal", "bicycle", "lake", "dishwasher", "screen", "blanket", "sculpture", "hood", "sconce",
    "vase", "traffic_light", "tray", "ashcan", "fan", "pier", "crt_screen", "plate", "monitor", "bulletin_board",
    "shower", "radiator", "glass", "clock", "flag",
)  # fmt: skip
LABEL_SPACE = LabelSpace(NAMES, voc_palette(1 + len(NAMES))[1:])
SPLITS = {"train": "training", "validation": "validation"}
FOLDER = "ADEChallengeData2016"
NUMBERING = Numbering(((0, IGNORED), *((1 + k, k) for k in range(len(NAMES)))))


def dataset() -> Dataset:
    """ADE20K; it has no options."""
    return Dataset("ade20k", LABEL_SPACE, tuple(SPLITS), split)


def split(data_dir: str | None, name: str) -> Split:
    """The photographs in alphabetical order; each is a group of its own."""
    root = data_folder("ade20k", data_dir, f"{FOLDER}, or is it")
    root = root / FOLDER if (root / FOLDER).is_dir() else root
    folder, annotations = root / "images" / SPLITS[name], root / "annotations" / SPLITS[name]
    images = tuple(sorted(path for path in folder.glob("*.jpg") if not path.name.startswith(".")))
    if not images:
        raise ValueError(f"There is no photograph {folder}/*.jpg; `data_dir` must be {FOLDER}, or hold it.")
    ids = tuple(path.stem for path in images)
    labels = tuple(annotations / f"{name}.png" for name in ids)
    refuse_missing(labels, f"every photograph in {folder} needs its annotation")
    return Split("ade20k", name, ids, ids, tuple(zip(images, labels, strict=True)), read)


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
    image, labels = read_pair(image_path, labels_path)
    return image, NUMBERING.classes(labels, str(labels_path))
