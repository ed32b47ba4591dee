"""The TFDS builders give what the raw readers give, from a cache that belongs to exactly these files."""

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data
from tfadvseg.data.builders import fingerprint, load_examples

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


def test_the_builder_gives_the_arrays_of_the_reader_in_its_order(folder, tmp_path):
    for split in ("train", "validation"):
        found = list(load_examples(CAMVID, str(folder), split).as_numpy_iterator())
        expected = list(CAMVID.read(str(folder), split))
        assert [example["id"].decode() for example in found] == [name for name, _, _ in expected]
        for example, (_, image, labels) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(example["image"], image)
            np.testing.assert_array_equal(example["labels"][..., 0], labels)
            assert example["image"].dtype == example["labels"].dtype == np.uint8
    assert list((tmp_path / "cache" / "tfadvseg").iterdir())


def test_a_changed_folder_meets_no_old_cache(folder):
    before = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(folder / "train" / "c.png")
    after = list(load_examples(CAMVID, str(folder), "train").as_numpy_iterator())
    assert before[0]["image"].any() and not after[0]["image"].any()


def test_a_split_that_the_folder_lacks_is_refused_with_those_it_has(folder):
    with pytest.raises(ValueError, match="camvid holds no test split of camvid; it has train, validation"):
        load_examples(CAMVID, str(folder), "test")


def test_the_fingerprint_stays_while_the_files_do(folder):
    assert fingerprint(CAMVID, str(folder)) == fingerprint(CAMVID, str(folder))
    assert fingerprint(data.named("scenes"), None) == fingerprint(data.named("scenes"), str(folder))


@pytest.mark.parametrize(
    "change",
    [
        lambda f: Image.fromarray(np.zeros((6, 8), np.uint8)).save(f / "trainannot" / "a.png"),
        lambda f: (f / "train.txt").write_text((f / "train.txt").read_text().replace("/c.png", "/b.png")),
        lambda f: (f / "val.txt").unlink(),
        lambda f: (f / "train.txt").write_text("\n".join((f / "train.txt").read_text().splitlines()[::-1])),
    ],
)
def test_the_fingerprint_changes_with_the_files(folder, change):
    before = fingerprint(CAMVID, str(folder))
    change(folder)
    assert fingerprint(CAMVID, str(folder)) != before


def test_the_fingerprint_changes_where_a_file_keeps_its_size(folder):
    """An uncompressed or equally compressible image that is edited: the old cache must not be used."""
    path = folder / "trainannot" / "a.png"
    before, data_before = fingerprint(CAMVID, str(folder)), path.read_bytes()
    path.write_bytes(data_before[:-20] + bytes(reversed(data_before[-20:])))
    assert fingerprint(CAMVID, str(folder)) != before


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
