"""The pipelines as a user runs them: their files, their exit codes, one clear sentence for each mistake."""

import json
import os
import pathlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tfadvseg.runs.results import COLUMNS

ROOT = pathlib.Path(__file__).parents[2]
TINY = ("--limit=1", "--epsilons=1,4")


@pytest.fixture(scope="module")
def camvid(tmp_path_factory):
    """A data folder like CamVid's with three 480x360 validation images."""
    root = tmp_path_factory.mktemp("camvid")
    (root / "val").mkdir()
    rng = np.random.default_rng(0)
    lines = []
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (360, 480, 3), np.uint8)).save(root / "val" / f"{i}.png")
        Image.fromarray(rng.integers(0, 12, (360, 480), np.uint8)).save(root / "val" / f"{i}_labels.png")
        lines.append(f"val/{i}.png val/{i}_labels.png\n")
    (root / "val.txt").write_text("".join(lines))
    return root


def test_robustness_leaves_a_whole_run_folder_and_repeats_itself(run, tmp_path):
    first = run("robustness", *TINY, f"--output={tmp_path / 'first'}")
    assert first.returncode == 0, first.stderr
    results = pd.read_csv(tmp_path / "first" / "results.csv")
    assert tuple(results.columns) == COLUMNS
    assert len(results) == 2 * (1 + 4 * 2)
    assert {"recipe.json", "results.md", "units", "figures", "tensorboard"} <= set(os.listdir(tmp_path / "first"))
    for name in ("iou_ratio.png", "iou_ratio.pdf"):
        assert (tmp_path / "first" / "figures" / name).stat().st_size > 10_000
    assert "enet_scenes" in first.stdout and "fcn8s_scenes" in first.stdout
    recipe = json.loads((tmp_path / "first" / "recipe.json").read_text())["recipe"]
    assert recipe["epsilons"] == ["1", "4"] and set(recipe["models"]) == {"enet_scenes", "fcn8s_scenes"}

    second = run("robustness", *TINY, f"--output={tmp_path / 'second'}")
    assert second.returncode == 0, second.stderr
    repeated = pd.read_csv(tmp_path / "second" / "results.csv")
    pd.testing.assert_frame_equal(results.drop(columns="seconds"), repeated.drop(columns="seconds"), check_exact=True)

    other = run("robustness", "--limit=1", "--epsilons=2", f"--output={tmp_path / 'first'}")
    assert other.returncode == 1 and "another recipe: epsilons was" in other.stderr

    again = run("report", f"--output={tmp_path / 'first'}")
    assert again.returncode == 0 and "results.md" in again.stdout, again.stderr


def test_every_nth_image_can_be_taken(run, tmp_path):
    ended = run("robustness", "--every=40", "--models=enet_scenes", "--attacks=fgsm", "--epsilons=4",
                f"--output={tmp_path}")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert set(pd.read_csv(tmp_path / "results.csv").images) == {2}  # of 60


def test_help_explains_every_flag(run):
    ended = run("transforms", "--help")
    for flag in ("dataset", "models", "attacks", "epsilons", "trials", "samples", "batch_size", "seed", "output"):
        assert f"--{flag}:" in ended.stdout, flag


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--models=nothing_here"], "Unknown model 'nothing_here'; choose one of: crf_rnn_scenes, enet_camvid"),
        (["--attacks=pgd"], "Unknown attack 'pgd'; choose one of: fgsm, fgsm_ll, ifgsm, ifgsm_ll."),
        (["--dataset=imagenet"], "should be one of <camvid|scenes>"),
        (["--dataset=camvid", "--data_dir=/nowhere"], "The data folder /nowhere does not exist"),
        (["--signature=other"], "has no signature 'other'; it offers 'logits': images float32 [?, 192, 256, 3]"),
        (["--output=/proc/run"], "The run folder /proc/run cannot be written"),
    ],
)
def test_a_mistake_ends_in_one_sentence(run, arguments, sentence):
    done = run("robustness", "--limit=1", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("truncated image", "cannot be read as an image"),
        ("labels of another size", "labels must have the size of their image"),
        ("label out of range", "neither one of the 11 classes"),
    ],
)
def test_damaged_data_ends_in_one_sentence(run, camvid, tmp_path, damage, sentence):
    for file in camvid.rglob("*"):
        target = tmp_path / "data" / file.relative_to(camvid)
        target.mkdir(parents=True) if file.is_dir() else target.parent.mkdir(exist_ok=True, parents=True)
        if file.is_file():
            target.write_bytes(file.read_bytes())
    image, labels = (tmp_path / "data" / "val" / name for name in ("1.png", "1_labels.png"))
    if damage == "truncated image":
        image.write_bytes(image.read_bytes()[:1000])
    elif damage == "labels of another size":
        Image.new("L", (48, 36)).save(labels)
    else:
        Image.new("L", (480, 360), 40).save(labels)
    arguments = ["--models=enet_camvid", "--dataset=camvid", f"--data_dir={tmp_path / 'data'}"]
    done = run("robustness", *arguments, f"--output={tmp_path / 'run'}", TFDS_DATA_DIR=str(tmp_path / "cache"))
    assert done.returncode == 1
    assert sentence in done.stderr and "/1" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_train_exports_a_model_that_can_be_attacked(run, tmp_path):
    small = ("--model=enet", "--width=0.25", "--limit=4", "--epochs=1", "--batch_size=2", "--name=tiny")
    done = run("train", *small, f"--models_folder={tmp_path}", f"--output={tmp_path / 'train'}")
    assert done.returncode == 0, done.stderr
    assert "mean IoU" in done.stdout and (tmp_path / "tiny" / "1" / "saved_model.pb").exists()
    arguments = (f"--models={tmp_path / 'tiny'}", "--attacks=fgsm", "--epsilons=8", "--limit=1")
    attacked = run("robustness", *arguments, f"--output={tmp_path / 'attack'}")
    assert attacked.returncode == 0, attacked.stderr
    assert "is near chance" in attacked.stderr
