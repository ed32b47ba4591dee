"""Photographs and masks of one's own, in folders, with a CSV file of their classes.

data_dir is a folder of yours, `classes` a CSV file with the columns name, colour or index, and where wanted ignored:

    images/street.jpg     images/<train|val|test>/<any folder>/street.jpg
    masks/street.png      masks/<train|val|test>/<any folder>/street.png

`images_folder` and `masks_folder` name other folders than images and masks, within data_dir. A mask has its image's
name up to the suffix, and `mask_suffix` behind it, where one is given: with _mask, street_mask.png is that of
street.jpg, and both may lie in one folder. Masks hold the index of each pixel's class, in 8 or 16 bits, grey or with a
palette, or its colour. Without folders for splits, take split all.
"""

import collections
import dataclasses
import pathlib
import unicodedata
from collections.abc import Iterable

import numpy as np

from tfadvseg.data.classes import Classes, read_classes
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import read_mask, read_photograph, refuse_other_size
from tfadvseg.data.listing import ids
from tfadvseg.data.places import data_folder
from tfadvseg.data.split import Split

ALL = "all"
SPLITS = {"train": ("train", "training"), "validation": ("val", "validation"), "test": ("test",), ALL: (".",)}
"""Of each split the folders that may hold it."""
IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".jp2")
"""What else lies in a folder is none."""


@dataclasses.dataclass(frozen=True)
class Reader:
    """(image, mask) -> (image uint8 [H, W, 3], labels uint8 [H, W]), by what the classes' file says of masks."""

    classes: Classes

    def __call__(self, image_path: pathlib.Path, mask_path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
        image, mask = read_photograph(image_path), read_mask(mask_path)
        refuse_other_size(image_path, image, mask_path, mask.values)
        return image, self.classes.labels(mask, str(mask_path))


@dataclasses.dataclass(frozen=True)
class Opener:
    """Where images and masks lie in data_dir, and how they are read."""

    classes: Classes
    images_folder: str
    masks_folder: str
    mask_suffix: str

    def __call__(self, data_dir: str | None, name: str) -> Split:
        """The photographs in alphabetical order. Where they lie in several folders, those of one are a group."""
        root = data_folder("folder", data_dir, f"{self.images_folder} and {self.masks_folder}")
        folder = _split_folder(root / self.images_folder, name)
        masks = root / self.masks_folder / folder.relative_to(root / self.images_folder)
        images, of_image = self._paired(folder, masks)
        own = ids(images)
        parents = [path.parent.relative_to(folder).as_posix() for path in images]
        groups = tuple(parents) if len(set(parents)) > 1 else own
        origins = tuple((path, of_image[path]) for path in images)
        return Split("folder", name, own, groups, origins, Reader(self.classes), (self.classes.path,))

    def _paired(self, images: pathlib.Path, masks: pathlib.Path) -> tuple[list[pathlib.Path], dict]:
        """The images, and {image: its mask}."""
        if images == masks and not self.mask_suffix:
            raise ValueError(
                f"Images and masks both lie in {images}; tell them apart by a `mask_suffix`, such as _mask."
            )
        if not masks.is_dir():
            raise ValueError(f"The folder of masks {masks} does not exist; name it by `masks_folder`.")
        suffix = unicodedata.normalize("NFC", self.mask_suffix)
        candidates = _by_stem(masks)
        if images == masks:
            found = {stem: paths for stem, paths in candidates.items() if not stem.endswith(suffix)}
        else:
            found = _by_stem(images, without=masks if masks.is_relative_to(images) else None)
        if not found:
            raise ValueError(f"There is no image in {images}; its files end in {', '.join(IMAGES)}.")
        of_image = {}
        for stem, paths in found.items():
            _refuse_several(paths, "images of one name")
            own = candidates.get(stem + suffix, [])
            if not own:
                raise ValueError(
                    f"{paths[0]} has no mask {masks / (stem + suffix)}.png (or another of {', '.join(IMAGES)})."
                )
            _refuse_several(own, f"masks of {paths[0].name}")
            of_image[paths[0]] = own[0]
        return sorted(of_image), of_image


def dataset(
    classes: str | None = None, images_folder: str = "images", masks_folder: str = "masks", mask_suffix: str = ""
) -> Dataset:
    """A folder of one's own. classes: the CSV file of its classes. The others are as this module says."""
    if not classes:
        raise ValueError("The dataset folder needs `classes`, a CSV file with the columns name and colour or index.")
    known = read_classes(pathlib.Path(classes))
    return Dataset("folder", known.label_space, tuple(SPLITS), Opener(known, images_folder, masks_folder, mask_suffix))


def _split_folder(images: pathlib.Path, name: str) -> pathlib.Path:
    if not images.is_dir():
        raise ValueError(f"The folder of images {images} does not exist; name it by `images_folder`.")
    for folder in SPLITS[name]:
        if (images / folder).is_dir():
            return images / folder
    raise ValueError(f"There is no folder {images / SPLITS[name][0]}; `split`={ALL} takes whatever is in {images}.")


def _by_stem(folder: pathlib.Path, without: pathlib.Path | None = None) -> dict[str, list[pathlib.Path]]:
    """Image files below a folder, by their path in it up to the suffix, in whichever way accents are written.

    without: a folder below it that is left out, as that of the masks among the images.
    """
    found = collections.defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if without is not None and path.is_relative_to(without):
            continue
        if path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file():
            stem = path.relative_to(folder).with_suffix("").as_posix()
            found[unicodedata.normalize("NFC", stem)].append(path)
    return dict(found)


def _refuse_several(paths: Iterable[pathlib.Path], what: str) -> None:
    first, *others = paths
    if others:
        raise ValueError(f"{first} and {others[0].name} are both {what}; keep the one that is meant.")
