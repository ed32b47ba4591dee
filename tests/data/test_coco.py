"""COCO's instances as VOC's labels, on small files in the official layout."""

import json
import pickle
import sys

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data
from tfadvseg.data import coco, voc
from tfadvseg.data.labels import PASCAL_VOC
from tfadvseg.data.split import Damaged

NAMES = [name for name in PASCAL_VOC.names[1:] if name not in coco.OTHER_NAMES.values()] + [*coco.OTHER_NAMES]
NUMBERS = {name: 3 * i + 1 for i, name in enumerate(["kite", *NAMES, "cup"])}  # with gaps, as COCO's are
SIZE = (8, 12)


def box(left, top, right, bottom):
    return [[left, top, right, top, right, bottom, left, bottom]]


def crowd(rows, columns):
    """Uncompressed run lengths, column by column."""
    inside = np.zeros(SIZE, int)
    inside[rows, columns] = 1
    flat = inside.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *changes, flat.size]).tolist()
    return {"size": list(SIZE), "counts": [0, *counts] if flat[0] else counts}


@pytest.fixture
def folder(tmp_path):
    """COCO's folder with four photographs: a sofa behind a cat on a crowd; a kite; people as a crowd only; a tv."""
    root = tmp_path / "coco ö 14"
    (root / "annotations").mkdir(parents=True)
    (root / "train2014").mkdir()
    rng = np.random.default_rng(0)
    names = [f"COCO_train2014_{i:012d}" for i in (9, 25, 30, 34)]
    for name in names:
        Image.fromarray(rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8)).save(root / "train2014" / f"{name}.jpg")
    annotations = [
        ("cat", 9, box(4, 2, 7, 5), 0),
        ("couch", 9, box(2, 0, 10, 6), 0),
        ("person", 9, crowd(slice(4, 8), slice(0, 12)), 1),
        ("cup", 9, box(0, 0, 2, 2), 0),
        ("kite", 25, box(0, 0, 5, 5), 0),
        ("person", 30, crowd(slice(0, 4), slice(0, 4)), 1),
        ("tv", 34, box(0, 0, 12, 8), 0),
        ("tv", 34, [[1, 1, 2, 2]], 0),
    ]
    content = {
        "images": [
            {"id": int(name[-3:]), "file_name": f"{name}.jpg", "height": SIZE[0], "width": SIZE[1]} for name in names
        ],
        "categories": [{"id": number, "name": name} for name, number in NUMBERS.items()],
        "annotations": [
            {"image_id": image, "category_id": NUMBERS[name], "segmentation": drawn, "iscrowd": rough}
            for name, image, drawn, rough in annotations
        ],
    }
    (root / "annotations/instances_train2014.json").write_text(json.dumps(content))
    coco.read_instances.cache_clear()
    return root


@pytest.fixture
def changed(folder):
    """(what to change) -> the JSON file with its content changed."""
    path = folder / "annotations/instances_train2014.json"

    def change(how):
        content = json.loads(path.read_text())
        how(content)
        path.write_text(json.dumps(content))
        coco.read_instances.cache_clear()
        return path

    return change


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/secret.jpg", "a/../../secret.jpg"])
def test_photographs_outside_of_its_folder_are_refused(changed, name):
    path = changed(lambda content: content["images"][0].update(file_name=name))
    with pytest.raises(ValueError, match=rf"instances_train2014.json names '{name}', which is outside of .*train2014"):
        coco.photographs(path)


def test_photographs_may_be_links(folder, tmp_path):
    """As people have them who keep photographs on another disk."""
    photograph = folder / "train2014" / "COCO_train2014_000000000009.jpg"
    photograph.rename(tmp_path / "elsewhere.jpg")
    photograph.symlink_to(tmp_path / "elsewhere.jpg")
    assert photograph in coco.photographs(coco.instances_file(str(folder))).values()


def label(name):
    return PASCAL_VOC.names.index(name)


def test_photographs_with_any_of_vocs_objects_are_taken_in_order(folder):
    found = coco.photographs(coco.instances_file(str(folder)))
    assert list(found) == ["COCO_train2014_000000000009", "COCO_train2014_000000000034"]
    assert found["COCO_train2014_000000000009"] == folder / "train2014/COCO_train2014_000000000009.jpg"


def test_the_smaller_lies_on_the_larger_and_both_on_a_crowd(folder):
    instances = coco.instances_file(str(folder))
    image, labels = coco.read(instances, *list(coco.photographs(instances).items())[0])
    expected = np.zeros(SIZE, np.uint8)
    expected[4:] = 255
    expected[0:6, 2:10] = label("sofa")
    expected[2:5, 4:7] = label("cat")
    np.testing.assert_array_equal(labels, expected)
    assert image.shape == (*SIZE, 3) and labels.dtype == np.uint8


def test_a_polygon_of_two_points_is_no_box(folder):
    instances = coco.instances_file(str(folder))
    _, labels = coco.read(instances, *list(coco.photographs(instances).items())[1])
    assert (labels == label("tvmonitor")).all()
    assert len(coco.read_instances(instances).outlines["COCO_train2014_000000000034"]) == 1


