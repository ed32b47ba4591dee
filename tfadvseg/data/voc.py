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

`train_coco`, of what the paper's networks were trained on, is train_aug and behind it the photographs of COCO (Lin
et al. 2014, https://cocodataset.org; annotations under CC BY 4.0, photographs under Flickr's terms) that have any of
VOC's twenty objects. `coco` is its folder, or its JSON file of instances, where there are several:

    annotations/instances_train2014.json
    train2014/COCO_train2014_000000000009.jpg
"""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfadvseg.data import coco as coco_instances
from tfadvseg.data.dataset import Dataset
from tfadvseg.data.files import FileError, read_pair, read_photograph, refuse_other_size, refuse_unreachable
from tfadvseg.data.labels import PASCAL_VOC
from tfadvseg.data.listing import read_names
from tfadvseg.data.places import data_folder, refuse_missing
from tfadvseg.data.split import Split
from tfadvseg.registry import choose

LABEL_SPACE = PASCAL_VOC
TRAIN_COCO = "train_coco"
REDUCED_VAL, TRAIN_AUG = 346, 10_582
"""Photographs in the splits that are made of several lists."""
HOLDS = "VOC2012 (ImageSets, JPEGImages, SegmentationClass), or is it"


def dataset(coco: str | None = None) -> Dataset:
    """Pascal VOC. coco: COCO's folder, or its JSON file of instances, which train_coco needs."""
    return Dataset("voc", LABEL_SPACE, tuple(SPLITS), functools.partial(split, coco=coco))


def split(data_dir: str | None, name: str, coco: str | None = None) -> Split:
    """The photographs in the order of the split's list, those of SBD behind them, then COCO's; each is a group of its
    own."""
    root = _root(data_folder("voc", data_dir, HOLDS))
    if name == TRAIN_COCO and not coco:
        raise ValueError(f"{TRAIN_COCO} of voc needs `coco`, the folder that holds {coco_instances.INSTANCES}.")
    names, labels = choose(SPLITS, name, "split")(root)
    images = tuple(root / "JPEGImages" / f"{own}.jpg" for own in names)
    refuse_missing((*images, *labels), f"{name} of voc has this file")
    found = Split("voc", name, names, names, tuple(zip(images, labels, strict=True)), read)
    return _with_coco(found, coco_instances.instances_file(coco)) if name == TRAIN_COCO and coco else found


def _with_coco(own: Split, instances: pathlib.Path) -> Split:
    added = coco_instances.photographs(instances)
    names = (*own.ids, *added)
    origins = (*own.origins, *((path, name) for name, path in added.items()))
    return dataclasses.replace(
        own, ids=names, groups=names, origins=origins, read=WithCoco(instances), sources=(instances,)
    )


@dataclasses.dataclass(frozen=True)
class WithCoco:
    """Reads VOC's photographs, of the files of their labels, and COCO's, of their names in a JSON file."""

    instances: pathlib.Path

    def __call__(
        self, image_path: pathlib.Path, labels: pathlib.Path | str
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(image uint8 [H, W, 3], labels uint8 [H, W], 255 ignored). labels: a file of VOC's or a name of COCO's."""
        if isinstance(labels, str):
            return coco_instances.read(self.instances, labels, image_path)
        return read(image_path, labels)


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


SPLITS = {
    "train": _train,
    "validation": _validation,
    "reduced_val": _reduced_val,
    "train_aug": _train_aug,
    TRAIN_COCO: _train_aug,
}
"""What of VOC and SBD is in each; COCO comes behind it."""


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


def read(image_path: pathlib.Path, labels_path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored); ValueError names a file that will not do."""
    if labels_path.suffix == ".mat":
        image, labels = read_photograph(image_path), read_mat(labels_path)
        refuse_other_size(image_path, image, labels_path, labels)
    else:
        image, labels = read_pair(image_path, labels_path, LABEL_SPACE.palette)
    return image, LABEL_SPACE.check(labels, str(labels_path)).astype(np.uint8, copy=False)


def read_mat(path: pathlib.Path) -> NDArray[np.integer]:
    """Labels int32 [H, W] of a file of SBD: GTcls.Segmentation."""
    from scipy.io import loadmat

    try:
        return np.asarray(loadmat(path)["GTcls"]["Segmentation"][0, 0]).astype(np.int32)
    except Exception as error:  # a damaged file makes the reader stumble in any way
        refuse_unreachable(path)
        raise FileError(f"{path} is no annotation of SBD (GTcls.Segmentation is missing), or damaged.") from error
