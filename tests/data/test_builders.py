"""The TFDS builders give what the splits give, from a cache that belongs to exactly these files."""

import dataclasses
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data
from tfadvseg.data.builders import builder, load_examples

ROOT = pathlib.Path(__file__).parents[2]
CAMVID = data.named("camvid")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three training images and one validation image, not in alphabetical order; TFDS_DATA_DIR in tmp_path."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "cache"))
    rng, root = np.random.default_rng(0), tmp_path / "camvid"
    for split, names in (("train", "cab"), ("val", "d")):
        for sub in (split, f"{split}annot"):
            (root / sub).mkdir(parents=True)
        for name in names:
            Image.fromarray(rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)).save(root / split / f"{name}.png")
            labels = rng.integers(0, 12, (6, 8)).astype(np.uint8)
            Image.fromarray(labels).save(root / f"{split}annot" / f"{name}.png")
        lines = [f"/SegNet/CamVid/{split}/{name}.png /SegNet/CamVid/{split}annot/{name}.png" for name in names]
        (root / f"{split}.txt").write_text("\n".join(lines))
    return root


def test_the_builder_gives_the_examples_of_the_split_in_its_order(folder, tmp_path):
    for split in ("train", "validation"):
        found = list(load_examples(CAMVID, str(folder), split).as_numpy_iterator())
        expected = list(CAMVID.split(str(folder), split))
        assert [example["id"].decode() for example in found] == [name for name, _, _ in expected]
        for example, (_, image, labels) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(example["image"], image)
            np.testing.assert_array_equal(example["labels"][..., 0], labels)
            assert example["image"].dtype == example["labels"].dtype == np.uint8


def test_a_folder_without_splits_is_prepared_though_tfds_keeps_the_name_all(folder):
    (folder / "classes.csv").write_text("\n".join(["name,index", *(f"class {i},{i}" for i in range(12))]))
    mine = data.named("folder", classes=str(folder / "classes.csv"), images_folder="train", masks_folder="trainannot")
    found = list(load_examples(mine, str(folder), "all").as_numpy_iterator())
    expected = list(mine.split(str(folder), "all"))
    assert [example["id"].decode() for example in found] == [name for name, _, _ in expected] == ["a", "b", "c"]
    for example, (_, image, labels) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(example["image"], image)
        np.testing.assert_array_equal(example["labels"][..., 0], labels)


def test_a_builder_is_called_after_its_dataset_and_says_where_that_comes_from(folder, tmp_path):
    """TFDS has a `voc` of its own, with boxes."""
    photographs = CAMVID.split(str(folder), "train")
    camvid = builder(photographs, tmp_path / "cache")
    assert camvid.name == "camvid" and "The split train of camvid" in camvid.info.description
    assert data.about("camvid").splitlines()[0] in camvid.info.description
    voc = builder(dataclasses.replace(photographs, dataset="voc"), tmp_path / "cache")
    assert voc.name == "voc_segmentation" and "VOCdevkit" in voc.info.description
    unknown = builder(dataclasses.replace(photographs, dataset="mine"), tmp_path / "cache")
    assert (unknown.name, unknown.info.description) == ("mine", "The split train of mine, labelled by pixel.")


def test_only_the_split_that_is_asked_for_is_prepared(folder, tmp_path):
    (folder / "train" / "a.png").write_text("damaged")
    assert len(load_examples(CAMVID, str(folder), "val")) == 1
    (cache,) = (tmp_path / "cache" / "tfadvseg").iterdir()
    assert cache.name == CAMVID.split(str(folder), "val").fingerprint()[:16]
    files = [path.name for path in cache.rglob("*tfrecord*")]
    assert files and all("validation" in name for name in files)


def test_a_prepared_split_reads_no_photograph_again(folder):
    before = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfadvseg.data.camvid.read_pair", None)
        after = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one["image"], other["image"])


def test_a_changed_folder_meets_no_old_cache(folder):
    before = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(folder / "train" / "c.png")
    after = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    assert before[0]["image"].any() and not after[0]["image"].any()


def test_a_split_that_the_folder_lacks_is_refused(folder):
    with pytest.raises(ValueError, match="test.txt does not exist; data_dir must hold it"):
        load_examples(CAMVID, str(folder), "test")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "train" / "a.png").write_bytes(b"\x89PNG no more"), "train/a.png cannot be read as an image"),
        (
            lambda f: Image.fromarray(np.full((6, 8), 77, np.uint8)).save(f / "trainannot" / "a.png"),
            "trainannot/a.png holds label 77",
        ),
        (lambda f: (f / "train" / "a.png").unlink(), "train.txt names .*a.png, which is not under"),
    ],
)
def test_errors_while_a_cache_is_made_come_out_as_they_are(folder, damage, message):
    """And leave no cache behind: once the file is repaired, the next call succeeds."""
    kept = {path: path.read_bytes() for path in (folder / "train" / "a.png", folder / "trainannot" / "a.png")}
    damage(folder)
    with pytest.raises(ValueError, match=message):
        load_examples(CAMVID, str(folder), "train")
    for path, content in kept.items():
        path.write_bytes(content)
    assert len(load_examples(CAMVID, str(folder), "train")) == 3


def test_a_cache_that_cannot_be_written_is_refused(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(ValueError, match="cannot be written .*; set TFDS_DATA_DIR to another folder"):
        load_examples(CAMVID, str(folder), "train")


def test_a_cache_whose_preparing_was_killed_is_made_anew(folder, tmp_path):
    """A half folder of TFDS under its scratch name, and one under its own name without what describes it."""
    cache = tmp_path / "cache" / "tfadvseg" / CAMVID.split(str(folder), "train").fingerprint()[:16]
    for half in ("1.0.0.incompleteABCDEF", "incomplete.ABCDEF_1.0.0", "1.0.0"):
        (cache / "camvid" / half).mkdir(parents=True)
        (cache / "camvid" / half / "camvid-train.tfrecord-00000-of-00001").write_bytes(b"half")
    assert len(list(load_examples(CAMVID, str(folder), "train"))) == 3
    assert [path.name for path in (cache / "camvid").iterdir()] == ["1.0.0"]


def test_two_processes_may_want_a_cache_at_once(folder):
    code = (
        "import sys; from tfadvseg import data; from tfadvseg.data.builders import load_examples;"
        "print(len(list(load_examples(data.named('camvid'), sys.argv[1], 'train'))))"
    )
    call = [sys.executable, "-c", code, str(folder)]
    both = [
        subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    ends = [program.communicate() for program in both]
    assert [program.returncode for program in both] == [0, 0], ends
    assert [out for out, _ in ends] == ["3\n", "3\n"]
    assert sum("Preparing camvid train" in err for _, err in ends) == 1


@pytest.mark.parametrize(
    "error", [AssertionError("Two splits"), OSError(28, "No space left on device"), RuntimeError()]
)
def test_whatever_tfds_raises_names_the_cache(folder, monkeypatch, error):
    def prepare(self):
        raise error

    monkeypatch.setattr("tensorflow_datasets.core.DatasetBuilder.download_and_prepare", prepare)
    with pytest.raises(ValueError, match="The cache .*tfadvseg.* cannot be written .*; set TFDS_DATA_DIR to another"):
        load_examples(CAMVID, str(folder), "train")
