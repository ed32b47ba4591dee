"""Pascal VOC's raw reader on its official layout, with SBD's lists and files."""

import os

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from tfadvseg import data
from tfadvseg.data import voc
from tfadvseg.data.labels import voc_palette

VOC = data.named("voc")
TRAIN, VAL = ("2007_000032", "2007_000039"), ("2007_000033", "2007_000042", "2007_000061")
SBD_TRAIN, SBD_VAL = ("2008_000008", "2007_000032", "2007_000033"), ("2008_000015", "2007_000061")


def palette_png(path, labels):
    image = Image.fromarray(labels)
    image.putpalette(np.ravel(voc_palette(256)).tolist())
    image.save(path)


def made(name, shape=(5, 7)):
    rng = np.random.default_rng(int(name[-4:]))
    return rng.integers(0, 256, (*shape, 3)).astype(np.uint8), np.append(
        rng.integers(0, 21, shape[0] * shape[1] - 1), 255
    ).reshape(shape).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """VOCdevkit/VOC2012 with the photographs of VOC and SBD, whose lists end lines as Windows does."""
    root = tmp_path / "Données VOC" / "VOCdevkit" / "VOC2012"
    for sub in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (root / sub).mkdir(parents=True)
    for name in {*TRAIN, *VAL, *SBD_TRAIN, *SBD_VAL}:
        image, labels = made(name)
        Image.fromarray(image).save(root / "JPEGImages" / f"{name}.jpg")
        if name in TRAIN + VAL:
            palette_png(root / "SegmentationClass" / f"{name}.png", labels)
    for name, listed in (("train", TRAIN), ("val", VAL)):
        (root / "ImageSets/Segmentation" / f"{name}.txt").write_bytes("\r\n".join([*listed, ""]).encode())
    return root


@pytest.fixture
def sbd(folder, monkeypatch):
    """SBD beside VOCdevkit, and the counts that these lists give."""
    monkeypatch.setattr(voc, "REDUCED_VAL", 1)
    monkeypatch.setattr(voc, "TRAIN_AUG", 4)
    root = folder.parent.parent / "benchmark_RELEASE" / "dataset"
    (root / "cls").mkdir(parents=True)
    for name, listed in (("train", SBD_TRAIN), ("val", SBD_VAL)):
        (root / f"{name}.txt").write_text("\n".join(listed))
    for name in SBD_TRAIN + SBD_VAL:
        segmentation = np.zeros((1, 1), [("Segmentation", object)])
        segmentation["Segmentation"][0, 0] = made(name)[1] % 21
        savemat(root / "cls" / f"{name}.mat", {"GTcls": segmentation})
    return root


def test_the_splits_are_those_of_the_lists_in_their_order(folder):
    for data_dir in (folder, folder.parent, folder.parent.parent):
        assert VOC.split(str(data_dir), "train").ids == TRAIN
    split = VOC.split(str(folder), "val")
    assert split.ids == split.groups == VAL and (split.dataset, split.name) == ("voc", "validation")


def test_indices_are_classes_whatever_their_palette_and_255_is_ignored(folder):
    for name, image, labels in VOC.split(str(folder), "train"):
        with Image.open(folder / "SegmentationClass" / f"{name}.png") as file:
            assert file.mode == "P"
        np.testing.assert_array_equal(labels, made(name)[1])
        assert labels.dtype == np.uint8 and image.shape == (5, 7, 3) and 255 in labels


def test_indices_of_16_bits_are_classes_and_no_other_number_becomes_one(folder):
    path, labels = folder / "SegmentationClass" / f"{TRAIN[0]}.png", made(TRAIN[0])[1]
    Image.fromarray(labels.astype(np.uint16)).save(path)
    np.testing.assert_array_equal(VOC.split(str(folder), "train")[0].labels, labels)
    Image.fromarray(labels + np.uint16(256)).save(path)
    with pytest.raises(
        ValueError, match=f"{TRAIN[0]}.png holds label {256 + int(labels[0, 0])}, first in row 0 and col"
    ):
        VOC.split(str(folder), "train")[0]


@pytest.mark.parametrize("place", ["benchmark_RELEASE/dataset", "VOCdevkit/SBD", "VOCdevkit/VOC2012/SBD/dataset"])
def test_the_reduced_validation_split_is_what_sbd_does_not_annotate(folder, sbd, place):
    base = folder.parent.parent
    (base / place).parent.mkdir(parents=True, exist_ok=True)
    os.rename(sbd, base / place)
    assert VOC.split(str(folder), "reduced_val").ids == ("2007_000042",)


