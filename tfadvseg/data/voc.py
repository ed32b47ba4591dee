"""Pascal VOC 2012 (Everingham et al. 2010), 21 classes: 1,464 photographs to train on, 1,449 to validate.

From http://host.robots.ox.ac.uk/pascal/VOC/voc2012 (VOCtrainval_11-May-2012.tar); the photographs are Flickr's, under
its terms of use. data_dir is VOC2012, VOCdevkit, or the folder that holds it:

    VOCdevkit/VOC2012/ImageSets/Segmentation/<train|val>.txt
    VOCdevkit/VOC2012/JPEGImages/2007_000033.jpg
    VOCdevkit/VOC2012/SegmentationClass/2007_000033.png

Two more splits need SBD (Hariharan et al. 2011, http://home.bharathh.info/pubs/codes/SBD): its folder
benchmark_RELEASE/dataset, or a folder SBD with the same files, in VOC2012, beside it or beside VOCdevkit.
`reduced_val`, the 346 photographs to validate on that SBD does not annotate, needs its lists train.txt and val.txt.
`train_aug`, the 10,582 that VOC or SBD annotate and that are not to validate on, needs also
VOC2012/SegmentationClassAug/*.png or SBD's cls/*.mat.

COCO, on which some public weights were trained, too, is not read.
"""

import pathlib
from collections.abc import Sequence

import numpy as np

from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import FileError, read_pair, read_photograph, refuse_other_size, refuse_unreachable
from tfadvseg.data.labels import PASCAL_VOC
from tfadvseg.data.listing import read_names
from tfadvseg.data.places import data_folder, refuse_missing
from tfadvseg.data.split import Split
from tfadvseg.registry import choose

LABEL_SPACE = PASCAL_VOC
REDUCED_VAL, TRAIN_AUG = 346, 10_582
"""Photographs in the splits that are made of several lists."""
HOLDS = "VOC2012 (ImageSets, JPEGImages, SegmentationClass), or is it"


def dataset() -> Dataset:
    """Pascal VOC; it has no options."""
    return Dataset("voc", LABEL_SPACE, tuple(SPLITS), split)


def split(data_dir: str | None, name: str) -> Split:
    """The photographs in the order of the split's list, those of SBD behind them; each is a group of its own."""
    root = _root(data_folder("voc", data_dir, HOLDS))
    names, labels = choose(SPLITS, name, "split")(root)
    images = tuple(root / "JPEGImages" / f"{own}.jpg" for own in names)
    refuse_missing((*images, *labels), f"{name} of voc has this file")
    return Split("voc", name, names, names, tuple(zip(images, labels, strict=True)), read)


Part = tuple[tuple[str, ...], tuple[pathlib.Path, ...]]
"""The names of a split's photographs, and the files of their labels."""


def _train(root: pathlib.Path) -> Part:
    return _annotated(root, _names(root, "train"))


def _validation(root: pathlib.Path) -> Part:
    return _annotated(root, _names(root, "val"))


def _reduced_val(root: pathlib.Path) -> Part:
    known = set(_sbd_names(_sbd(root)))
    names = tuple(name for name in _names(root, "val") if name not in known)
    _refuse_other_count("reduced_val", len(names), REDUCED_VAL)
    return _annotated(root, names)


def _train_aug(root: pathlib.Path) -> Part:
    """VOC's own annotations where there are any: they were drawn with more care."""
    sbd, validation, train = _sbd(root), set(_names(root, "val")), _names(root, "train")
    own = set(train)
    added = tuple(name for name in _sbd_names(sbd) if name not in validation and name not in own)
    _refuse_other_count("train_aug", len(train) + len(added), TRAIN_AUG)
    pngs = root / "SegmentationClassAug"
    folder, ending = (pngs, "png") if pngs.is_dir() else (sbd / "cls", "mat")
    return (*train, *added), (*_annotated(root, train)[1], *(folder / f"{name}.{ending}" for name in added))


SPLITS = {"train": _train, "validation": _validation, "reduced_val": _reduced_val, "train_aug": _train_aug}


def _root(data_dir: pathlib.Path) -> pathlib.Path:
    places = (data_dir, data_dir / "VOC2012", data_dir / "VOCdevkit" / "VOC2012")
    for place in places:
        if (place / "ImageSets").is_dir():
            return place
    raise ValueError(f"There is no {places[2]}/ImageSets; `data_dir` must hold {HOLDS}.")


def _names(root: pathlib.Path, listing: str) -> tuple[str, ...]:
    return read_names(root / "ImageSets" / "Segmentation" / f"{listing}.txt")


def _annotated(root: pathlib.Path, names: Sequence[str]) -> Part:
    return tuple(names), tuple(root / "SegmentationClass" / f"{name}.png" for name in names)


def _sbd(root: pathlib.Path) -> pathlib.Path:
    """The folder with SBD's lists: in VOC2012, beside it or VOCdevkit."""
    bases = (root, root.parent, root.parent.parent)
    places = [base / name for base in bases for name in ("benchmark_RELEASE/dataset", "SBD/dataset", "SBD")]
    for place in places:
        if (place / "train.txt").is_file():
            return place
    raise ValueError(
        f"There is no {root.parent / 'SBD' / 'train.txt'}, nor a benchmark_RELEASE/dataset/train.txt there or around; "
        "this split needs SBD's lists train.txt and val.txt."
    )


def _sbd_names(sbd: pathlib.Path) -> tuple[str, ...]:
    """Whatever SBD annotates."""
    return tuple(dict.fromkeys((*read_names(sbd / "train.txt"), *read_names(sbd / "val.txt"))))


def _refuse_other_count(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(
            f"{name} of voc has {wanted:,} photographs, but the lists give {found:,}; are they those of VOC 2012 and "
            "SBD's train.txt and val.txt, whole?"
        )


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
    if labels_path.suffix == ".mat":
        image, labels = read_photograph(image_path), read_mat(labels_path)
        refuse_other_size(image_path, image, labels_path, labels)
    else:
        image, labels = read_pair(image_path, labels_path, LABEL_SPACE.palette)
    return image, LABEL_SPACE.check(labels, str(labels_path)).astype(np.uint8, copy=False)


def read_mat(path: pathlib.Path) -> np.ndarray:
    """Labels int32 [H, W] of a file of SBD: GTcls.Segmentation."""
    from scipy.io import loadmat

    try:
        return np.asarray(loadmat(path)["GTcls"]["Segmentation"][0, 0]).astype(np.int32)
    except Exception as error:  # a damaged file makes the reader stumble in any way
        refuse_unreachable(path)
        raise FileError(f"{path} is no annotation of SBD (GTcls.Segmentation is missing), or damaged.") from error
