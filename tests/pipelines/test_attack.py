"""Attacking one's own photographs, as a user does."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from six_images import example

from tfadvseg.attacks import ATTACKS
from tfadvseg.data.files import read_labels
from tfadvseg.data.labels import CAMVID
from tfadvseg.models.card import FILE
from tfadvseg.models.classes import numbered


@pytest.fixture
def photographs(tmp_path):
    """Two of the network's size or below, one twice as large, in formats and under names as people have them."""
    folder = tmp_path / "my photographs"
    folder.mkdir()
    Image.fromarray(example(0)[0]).save(folder / "gr\u00f6\u00dfe, \u65e5\u672c.png")
    Image.fromarray(example(1)[0]).save(folder / "small.tif")
    Image.fromarray(example(3)[0]).save(folder / "large.jpg", quality=95)
    return folder


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_every_file_is_there_and_says_the_same(call, conv_folder, conv_model, photographs, tmp_path):
    output = tmp_path / "out"
    ended = call("attack", f"--models={conv_folder}", f"--images={photographs}", "--epsilon=6", f"--output={output}")
    assert ended.returncode == 0, ended.stderr
    table = pd.read_csv(output / "attacked.csv").set_index("image")
    assert table.index.tolist() == ["gr\u00f6\u00dfe, \u65e5\u672c", "large", "small"] and set(table["model"]) == {
        "conv"
    }
    for name, row in table.iterrows():
        place = output / "conv" / name
        assert {path.name for path in place.iterdir()} == {
            "attacked.png",
            "perturbation.npz",
            "perturbation.png",
            "labels_before.png",
            "labels_after.png",
            "sheet.png",
        }
        (path,) = photographs.glob(f"{name}.*")
        with np.load(place / "perturbation.npz") as file:
            added = file["perturbation"]
        np.testing.assert_array_equal(pixels(path) + added, pixels(place / "attacked.png"))
        assert np.abs(added).max() == row["linf"] == 6
        before, after = (read_labels(place / f"labels_{when}.png", CAMVID.palette) for when in ("before", "after"))
        for found, shown in ((before, pixels(path)), (after, pixels(place / "attacked.png"))):
            np.testing.assert_array_equal(found, conv_model.segment(tf.constant(shown)))
        assert row["changed"] == pytest.approx(100 * np.mean(before != after)) and row["changed"] > 20
        assert f"{row['changed']:.1f}" in ended.stdout and str(name) in ended.stdout
    assert "L-infinity" in ended.stdout and "pavement" in (output / "attacked.md").read_text()
    assert (output / "report.html").read_text().count("<img") == 3


def test_the_file_is_the_attack_made_directly(call, conv_folder, conv_model, photographs, tmp_path):
    """Toward one class, of a photograph that is neither resized nor filled up."""
    (path,) = photographs.glob("gr*")
    flags = ("--attack=ifgsm_class", "--target_class=car", "--epsilon=5", "--steps=4", "--alpha=2")
    ended = call("attack", f"--models={conv_folder}", path, f"--output={tmp_path / 'out'}", *flags)
    assert ended.returncode == 0, ended.stderr
    image = tf.constant(pixels(path)[None], tf.float32)
    attack = ATTACKS["ifgsm_class"](5.0, target=8, alpha=2.0, steps=4, in_range=True)
    direct = (image + attack(conv_model, image, tf.argmax(conv_model(image), -1, tf.int32)))[0].numpy()
    np.testing.assert_array_equal(pixels(tmp_path / "out" / "conv" / path.stem / "attacked.png"), direct)


def test_models_of_other_classes_and_a_damaged_photograph(call, conv_folder, photographs, tmp_path):
    """A stranger's network is coloured by number unless the dataset is named; what cannot be read is counted."""
    shutil.copytree(conv_folder, tmp_path / "stranger")
    (tmp_path / "stranger" / FILE).unlink()
    (photographs / "broken.jpg").write_bytes((photographs / "large.jpg").read_bytes()[:300])
    for name in ("large.jpg", "small.tif"):
        (photographs / name).unlink()
    flags = [f"--models={tmp_path / 'stranger'},{conv_folder}", f"--images={photographs}", "--attack=fgsm"]
    ended = call("attack", *flags, f"--output={tmp_path / 'out'}")
    assert ended.returncode == 0, ended.stderr
    assert "1 of 2 photographs left out: broken" in ended.stderr
    told = re.sub(r"\s+", " ", ended.stdout)
    assert "broken.jpg cannot be read as an image" in told and "stranger: nothing says how it wants" in told
    assert pd.read_csv(tmp_path / "out" / "attacked.csv")["model"].tolist() == ["stranger", "conv"]
    (image,) = photographs.glob("gr*")
    labels = tmp_path / "out" / "stranger" / image.stem / "labels_after.png"
    np.testing.assert_array_equal(pixels(labels), numbered(11).colours(read_labels(labels)))
    ended = call("attack", *flags, "--classes_of=camvid", f"--output={tmp_path / 'named'}")
    labels = tmp_path / "named" / "stranger" / image.stem / "labels_after.png"
    np.testing.assert_array_equal(pixels(labels), CAMVID.colours(read_labels(labels)))


def test_a_run_goes_on_and_refuses_another_recipe(call, conv_folder, photographs, tmp_path):
    flags = (f"--models={conv_folder}", f"--output={tmp_path / 'out'}")
    assert call("attack", *flags, photographs / "small.tif").returncode == 0
    written = (tmp_path / "out" / "conv" / "small" / "attacked.png").stat().st_mtime_ns
    assert call("attack", *flags, f"--images={photographs}/*").returncode == 0
    assert (tmp_path / "out" / "conv" / "small" / "attacked.png").stat().st_mtime_ns == written
    assert len(pd.read_csv(tmp_path / "out" / "attacked.csv")) == 3
    ended = call("attack", *flags, "--epsilon=4", f"--images={photographs}/*")
    assert ended.returncode == 1 and "another recipe: epsilon was 8.0 and is now 4.0" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "There is no photograph to attack; name files, folders or patterns by --images."),
        (["--images=/nowhere/*.png"], "/nowhere/*.png names no photograph in --images: no such file"),
        (["--images=README.md"], "None of the 1 photographs can be read; of the first: "),
        (["--images=README.md", "--epsilon=0.5"], "A PNG holds whole grey levels, so --epsilon is 1 or more; got 0.5."),
        (["--images=README.md", "--epsilon=nan"], "--epsilon takes a finite number; got nan."),
        (["--images=README.md", "--attack=pgd"], "should be one of <fspgd|segpgd|cospgd|"),
        (
            ["--images=README.md", "--attack=fgsm_class"],
            "fgsm_class leads to one class: --target_class is one of sky, ",
        ),
        (
            ["--images=README.md", "--attack=minimal_fgsm"],
            "Error: --attack minimal_fgsm finds its own norm, while photographs are changed by at most --epsilon; ",
        ),
        (["--images=README.md", "--classes_of=coco"], "should be one of <ade20k|camvid|cityscapes|"),
    ],
)
def test_a_mistake_ends_in_one_sentence(call, conv_folder, tmp_path, arguments, sentence):
    ended = call("attack", f"--models={conv_folder}", f"--output={tmp_path / 'out'}", *arguments)
    assert ended.returncode == 1
    assert sentence in ended.stderr and "Traceback" not in ended.stderr
