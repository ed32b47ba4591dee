"""CamVid's raw reader on a folder made up for it."""

import itertools
import shutil

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data
from tfadvseg.data.camvid import _groups

CAMVID = data.named("camvid")


@pytest.fixture
def folder(tmp_path):
    """Two training and one validation image of 6 x 8, PNG and JPEG; the lists hold another machine's paths."""
    rng = np.random.default_rng(0)
    for split, names in (("train", ("b.png", "a.jpg")), ("val", ("c.png",))):
        for sub in (split, f"{split}annot"):
            (tmp_path / sub).mkdir()
        lines = []
        for name in names:
            labels = rng.integers(0, 12, (6, 8)).astype(np.uint8)
            labels_name = f"{name.split('.')[0]}.png"
            Image.fromarray(rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)).save(tmp_path / split / name)
            Image.fromarray(labels).save(tmp_path / f"{split}annot" / labels_name)
            lines.append(f"/home/somebody/CamVid/{split}/{name} /home/somebody/CamVid/{split}annot/{labels_name}")
        (tmp_path / f"{split}.txt").write_text("\n".join(lines) + "\n\n")
    return tmp_path


def pixels(path):
    with Image.open(path) as file:
        return np.array(file)


def read(folder, split="train"):
    return list(CAMVID.split(str(folder), split))


def test_examples_come_in_the_order_of_the_list(folder):
    examples = read(folder)
    assert [name for name, _, _ in examples] == ["b", "a"]
    for name, image, labels in examples:
        assert image.dtype == labels.dtype == np.uint8 and (image.shape, labels.shape) == ((6, 8, 3), (6, 8)), name


def test_pixels_are_those_of_the_files_and_void_is_ignored(folder):
    for (_, image, labels), name in zip(read(folder), ("b.png", "a.jpg"), strict=True):
        np.testing.assert_array_equal(image, pixels(folder / "train" / name))
        stored = pixels(folder / "trainannot" / f"{name[0]}.png")
        np.testing.assert_array_equal(labels == 255, stored == 11)
        np.testing.assert_array_equal(labels[labels != 255], stored[stored != 11])
        assert 11 not in labels and 255 in labels


def test_photograph_and_labels_are_turned_as_they_are_shown(folder):
    before, exif = read(folder)[0], Image.Exif()
    exif[274] = 6
    for name in ("train", "trainannot"):
        with Image.open(folder / name / "b.png") as file:
            file.load()
        file.save(folder / name / "b.png", exif=exif)
    for stored, shown in zip(before[1:], read(folder)[0][1:], strict=True):
        np.testing.assert_array_equal(shown, np.rot90(stored, -1))


def test_labels_in_another_order_of_the_palette_are_refused(folder):
    with Image.open(folder / "trainannot" / "b.png") as file:
        stored = file.convert("L")
    stored.putpalette(np.ravel(CAMVID.label_space.palette[::-1]).tolist())
    stored.save(folder / "trainannot" / "b.png")
    with pytest.raises(ValueError, match="trainannot/b.png numbers its labels in another order"):
        read(folder)


def test_labels_may_have_a_palette(folder):
    """Then a pixel's value is its index, not its colour."""
    with Image.open(folder / "trainannot" / "b.png") as file:
        stored = file.convert("L")
    expected = read(folder)[0][2]
    stored.putpalette(list(range(255, -1, -1)) * 3)
    stored.save(folder / "trainannot" / "b.png")
    with Image.open(folder / "trainannot" / "b.png") as file:
        assert file.mode == "P"
    np.testing.assert_array_equal(read(folder)[0][2], expected)


@pytest.mark.parametrize("line", ["train/b.png trainannot/b.png", "/train/b.png /trainannot/b.png"])
def test_paths_may_be_relative_to_the_folder(folder, line):
    (folder / "train.txt").write_text(line)
    assert [name for name, _, _ in read(folder)] == ["b"]


def test_images_of_one_name_in_two_folders_are_told_apart(folder):
    for name in ("s1", "s2"):
        shutil.copytree(folder / "train", folder / name)
    (folder / "train.txt").write_text(
        "s1/b.png trainannot/b.png\ns2/b.png trainannot/b.png\ntrain/a.jpg trainannot/a.png"
    )
    split = CAMVID.split(str(folder), "train")
    assert split.ids == split.groups == ("s1/b", "s2/b", "a")


def test_only_the_split_that_is_asked_for_is_looked_at(folder):
    (folder / "val" / "c.png").unlink()
    (folder / "trainannot" / "a.png").write_text("damaged")
    (folder / "test.txt").write_text("nonsense")
    split = CAMVID.split(str(folder), "train")
    assert split.ids == ("b", "a") and split[0].id == "b"
    with pytest.raises(ValueError, match="val.txt names .*c.png, which is not under"):
        CAMVID.split(str(folder), "val")


def test_val_is_short_for_validation(folder):
    split = CAMVID.split(str(folder), "val")
    assert (split.dataset, split.name, split.ids) == ("camvid", "validation", ("c",))


