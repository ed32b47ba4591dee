"""Photographs and masks of one's own, in folders, with a CSV file of their classes.

data_dir is a folder of yours, `classes` a CSV file with the columns name, colour or index, and where wanted ignored:

    images/street.jpg     images/<train|val|test>/<any folder>/street.jpg
    masks/street.png      masks/<train|val|test>/<any folder>/street.png

`images_folder` and `masks_folder` name other folders than images and masks, within data_dir. A mask has its image's
name up to the suffix, unless `image_name` and `mask_name` say otherwise, where {} stands for what the two share: with
{}_sat and {}_mask, 7_mask.png is that of 7_sat.jpg, and both may lie in one folder. Masks hold the index of each
pixel's class, in 8 or 16 bits, grey or with a palette, or its colour. Without folders for splits, take split all.
"""

import collections
import dataclasses
import pathlib
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tfadvseg.data.classes import Classes, read_classes
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import read_mask, read_photograph, refuse_other_size
from tfadvseg.data.listing import ids
from tfadvseg.data.photographs import is_photograph
from tfadvseg.data.places import data_folder
from tfadvseg.data.split import Split

ALL = "all"
SPLITS = {"train": ("train", "training"), "validation": ("val", "validation"), "test": ("test",), ALL: (".",)}
"""Of each split the folders that may hold it."""
HOLE = "{}"
Found = dict[pathlib.PurePath, list[pathlib.Path]]
"""Files by their path in a folder, with what an image and its mask share for a name."""


@dataclasses.dataclass(frozen=True)
class Pattern:
    """Names up to the suffix, with {} for what an image and its mask share. option: what sets the text."""

    text: str
    option: str

    def __post_init__(self) -> None:
        if self.text.count(HOLE) != 1 or "/" in self.text or "\\" in self.text:
            raise ValueError(
                f"`{self.option}` is a name without folder and suffix, with {HOLE} for what an image and its mask "
                f"share, such as {HOLE}_mask; got {self.text!r}."
            )

    def shared(self, name: str) -> str | None:
        """What {} stands for in a name up to the suffix, or None where the name is another."""
        before, after = unicodedata.normalize("NFC", self.text).split(HOLE)
        found = name.removeprefix(before).removesuffix(after)
        return found if found and name == before + found + after else None


@dataclasses.dataclass(frozen=True)
class Reader:
    """(image, mask) -> (image uint8 [H, W, 3], labels uint8 [H, W]), by what the classes' file says of masks."""

    classes: Classes

    def __call__(
        self, image_path: pathlib.Path, mask_path: pathlib.Path
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """ValueError where they differ in size, one cannot be read, or the mask holds a value that no class lists."""
        image, mask = read_photograph(image_path), read_mask(mask_path)
        refuse_other_size(image_path, image, mask_path, mask.values)
        return image, self.classes.labels(mask, str(mask_path))


@dataclasses.dataclass(frozen=True)
class Opener:
    """Where images and masks lie in data_dir, what they are called, and how they are read."""

    classes: Classes
    images_folder: str
    masks_folder: str
    image_name: Pattern
    mask_name: Pattern

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

    def _paired(
        self, images: pathlib.Path, masks: pathlib.Path
    ) -> tuple[list[pathlib.Path], dict[pathlib.Path, pathlib.Path]]:
        """The images, and {image: its mask}."""
        if not masks.is_dir():
            raise ValueError(f"The folder of masks {masks} does not exist; name it by `masks_folder`.")
        masks = images if masks.samefile(images) else masks  # whichever way it is written
        within = masks if masks != images and masks.is_relative_to(images) else None
        found, candidates = _by_shared(images, self.image_name, within), _by_shared(masks, self.mask_name)
        if masks == images:
            found, candidates = self._told_apart(found, candidates, images)
        if not found:
            called = "" if self.image_name.text == HOLE else f" called {self.image_name.text}"
            raise ValueError(f"There is no image{called} in {images}; names of images end in .png, .jpg and the like.")
        of_image = {}
        for shared, paths in found.items():
            _refuse_several(paths, "images of one name")
            own = candidates.get(shared, [])
            if not own:
                wanted = masks / shared.parent / self.mask_name.text.replace(HOLE, shared.name)
                raise ValueError(
                    f"{paths[0]} has no mask {wanted}.png (nor one that ends otherwise); where masks have other "
                    f"names, say which by `mask_name`, such as {HOLE}_mask."
                )
            _refuse_several(own, f"masks of {paths[0].name}")
            of_image[paths[0]] = own[0]
        return sorted(of_image), of_image

    def _told_apart(self, images: Found, masks: Found, folder: pathlib.Path) -> tuple[Found, Found]:
        """Of one folder: a file that could be either is what the longer of the two patterns says."""
        if self.image_name.text == self.mask_name.text:
            raise ValueError(
                f"Images and masks both lie in {folder}; tell them apart by `mask_name`, such as {HOLE}_mask."
            )
        if len(self.image_name.text) > len(self.mask_name.text):
            return images, _without(masks, images)
        return _without(images, masks), masks


def dataset(
    classes: str | None = None,
    images_folder: str = "images",
    masks_folder: str = "masks",
    image_name: str = HOLE,
    mask_name: str = HOLE,
) -> Dataset:
    """A folder of one's own. classes: the CSV file of its classes. The others are as this module says."""
    if not classes:
        raise ValueError("The dataset folder needs `classes`, a CSV file with the columns name and colour or index.")
    known = read_classes(pathlib.Path(classes))
    names = Pattern(image_name, "image_name"), Pattern(mask_name, "mask_name")
    return Dataset("folder", known.label_space, tuple(SPLITS), Opener(known, images_folder, masks_folder, *names))


def _split_folder(images: pathlib.Path, name: str) -> pathlib.Path:
    if not images.is_dir():
        raise ValueError(f"The folder of images {images} does not exist; name it by `images_folder`.")
    for folder in SPLITS[name]:
        if (images / folder).is_dir():
            return images / folder
    raise ValueError(f"There is no folder {images / SPLITS[name][0]}; `split`={ALL} takes whatever is in {images}.")


def _by_shared(folder: pathlib.Path, pattern: Pattern, without: pathlib.Path | None = None) -> Found:
    """Image files below a folder whose names fit the pattern, in whichever way accents are written.

    without: a folder below it that is left out, as that of the masks among the images.
    """
    found = collections.defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if without is not None and path.is_relative_to(without):
            continue
        if is_photograph(path) and path.is_file():
            stem = unicodedata.normalize("NFC", path.relative_to(folder).with_suffix("").as_posix())
            *parents, name = stem.split("/")
            if shared := pattern.shared(name):
                found[pathlib.PurePath(*parents, shared)].append(path)
    return dict(found)


def _without(some: Found, others: Found) -> Found:
    """Those of some files that are none of the others."""
    taken = {path for paths in others.values() for path in paths}
    left = {shared: [path for path in paths if path not in taken] for shared, paths in some.items()}
    return {shared: paths for shared, paths in left.items() if paths}


def _refuse_several(paths: Iterable[pathlib.Path], what: str) -> None:
    first, *others = paths
    if others:
        raise ValueError(f"{first} and {others[0].name} are both {what}; keep the one that is meant.")
