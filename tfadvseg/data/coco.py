"""COCO's instances (Lin et al. 2014) as labels of Pascal VOC's 21 classes, to train on.

The outlines of COCO's instances are drawn onto background, larger ones first, so that where two overlap the smaller one
is seen, as a cup in front of a table. Crowds, whose outlines are rough, are ignored where no instance lies on them.
Instances of COCO's other 60 categories are background, as they are in VOC. pycocotools reads the outlines; it is an
extra: pip install tfadvseg[coco].
"""

import dataclasses
import functools
import importlib.util
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfadvseg.confined import confined, refuse_endless
from tfadvseg.conventions import IGNORED
from tfadvseg.data.files import FileError, read_photograph, refuse_other_size
from tfadvseg.data.labels import PASCAL_VOC
from tfadvseg.data.places import refuse_missing
from tfadvseg.json_text import parsed

OTHER_NAMES = {
    "airplane": "aeroplane",
    "dining table": "diningtable",
    "motorcycle": "motorbike",
    "potted plant": "pottedplant",
    "couch": "sofa",
    "tv": "tvmonitor",
}
"""COCO's names of the categories that VOC calls otherwise."""
OBJECTS = PASCAL_VOC.names[1:]
INSTANCES = "annotations/instances_train*.json"


class Outline(NamedTuple):
    """label: of VOC, or IGNORED for a crowd. rle: run lengths, as pycocotools compresses them. area: in pixels."""

    label: int
    rle: dict[str, Any]
    area: int


@dataclasses.dataclass(frozen=True)
class Instances:
    """What a JSON file of instances says of the images that have any of VOC's objects, by their names. files: relative
    to the folder of the photographs; outlines: the lowest first."""

    files: Mapping[str, str]
    outlines: Mapping[str, tuple[Outline, ...]]


def instances_file(coco: str) -> pathlib.Path:
    """The JSON file of a folder of COCO, or the file itself; ValueError where there is none, or more than one."""
    given = pathlib.Path(coco)
    if given.is_file():
        return given
    found = sorted(given.glob(INSTANCES))
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"{given} holds {' and '.join(path.name for path in found)}; name the one that is meant by `coco`."
        )
    raise ValueError(f"There is no {given / INSTANCES}; `coco` is COCO's folder, or its JSON file of instances.")


def photographs(instances: pathlib.Path) -> dict[str, pathlib.Path]:
    """{name: the photograph} of all that have any of VOC's objects, in the order of the JSON file.

    They lie in the folder beside that of the file that its name ends on: instances_train2014.json in train2014.
    """
    folder = instances.parent.parent / instances.stem.removeprefix("instances_")
    files = read_instances(instances).files
    found = {name: confined(folder, file, instances, links=True) for name, file in files.items()}
    if not found:
        raise ValueError(f"{instances} has no image with any of Pascal VOC's {len(OBJECTS)} objects.")
    refuse_missing(found.values(), f"{instances.name} names this photograph")
    return found


def read(instances: pathlib.Path, name: str, path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W] with 255 ignored) of the photograph of that name; ValueError says
    what will not do."""
    from pycocotools import mask

    image, outlines = read_photograph(path), read_instances(instances).outlines[name]
    labels = np.zeros(outlines[0].rle["size"], np.uint8)
    for outline in outlines:
        labels[mask.decode(outline.rle).astype(bool)] = outline.label
    refuse_other_size(path, image, instances, labels)
    return image, labels


@functools.lru_cache(maxsize=2)
def read_instances(path: pathlib.Path) -> Instances:
    """Of a file, read once a process, which takes seconds and several GB for all of COCO; ValueError where it is none,
    or pycocotools is missing."""
    if importlib.util.find_spec("pycocotools") is None:
        raise ValueError("COCO's outlines are read by pycocotools, which is not installed: pip install tfadvseg[coco].")
    try:
        refuse_endless(path)
        content = parsed(path.read_bytes())
        label_of = _labels(content["categories"], path)
        images = {image["id"]: image for image in content["images"]}
        found: dict[int, list[Outline]] = {}
        for one in content["annotations"]:
            if one["category_id"] in label_of:
                outline = _outline(one, images[one["image_id"]], label_of[one["category_id"]])
                found.setdefault(one["image_id"], []).extend([outline] if outline else [])
        own = {
            pathlib.PurePosixPath(image["file_name"]).stem: (str(image["file_name"]), found[key])
            for key, image in images.items()
            if any(one.label != IGNORED for one in found.get(key, ()))
        }
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}).") from error
    except Exception as error:  # whatever it holds in place of what it should
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(
            f"{path} is no file of COCO's instances, or damaged ({type(error).__name__}: {reason})."
        ) from error
    return Instances(
        {name: file for name, (file, _) in own.items()},
        {name: tuple(sorted(outlines, key=_height)) for name, (_, outlines) in own.items()},
    )


def _labels(categories: list[dict[str, Any]], path: pathlib.Path) -> dict[int, int]:
    """{number of a category: label of VOC} of VOC's objects, which are known by their names."""
    names = {one["id"]: OTHER_NAMES.get(one["name"], one["name"]) for one in categories}
    if missing := [name for name in OBJECTS if name not in names.values()]:
        raise FileError(f"{path} has no category {missing[0]}; are these COCO's instances?")
    return {key: PASCAL_VOC.names.index(name) for key, name in names.items() if name in OBJECTS}


def _outline(annotation: dict[str, Any], image: dict[str, Any], label: int) -> Outline | None:
    """None for a polygon without an area, of which COCO has a few."""
    from pycocotools import mask

    height, width, drawn = image["height"], image["width"], annotation["segmentation"]
    if isinstance(drawn, list):
        polygons = [polygon for polygon in drawn if len(polygon) >= 6]  # four numbers would be taken for a box
        if not polygons:
            return None
        rle = mask.merge(mask.frPyObjects(polygons, height, width))
    else:
        rle = mask.frPyObjects(drawn, height, width) if isinstance(drawn["counts"], list) else drawn
    return Outline(IGNORED if annotation.get("iscrowd") else label, rle, int(mask.area(rle)))


def _height(outline: Outline) -> tuple[bool, int]:
    """By which outlines lie on each other: crowds lowest, then from large to small."""
    return outline.label != IGNORED, -outline.area