def test_frames_of_one_stretch_of_a_drive_are_a_group(folder):
    """107 frames of video are three stretches of 36; the other drive has one photograph alone, two names no frame."""
    names = (
        "0016E5_07959",
        "0016E5_07961",
        "0016E5_07994",
        "0016E5_07995",
        "0016E5_08030",
        "0016E5_08031",
        "0016E5_08065",
        "Seq05VD_f00000",
        "alone",
        "lone_wolf",
    )
    for name in names:
        shutil.copy(folder / "train" / "b.png", folder / "train" / f"{name}.png")
    (folder / "train.txt").write_text("\n".join(f"train/{name}.png trainannot/b.png" for name in names))
    groups = CAMVID.split(str(folder), "train").groups
    assert groups == (*(f"0016E5/{n}" for n in (0, 0, 0, 0, 1, 1, 2)), "Seq05VD/0", "alone", "lone_wolf")


def test_the_validation_split_of_camvid_is_five_stretches():
    """101 photographs, two frames apart: 20 or 21 in each."""
    groups = _groups(tuple(f"0016E5_{frame:05}" for frame in range(7959, 8160, 2)))
    assert len(groups) == 101 and [len(list(own)) for _, own in itertools.groupby(groups)] == [21, 20, 20, 20, 20]


def test_the_fingerprint_is_that_of_the_files_of_the_split(folder):
    before = {name: CAMVID.split(str(folder), name).fingerprint() for name in ("train", "val")}
    (folder / "val" / "c.png").write_bytes(b"another")
    after = {name: CAMVID.split(str(folder), name).fingerprint() for name in ("train", "val")}
    assert after["train"] == before["train"] and after["val"] != before["val"]


@pytest.mark.parametrize(
    "change",
    [
        lambda f: Image.fromarray(np.zeros((6, 8), np.uint8)).save(f / "trainannot" / "a.png"),
        lambda f: (f / "train.txt").write_text((f / "train.txt").read_text().replace("annot/a.png", "annot/b.png")),
        lambda f: (f / "train.txt").write_text("\n".join((f / "train.txt").read_text().splitlines()[::-1])),
    ],
)
def test_the_fingerprint_changes_with_the_files_and_the_list(folder, change):
    before = CAMVID.split(str(folder), "train").fingerprint()
    change(folder)
    assert CAMVID.split(str(folder), "train").fingerprint() != before


def truncate(path):
    path.write_bytes(path.read_bytes()[:60])


def replace_labels(path, labels):
    Image.fromarray(np.asarray(labels, np.uint8)).save(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: truncate(f / "train" / "b.png"), "train/b.png cannot be read as an image .* may be truncated"),
        (lambda f: truncate(f / "train" / "a.jpg"), "train/a.jpg cannot be read as an image"),
        (lambda f: truncate(f / "trainannot" / "a.png"), "trainannot/a.png cannot be read as an image"),
        (lambda f: (f / "train" / "b.png").write_text("no image"), "train/b.png cannot be read as an image"),
        (lambda f: (f / "train" / "a.jpg").unlink(), "train.txt names /home/somebody/CamVid/train/a.jpg, which is not"),
        (
            lambda f: (f / "train.txt").unlink(),
            "list .*train.txt does not exist; data_dir must hold it, but it holds val.txt",
        ),
        (lambda f: (f / "train.txt").write_text("\n"), "train.txt lists no photograph; a line is 'image labels'"),
        (lambda f: (f / "train.txt").write_text("train/b.png"), "Line 1 of .*train.txt is not 'image labels'"),
        (
            lambda f: replace_labels(f / "trainannot" / "b.png", np.zeros((6, 9))),
            "b.png is 9x6 but its image b.png is 8x6",
        ),
        (
            lambda f: Image.fromarray(np.full((6, 8), 256, np.uint16)).save(f / "trainannot" / "b.png"),
            "b.png holds label 256, first in row 0 and column 0",
        ),
        (
            lambda f: Image.fromarray(np.full((6, 8), 3, np.uint8)).save(f / "trainannot" / "b.png", "JPEG"),
            "b.png is JPEG, .* save labels as PNG",
        ),
        (
            lambda f: replace_labels(f / "trainannot" / "b.png", np.full((6, 8), 12)),
            "b.png holds label 12, .* 11 classes",
        ),
        (
            lambda f: replace_labels(f / "trainannot" / "b.png", np.zeros((6, 8, 3))),
            "is not a single-channel label image",
        ),
    ],
)
def test_damaged_folders_are_refused_by_the_file(folder, damage, message):
    damage(folder)
    with pytest.raises(ValueError, match=message):
        read(folder)


def test_splits_without_a_list_are_refused(folder):
    with pytest.raises(ValueError, match="test.txt does not exist; data_dir must .* it holds train.txt, val.txt"):
        CAMVID.split(str(folder), "test")
    with pytest.raises(ValueError, match="camvid has no split 'dev'; choose one of: test, train, validation"):
        data.split_name(CAMVID, "dev")


@pytest.mark.parametrize(
    ("data_dir", "message"),
    [
        (None, "camvid needs `data_dir`"),
        ("", "camvid needs `data_dir`"),
        ("/no/where", "/no/where does not exist"),
        (__file__, "test_camvid.py is a file"),
    ],
)
def test_a_missing_folder_is_refused(data_dir, message):
    with pytest.raises(ValueError, match=message):
        CAMVID.split(data_dir, "train")


def test_a_folder_without_lists_is_refused(tmp_path):
    with pytest.raises(ValueError, match="train.txt does not exist; .* but it holds no list at all"):
        CAMVID.split(str(tmp_path), "train")


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="Unknown dataset 'vocs'; choose one of: voc, ade20k, camvid, cityscapes"):
        data.named("vocs")