def test_every_object_is_known_by_cocos_name_and_no_other_category_is(folder):
    content = json.loads(coco.instances_file(str(folder)).read_text())
    found = coco._labels(content["categories"], folder)
    assert {PASCAL_VOC.names[k]: number for number, k in found.items()} == {
        coco.OTHER_NAMES.get(name, name): number for name, number in NUMBERS.items() if name not in ("kite", "cup")
    }
    assert len(found) == 20


def test_of_two_files_one_must_be_named(folder):
    other = folder / "annotations/instances_train2017.json"
    other.write_text((folder / "annotations/instances_train2014.json").read_text())
    with pytest.raises(ValueError, match="instances_train2014.json and instances_train2017.json; name .* by `coco`"):
        coco.instances_file(str(folder))
    assert coco.instances_file(str(other)) == other
    with pytest.raises(ValueError, match="train2017/COCO_train2014_000000000009.jpg does not exist, nor does another"):
        coco.photographs(other)
    with pytest.raises(ValueError, match=r"There is no .*annotations/instances_train\*.json; `coco` is COCO's folder"):
        coco.instances_file(str(folder / "train2014"))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda c: c.pop("images"), r"no file of COCO's instances, or damaged \(KeyError: 'images'\)"),
        (lambda c: c["categories"].pop(1), "has no category aeroplane|has no category bicycle"),
        (lambda c: c["annotations"].clear(), "has no image with any of Pascal VOC's 20 objects"),
        (lambda c: c["annotations"][0].update(image_id=7), r"or damaged \(KeyError: 7\)"),
        (lambda c: c["annotations"][0].update(segmentation=3), r"or damaged \(TypeError"),
    ],
)
def test_other_files_are_refused_by_name(changed, how, message):
    path = changed(how)
    with pytest.raises(ValueError, match=f"instances_train2014.json .*{message}|{message}"):
        coco.photographs(path)


def test_half_a_file_is_refused(changed):
    path = changed(lambda content: None)
    path.write_text(path.read_text()[:100])
    with pytest.raises(
        ValueError, match=r"instances_train2014.json is no file of COCO's instances, or damaged \(JSOND"
    ):
        coco.photographs(path)


def test_labels_of_another_size_are_refused(changed):
    path = changed(lambda content: content["images"][3].update(height=9))
    with pytest.raises(
        ValueError, match="instances_train2014.json is 12x9 but its image COCO_train2014_.*34.jpg is 12x8"
    ):
        coco.read(path, *list(coco.photographs(path).items())[1])


def test_without_pycocotools_a_sentence_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    monkeypatch.setitem(sys.modules, "pycocotools.mask", None)
    with pytest.raises(ValueError, match=r"pycocotools, which is not installed: pip install tfadvseg\[coco\]\.$"):
        coco.photographs(coco.instances_file(str(folder)))


@pytest.fixture
def voc_folder(tmp_path, monkeypatch):
    """VOC with one photograph to train on and one to validate, and SBD without any other."""
    monkeypatch.setattr(voc, "TRAIN_AUG", 1)
    root = tmp_path / "VOC2012"
    for sub in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass", "SBD/cls"):
        (root / sub).mkdir(parents=True)
    for name, listing in (("2007_000032", "train"), ("2007_000033", "val")):
        Image.fromarray(np.zeros((5, 7, 3), np.uint8)).save(root / f"JPEGImages/{name}.jpg")
        Image.fromarray(np.full((5, 7), 3, np.uint8)).save(root / f"SegmentationClass/{name}.png")
        (root / f"ImageSets/Segmentation/{listing}.txt").write_text(name)
        (root / f"SBD/{listing}.txt").write_text(name)
    return root


def test_the_split_is_vocs_photographs_and_cocos_behind_them(folder, voc_folder):
    split = data.named("voc", coco=str(folder)).split(str(voc_folder), "train_coco")
    assert split.ids == split.groups
    assert split.ids == ("2007_000032", "COCO_train2014_000000000009", "COCO_train2014_000000000034")
    assert (split[0].labels == 3).all() and (split[2].labels == label("tvmonitor")).all()
    assert (pickle.loads(pickle.dumps(split))[1].labels == split[1].labels).all()
    assert data.named("voc", coco=str(folder)).split(str(voc_folder), "train_aug").ids == ("2007_000032",)
    path = folder / "train2014/COCO_train2014_000000000034.jpg"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(Damaged, match="34.jpg cannot be read as an image"):
        split[2]


def test_the_fingerprint_changes_with_an_outline(changed, folder, voc_folder):
    dataset = data.named("voc", coco=str(folder))
    before = dataset.split(str(voc_folder), "train_coco").fingerprint()
    assert dataset.split(str(voc_folder), "train_coco").fingerprint() == before
    changed(lambda content: content["annotations"][0].update(segmentation=box(4, 2, 7, 6)))
    assert dataset.split(str(voc_folder), "train_coco").fingerprint() != before


def test_the_split_needs_its_folder(voc_folder):
    with pytest.raises(ValueError, match=r"train_coco of voc needs `coco`, the folder that holds annotations/inst"):
        data.named("voc").split(str(voc_folder), "train_coco")