def test_the_augmented_training_split_takes_vocs_labels_before_sbds(folder, sbd):
    split = VOC.split(str(folder), "train_aug")
    assert split.ids == (*TRAIN, "2008_000008", "2008_000015")
    assert [path.suffix for _, path in split.origins] == [".png", ".png", ".mat", ".mat"]
    np.testing.assert_array_equal(split[0].labels, made(TRAIN[0])[1])
    np.testing.assert_array_equal(split[2].labels, made("2008_000008")[1] % 21)
    assert split[2].labels.dtype == np.uint8


def test_sbds_labels_may_be_pngs(folder, sbd):
    (folder / "SegmentationClassAug").mkdir()
    for name in ("2008_000008", "2008_000015"):
        Image.fromarray(made(name)[1]).save(folder / "SegmentationClassAug" / f"{name}.png")
    split = VOC.split(str(folder), "train_aug")
    assert [path.parent.name for _, path in split.origins] == ["SegmentationClass"] * 2 + ["SegmentationClassAug"] * 2
    np.testing.assert_array_equal(split[3].labels, made("2008_000015")[1])


@pytest.mark.parametrize(("split", "wanted", "found"), [("reduced_val", "346", "1"), ("train_aug", "10,582", "4")])
def test_lists_of_another_count_are_refused_with_the_count(folder, sbd, monkeypatch, split, wanted, found):
    monkeypatch.setattr(voc, "REDUCED_VAL", 346)
    monkeypatch.setattr(voc, "TRAIN_AUG", 10_582)
    with pytest.raises(ValueError, match=f"{split} of voc has {wanted} photographs, but the lists give {found}; "):
        VOC.split(str(folder), split)


def test_paths_and_backslashes_in_a_list_count_for_their_names(folder):
    listing = folder / "ImageSets/Segmentation/train.txt"
    listing.write_text("JPEGImages\\2007_000039.jpg SegmentationClass\\2007_000039.png\r\n\r\n/x/2007_000032.jpg\r\n")
    assert VOC.split(str(folder), "train").ids == ("2007_000039", "2007_000032")


def test_a_damaged_annotation_of_sbd_is_named(folder, sbd):
    (sbd / "cls/2008_000008.mat").write_bytes(b"MATLAB 5.0 no more")
    with pytest.raises(ValueError, match="2008_000008.mat is no annotation of SBD"):
        VOC.split(str(folder), "train_aug")[2]
    savemat(sbd / "cls/2008_000008.mat", {"GTinst": 1})
    with pytest.raises(ValueError, match="2008_000008.mat is no annotation of SBD"):
        VOC.split(str(folder), "train_aug")[2]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "ImageSets/Segmentation/train.txt").unlink(), "train.txt cannot be read .No such file"),
        (lambda f: (f / "ImageSets/Segmentation/train.txt").write_text(" \n"), "train.txt lists no photograph"),
        (lambda f: (f / "ImageSets/Segmentation/train.txt").write_text("a\nb\na"), "train.txt lists a 2 times"),
        (
            lambda f: (f / "ImageSets/Segmentation/train.txt").write_bytes(b"\0\1\2"),
            "train.txt is not text; .* a name a",
        ),
        (
            lambda f: (f / "SegmentationClass/2007_000039.png").unlink(),
            "VOC2012/SegmentationClass/2007_000039.png does not exist; train of voc has this file",
        ),
        (lambda f: (f / "JPEGImages/2007_000032.jpg").unlink(), "VOC2012/JPEGImages/2007_000032.jpg does not exist"),
        (
            lambda f: palette_png(f / "SegmentationClass/2007_000032.png", np.full((5, 7), 21, np.uint8)),
            "2007_000032.png holds label 21, .* 21 classes",
        ),
        (
            lambda f: palette_png(f / "SegmentationClass/2007_000032.png", np.full((5, 8), 1, np.uint8)),
            "2007_000032.png is 8x5 but its image 2007_000032.jpg is 7x5",
        ),
    ],
)
def test_damaged_folders_are_refused_by_the_file(folder, damage, message):
    damage(folder)
    with pytest.raises(ValueError, match=message):
        list(VOC.split(str(folder), "train"))


def test_missing_folders_and_lists_are_named(folder, tmp_path):
    with pytest.raises(ValueError, match=f"There is no {tmp_path}/VOCdevkit/VOC2012/ImageSets; `data_dir` must hold"):
        VOC.split(str(tmp_path), "train")
    with pytest.raises(ValueError, match="VOCdevkit/SBD/train.txt, nor a benchmark_RELEASE/.*; this split needs SBD's"):
        VOC.split(str(folder), "reduced_val")
    with pytest.raises(
        ValueError, match="voc has no split 'test'; choose one of: reduced_val, train, train_aug, train_coco, val"
    ):
        VOC.split(str(folder), "test")
