"""Cityscapes' raw reader on the official layout: ids, sizes, fractions, groups and refusals."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfadvseg import data
from tfadvseg.data import cityscapes
from tfadvseg.data.batches import batches
from tfadvseg.data.builders import load_examples
from tfadvseg.data.framing import Frame
from tfadvseg.engine.exposure import expose, in_frame
from tfadvseg.runs.examples import pixels
from tfadvseg.training.batches import RandomViews
from tfadvseg.training.memory import in_memory
from tfadvseg.training.views import views

HALVED, FULL = data.named("cityscapes"), data.named("cityscapes_full")
TRAIN_IDS = {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12, 26: 13, 27: 14,
             28: 15, 31: 16, 32: 17, 33: 18}  # fmt: skip


def write(root, name, image, labels, split="val", kind="labelIds"):
    city = name.split("_")[0]
    for folder in (root / "leftImg8bit" / split / city, root / "gtFine" / split / city):
        folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png", compress_level=1)
    Image.fromarray(labels).save(root / "gtFine" / split / city / f"{name}_gtFine_{kind}.png", compress_level=1)


def made(seed, shape=(8, 16)):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (*shape, 3)).astype(np.uint8), rng.integers(0, 34, shape).astype(np.uint8)


@pytest.fixture
def small(monkeypatch):
    """Files of 16x8 in place of 2048x1024."""
    monkeypatch.setattr(cityscapes, "SIZE", (4, 8))


@pytest.fixture
def folder(tmp_path, small):
    root = tmp_path / "Städte daten"
    for seed, name in enumerate(("münster_000001_000019", "bonn_000000_000019", "bonn_000000_000039")):
        write(root, name, *made(seed))
    write(root, "aachen_000000_000019", *made(7), split="train")
    return root


def test_photographs_come_by_city_and_those_of_a_recording_are_a_group(folder):
    split = HALVED.split(str(folder), "val")
    assert split.ids == ("bonn_000000_000019", "bonn_000000_000039", "münster_000001_000019")
    assert split.groups == ("bonn_000000", "bonn_000000", "münster_000001")
    assert (split.dataset, split.name, split.dtype) == ("cityscapes", "validation", "float32")
    assert HALVED.split(str(folder), "train").ids == ("aachen_000000_000019",)
    assert cityscapes.group("odd name") == "odd name"


def test_ids_become_the_nineteen_classes_and_all_others_are_ignored(tmp_path):
    ids = np.concatenate([np.arange(34), [255]]).astype(np.uint8)[None].repeat(2, 0)
    write(tmp_path, "bonn_000000_000019", np.zeros((2, 35, 3), np.uint8), ids)
    labels = FULL.split(str(tmp_path), "validation")[0].labels
    assert labels.dtype == np.uint8 and labels[0].tolist() == [TRAIN_IDS.get(int(i), 255) for i in ids[0]]
    assert HALVED.label_space.names[TRAIN_IDS[26]] == "car" and HALVED.label_space.classes == 19


def test_images_are_means_of_four_pixels_that_nothing_rounds(folder):
    stored, ids = made(1)
    _, image, labels = HALVED.split(str(folder), "val")[0]
    assert image.dtype == np.float32 and image.shape == (4, 8, 3) and labels.shape == (4, 8)
    mean = stored.reshape(4, 2, 8, 2, 3).astype(np.float64).mean((1, 3))
    np.testing.assert_array_equal(image, mean)
    assert (image % 1 != 0).any() and not np.array_equal(image, np.rint(image))
    np.testing.assert_array_equal(labels, [[TRAIN_IDS.get(int(i), 255) for i in row] for row in ids[1::2, 1::2]])


def test_the_nearest_label_is_the_one_that_tensorflow_and_pillow_take():
    labels = np.random.default_rng(0).integers(0, 19, (8, 16)).astype(np.uint8)
    nearest = cityscapes.nearest(labels, 2)
    np.testing.assert_array_equal(nearest, tf.image.resize(labels[..., None], (4, 8), "nearest")[..., 0])
    np.testing.assert_array_equal(nearest, np.asarray(Image.fromarray(labels).resize((8, 4), Image.Resampling.NEAREST)))


def test_a_mean_over_any_square():
    image = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    expected = image.reshape(2, 3, 3, 3, 3).astype(np.float64).mean((1, 3))
    np.testing.assert_allclose(cityscapes.area_mean(image, 3), expected, rtol=1e-6)
    np.testing.assert_array_equal(cityscapes.area_mean(image, 1), image)


def test_the_official_size_becomes_1024x512(tmp_path):
    image, ids = (np.tile(part, (16, 16, *[1] * (part.ndim - 2))) for part in made(0, (64, 128)))
    write(tmp_path, "bonn_000000_000019", image, ids)
    _, halved, labels = HALVED.split(str(tmp_path), "val")[0]
    assert halved.shape == (512, 1024, 3) and labels.shape == (512, 1024)
    np.testing.assert_array_equal(
        halved[:32, :64], image[:64, :128].reshape(32, 2, 64, 2, 3).astype(float).mean((1, 3))
    )
    _, full, labels = FULL.split(str(tmp_path), "val")[0]
    assert full.dtype == np.uint8 and full.shape == (1024, 2048, 3) and labels.shape == (1024, 2048)


@pytest.mark.parametrize("shape", [(9, 16), (8, 15), (8, 8), (2, 4)])
def test_other_sizes_are_refused_but_at_full_size(tmp_path, small, shape):
    write(tmp_path, "bonn_000000_000019", *made(0, shape))
    with pytest.raises(ValueError, match=f"leftImg8bit.png is {shape[1]}x{shape[0]}, which is no multiple of 8x4"):
        HALVED.split(str(tmp_path), "val")[0]
    assert FULL.split(str(tmp_path), "val")[0].labels.shape == shape


def test_train_ids_are_read_where_there_are_no_ids(tmp_path, small):
    image, _ = made(0)
    train_ids = np.random.default_rng(1).choice([*range(19), 255], (8, 16)).astype(np.uint8)
    write(tmp_path, "bonn_000000_000019", image, train_ids, kind="labelTrainIds")
    np.testing.assert_array_equal(FULL.split(str(tmp_path), "val")[0].labels, train_ids)
    write(tmp_path, "bonn_000000_000019", *made(0))
    assert FULL.split(str(tmp_path), "val").origins[0][1].name.endswith("labelIds.png")


def test_ids_of_16_bits_are_ids_and_no_other_number_becomes_one(tmp_path, small):
    image, ids = made(0)
    write(tmp_path, "bonn_000000_000019", image, ids.astype(np.uint16))
    write(tmp_path, "bonn_000000_000039", image, ids + np.uint16(256))
    split = FULL.split(str(tmp_path), "val")
    np.testing.assert_array_equal(split[0].labels, [[TRAIN_IDS.get(int(i), 255) for i in row] for row in ids])
    with pytest.raises(
        ValueError, match=f"labelIds.png holds label {256 + int(ids[0, 0])}, first in row 0 and column 0"
    ):
        split[1]


def test_a_number_that_is_no_id_is_refused(tmp_path, small):
    image, ids = made(0)
    ids[3, 5] = 34
    write(tmp_path, "bonn_000000_000019", image, ids)
    with pytest.raises(
        ValueError, match=r"labelIds.png holds label 34, first in row 3 and column 5 .*\(0 to 33, 255\)"
    ):
        FULL.split(str(tmp_path), "val")[0]
    write(tmp_path, "bonn_000000_000019", image, np.full((8, 16), 19, np.uint8), kind="labelTrainIds")
    (tmp_path / "gtFine/val/bonn/bonn_000000_000019_gtFine_labelIds.png").unlink()
    with pytest.raises(ValueError, match=r"labelTrainIds.png holds label 19, .*\(0 to 18, 255\)"):
        FULL.split(str(tmp_path), "val")[0]


def test_what_is_missing_is_named_with_its_path(folder, tmp_path):
    labels = folder / "gtFine/val/bonn/bonn_000000_000039_gtFine_labelIds.png"
    labels.unlink()
    with pytest.raises(ValueError, match=f"{labels} does not exist; every photograph .* or gtFine_labelTrainIds.png"):
        HALVED.split(str(folder), "val")
    labels.with_name("bonn_000000_000019_gtFine_labelIds.png").unlink()
    with pytest.raises(ValueError, match="bonn_000000_000019_gtFine_labelIds.png does not exist, nor does another; "):
        HALVED.split(str(folder), "val")
    with pytest.raises(ValueError, match="The labels of the test split of cityscapes are not public; take"):
        HALVED.split(str(folder), "test")
    with pytest.raises(ValueError, match=f"There is no photograph {tmp_path}/leftImg8bit/val/<city>/"):
        HALVED.split(str(tmp_path), "val")
    with pytest.raises(ValueError, match="cityscapes needs `data_dir`, the folder that holds Cityscapes' folders"):
        HALVED.split(None, "val")


def test_fractions_reach_networks_whole(folder):
    """Batches, another frame, and the photograph under a perturbation."""
    split = HALVED.split(str(folder), "val")
    frame = Frame((4, 8))
    batch = next(iter(batches(split, frame, 3)))
    np.testing.assert_array_equal(batch["image"][1], split[1].image)
    assert (batch["image"].numpy() % 1 != 0).any()
    larger = in_frame(expose(batch, frame), Frame((6, 10)), split, np.arange(3))
    np.testing.assert_array_equal(larger.images[1, :4, :8], split[1].image)
    moved = larger.under(tf.fill((3, 4, 8, 3), 0.5))
    np.testing.assert_allclose(moved[1, :4, :8], split[1].image + 0.5, atol=1e-4)
    assert pixels(split[1].image).dtype == np.uint8


@pytest.mark.parametrize("fit", ["pad", "reflect", "stretch"])
def test_a_network_of_the_half_size_is_shown_the_same_at_either_size(folder, fit):
    frame = Frame((4, 8), fit)
    for batch, full in zip(*(batches(d.split(str(folder), "val"), frame, 1) for d in (HALVED, FULL)), strict=True):
        np.testing.assert_array_equal(batch["image"], full["image"])
        np.testing.assert_array_equal(batch["labels"], full["labels"])
        assert (batch["labels"].numpy() < 255).any()


def test_tfds_keeps_fractions(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "cache"))
    for dataset, dtype in ((HALVED, np.float32), (FULL, np.uint8)):
        split = dataset.split(str(folder), "val")
        for example, (name, image, labels) in zip(load_examples(dataset, str(folder), "val"), split, strict=True):
            assert example["id"].numpy().decode() == name and example["image"].dtype == dtype
            np.testing.assert_array_equal(example["image"], image)
            np.testing.assert_array_equal(example["labels"][..., 0], labels)


def test_training_takes_fractions_as_they_are(folder):
    kept = in_memory(HALVED.split(str(folder), "val"))
    assert kept[0][1].dtype == np.float32
    batches = RandomViews(kept, (4, 8), (4, 8), 1, (1.0, 1.0), 0.0, seed=0)
    (batch,) = batches[0]
    image = next(image for _, image, labels in kept if np.array_equal(labels, batch["labels"][0]))
    np.testing.assert_array_equal(batch["images"][0], image)
    view = np.asarray(views(*batch.values(), (4, 8))[0][0])
    assert min(np.abs(view - image).max(), np.abs(view - image[:, ::-1]).max()) < 1e-4


def test_the_two_sizes_have_fingerprints_of_their_own(folder):
    prints = {dataset.split(str(folder), "val").fingerprint() for dataset in (HALVED, FULL)}
    assert len(prints) == 2
