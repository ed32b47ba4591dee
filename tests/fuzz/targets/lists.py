"""Lists of photographs and their labels, of names, and COCO's outlines."""

import json
import pathlib

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tfadvseg.data import coco
from tfadvseg.data.listing import ids, read_names, read_pairs

PNG = b"\x89PNG\r\n\x1a\n"
OUTLINES = {
    "categories": [{"id": number, "name": name} for number, name in enumerate(coco.OBJECTS, start=1)],
    "images": [{"id": 7, "file_name": "a.jpg", "height": 9, "width": 13}],
    "annotations": [
        {"image_id": 7, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 6, 1, 6]], "iscrowd": 0},
        {"image_id": 7, "category_id": 2, "segmentation": {"counts": [9, 27, 81], "size": [9, 13]}, "iscrowd": 1},
    ],
}


def target() -> Target:
    return Target(seeds, [_pairs, _names, _outlines])


def seeds() -> list[Files]:
    files: Files = {f"{folder}/{name}.png": PNG for folder in ("images", "labels") for name in ("a", "b c", "d")}
    lines = "images/a.png labels/a.png\n'images/b c.png', 'labels/b c.png'\n/data/x/images/d.png;labels\\d.png\n"
    plain = "images/a.png labels/a.png\nimages/d.png\tlabels/d.png\n"
    outlines = json.dumps(OUTLINES).encode()
    names = b"a\nb\n2008_000001\n"
    return [
        files | {"list.txt": text.encode(), "names.txt": names, "outlines.json": outlines} for text in (lines, plain)
    ]


def _pairs(folder: pathlib.Path) -> None:
    found = read_pairs(folder / "list.txt", folder)
    ids([image for image, _ in found])


def _names(folder: pathlib.Path) -> None:
    read_names(folder / "names.txt")


def _outlines(folder: pathlib.Path) -> None:
    coco.read_instances.cache_clear()
    for name in coco.read_instances(folder / "outlines.json").outlines:
        coco.read(folder / "outlines.json", name, folder / "images" / "a.png")
