"""The pipelines as a user runs them: their files, their exit codes, one clear sentence for each mistake."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tfadvseg.reports import markdown
from tfadvseg.runs.provenance import source_digest
from tfadvseg.runs.results import COLUMNS

TINY = ("--models=fcn8s_scenes", "--limit=1", "--attacks=fgsm,ifgsm_ll")


def test_robustness_leaves_a_whole_run_folder_and_repeats_itself(run, call, undrawn, tmp_path):
    """In two processes, and again within this one: the same numbers bit by bit."""
    first = run("robustness", *TINY, "--epsilons=1,4", f"--output={tmp_path / 'first'}")
    assert first.returncode == 0, first.stderr
    results = pd.read_csv(tmp_path / "first" / "results.csv")
    assert tuple(results.columns) == COLUMNS
    assert len(results) == 1 + 2 * 2
    held = {"recipe.json", "design.json", "cells.npz", "claims.json", "results.md", "report.html", "units"}
    by_class = pd.read_csv(tmp_path / "first" / "per_class.csv")
    assert len(by_class) == 11 * len(results) and by_class["class"].iloc[0] == "sky"
    assert held | {"figures", "tensorboard"} <= set(os.listdir(tmp_path / "first"))
    for name in ("iou_ratio.png", "iou_ratio.pdf", "iou_ratio.svg"):
        assert (tmp_path / "first" / "figures" / name).stat().st_size > 10_000
    assert "fcn8s_scenes" in first.stdout
    recipe = json.loads((tmp_path / "first" / "recipe.json").read_text())["recipe"]
    assert recipe["epsilons"] == ["1", "4"] and set(recipe["models"]) == {"fcn8s_scenes"}
    assert recipe["study"] == "robustness" and recipe["arithmetic"]["threads"] == recipe["threads"] == 2
    assert recipe["source"] == source_digest()
    assert "output" not in recipe and "data_dir" not in recipe

    second = call("robustness", *TINY, "--epsilons=1,4", f"--output={tmp_path / 'second'}")
    assert second.returncode == 0, second.stderr
    repeated = pd.read_csv(tmp_path / "second" / "results.csv")
    pd.testing.assert_frame_equal(results.drop(columns="seconds"), repeated.drop(columns="seconds"), check_exact=True)

    other = call("robustness", *TINY, "--epsilons=2", f"--output={tmp_path / 'first'}")
    assert other.returncode == 1 and "another recipe: epsilons was" in other.stderr

    drawn = (tmp_path / "first" / "results.md").read_text()
    (protocol,) = (
        line for line in drawn.splitlines() if line.startswith("- Protocol arnab2018: away from the network's")
    )
    assert protocol.endswith(" Other than it: nothing.")
    again = call("report", tmp_path / "first")
    assert again.returncode == 0 and "results.md" in again.stdout, again.stderr
    assert (tmp_path / "first" / "results.md").read_text() == drawn


def test_a_resume_with_other_arithmetic_is_refused(run, call, small, undrawn, tmp_path):
    """Another number of threads sums in another order."""
    flags = (*small, "--limit=1", "--attacks=fgsm", "--epsilons=4", f"--output={tmp_path}")
    assert call("robustness", *flags).returncode == 0
    ended = run("robustness", *flags, "--threads=1")
    assert ended.returncode == 1 and "another recipe: arithmetic.threads was 2 and is now 1" in ended.stderr


ENGINE_FLAGS = {
    "--alpha=2": {"linf": 4.0},
    "--steps=3": {"linf": 3.0, "gradients": 3},
    "--in_range": {"adversarial": (0.0, 255.0)},
    "--whole_levels": {"whole": True},
    "--noattack_padding": {"padding": 0.0},
    "--noloss_on_padding": {},
    "--labels=ground_truth": {},
}
"""Flag -> what it shows in the results of two steps of 1 grey level at epsilon 2."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Where a run without further flags lies, once it was made."""
    return tmp_path_factory.mktemp("plain")


@pytest.mark.parametrize("flag", ENGINE_FLAGS)
def test_the_flags_of_attacks_reach_the_engine(call, small, undrawn, plain, tmp_path, flag):
    """On photographs that do not fill the input; compared with a run without the flag."""

    def attacked(folder, *more):
        arguments = (*small, "--attacks=ifgsm", "--epsilons=8", "--limit=1", f"--output={folder}")
        steps = () if any(one.startswith("--steps") for one in more) else ("--steps=2",)
        ended = call("robustness", *arguments, *steps, *more)
        assert ended.returncode == 0, ended.stderr
        with np.load(folder / "units" / "conv-00000.npz") as unit:
            return pd.read_csv(folder / "results.csv").iloc[1], dict(unit)

    row, unit = attacked(plain)
    assert row.linf == 2 and row.gradients == 2
    changed, own = attacked(tmp_path, flag)
    expected = ENGINE_FLAGS[flag]
    assert changed.linf == expected.get("linf", 2.0)
    assert changed.gradients == expected.get("gradients", 2)
    adversarial = own["example_0_images"] + own["example_0_perturbations"][0]
    if "adversarial" in expected:
        assert (adversarial.min(), adversarial.max()) == expected["adversarial"]
        before = unit["example_0_images"] + unit["example_0_perturbations"][0]
        assert before.min() < 0 and before.max() > 255
    if flag in ("--noloss_on_padding", "--labels=ground_truth"):
        assert (own["example_0_perturbations"] != unit["example_0_perturbations"]).any()


def test_a_class_to_lead_to_is_named_or_numbered(call, small, undrawn, tmp_path):
    flags = (*small, "--limit=1", "--attacks=fgsm_class,ifgsm_class", "--epsilons=4")
    found = []
    for number, target in enumerate(("car", "8")):
        ended = call("robustness", *flags, f"--target_class={target}", f"--output={tmp_path / str(number)}")
        assert ended.returncode == 0, ended.stderr
        found.append(pd.read_csv(tmp_path / str(number) / "results.csv").drop(columns="seconds"))
    pd.testing.assert_frame_equal(*found)
    for wrong in ((), ("--target_class=dog",), ("--target_class=11",)):
        ended = call("robustness", *flags, *wrong)
        assert ended.returncode == 1 and "--target_class is one of sky, building, pole" in ended.stderr


def test_every_nth_image_can_be_taken(call, small, undrawn, tmp_path):
    ended = call("robustness", *small, "--every=2", "--attacks=fgsm", "--epsilons=4", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "results.csv")
    assert set(results.images) == set(results.groups) == {2}  # of 3, each of another drive


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--models=nothing_here"], "Unknown model 'nothing_here'; choose one of: crf_rnn_camvid, crf_rnn_scenes, "),
        (["--attacks=pgd"], "Unknown attack 'pgd'; choose one of: fspgd, segpgd, cospgd, "),
        (["--dataset=imagenet"], "should be one of <ade20k|camvid|cityscapes|cityscapes_full|folder|scenes|voc>"),
        (["--dataset=camvid", "--data_dir=/nowhere"], "The data folder /nowhere does not exist"),
        (["--signature=other"], "has no signature 'other'; it offers 'logits': images float32 [?, 192, 256, 3]"),
        (
            ["--output=/proc/run"],
            "The run folder /proc/run cannot be written (No such file or directory); choose another --output",
        ),
        (["--limit=1", "stray"], "Unknown argument 'stray'; every setting is a flag, see --help."),
    ],
)
def test_a_mistake_ends_in_one_sentence(call, arguments, sentence):
    done = call("robustness", "--limit=1", *arguments)
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
def test_damaged_data_end_a_strict_run_in_one_sentence(call, conv_folder, camvid, tmp_path, damage, sentence):
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
    arguments = [f"--models={conv_folder}", "--dataset=camvid", f"--data_dir={tmp_path / 'data'}"]
    done = call("robustness", *arguments, "--strict", "--attacks=fgsm", "--epsilons=8", f"--output={tmp_path / 'run'}")
    assert done.returncode == 1
    assert sentence in done.stderr and "/1" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_a_split_without_a_labelled_pixel_is_warned_of(call, conv_folder, tmp_path):
    Image.new("RGB", (256, 192), (9, 99, 199)).save(tmp_path / "0.png")
    Image.new("L", (256, 192), 11).save(tmp_path / "0_labels.png")  # void
    (tmp_path / "val.txt").write_text("0.png 0_labels.png")
    arguments = [f"--models={conv_folder}", "--dataset=camvid", f"--data_dir={tmp_path}", "--attacks=fgsm"]
    done = call("robustness", *arguments, "--epsilons=8", f"--output={tmp_path / 'run'}")
    warning = "No pixel of the 1 images is labelled, so no IoU is known; are the labels this dataset's?"
    assert f"Warning: {warning}" in done.stderr, done.stderr
    assert warning in (tmp_path / "run" / "findings.json").read_text()
    assert warning in (tmp_path / "run" / "results.md").read_text()


def test_train_exports_a_model_that_can_be_attacked(call, undrawn, tmp_path):
    small = ("--model=enet", "--width=0.25", "--limit=4", "--epochs=1", "--batch_size=2", "--name=tiny")
    done = call("train", *small, f"--models_folder={tmp_path}", f"--output={tmp_path / 'train'}")
    assert done.returncode == 0, done.stderr
    assert "mean IoU" in done.stdout and (tmp_path / "tiny" / "1" / "saved_model.pb").exists()
    told = markdown.plain((tmp_path / "train" / "report.md").read_text())
    assert "was trained on 4 photographs of scenes train." in told
    assert f"python -m pipelines.robustness --models={tmp_path / 'tiny'} --dataset=scenes --limit=8" in told
    assert (tmp_path / "train" / "report.html").read_text().count("<img") == 1
    other = call("train", *small, "--learning_rate=1", f"--models_folder={tmp_path}", f"--output={tmp_path / 'train'}")
    told = "training.learning_rate was 0.003 and is now 1.0; choose another --output or repeat that recipe."
    assert other.returncode == 1 and told in other.stderr and not (tmp_path / "tiny" / "2").exists()
    arguments = (f"--models={tmp_path / 'tiny'}", "--attacks=fgsm", "--epsilons=8", "--limit=1")
    attacked = call("robustness", *arguments, f"--output={tmp_path / 'attack'}")
    assert attacked.returncode == 0, attacked.stderr
    assert "is near chance" in attacked.stderr


GREY = "are these of 0..1? Epsilon is in grey levels of 0..255"


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--epsilons=8/255", "Epsilon is in grey levels of 0..255, so write 8 for 8/255."),
        ("--epsilons=4,2/255", "so write 2 for 2/255."),
        ("--alpha=1/255", "Epsilon is in grey levels of 0..255, so write 1 for 1/255."),
        ("--epsilons=nan", "--epsilons takes finite numbers; got nan."),
        ("--epsilons=8,inf", "--epsilons takes finite numbers; got 8,inf."),
        ("--epsilons=-1,8", "grey levels above 0 and up to 255"),
        ("--epsilons=0", "grey levels above 0 and up to 255"),
        ("--epsilons=256", "grey levels above 0 and up to 255"),
        ("--epsilons=", "name at least one in --epsilons"),
        ("--alpha=nan", "--alpha takes a finite number; got nan."),
        ("--alpha=inf", "--alpha takes a number in the range [1e-06, 255]; got inf."),
        ("--alpha=0", "--alpha takes a number in the range [1e-06, 255]; got 0."),
        ("--steps=-1", "--steps takes a whole number in the range [0, 10000]; got -1."),
        ("--steps=2.5", "--steps takes a whole number in the range [0, 10000]; got 2.5."),
        ("--intensity_range=0,inf", "--intensity_range takes finite numbers; got 0,inf."),
        ("--intensity_range=nan,1", "--intensity_range takes finite numbers; got nan,1."),
        ("--intensity_range=1", "--intensity_range takes the values that 0 and 255 become"),
        ("--intensity_range=1,1", "goes from its low to its high end"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(call, flag, sentence):
    ended = call("robustness", "--limit=1", flag)
    assert ended.returncode == 1 and sentence in ended.stderr, ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_numbers_of_any_flag_are_finite(call):
    ended = call("crf", "--limit=1", "--temperature=nan")
    assert ended.returncode == 1 and ended.stderr == "Error: --temperature takes a finite number; got nan.\n"
    ended = call("train", "--learning_rate=inf")
    assert ended.returncode == 1 and ended.stderr == "Error: --learning_rate takes a finite number; got inf.\n"


def test_an_epsilon_named_twice_is_attacked_once(call, small, undrawn, tmp_path):
    ended = call("robustness", *small, "--limit=1", "--attacks=fgsm", "--epsilons=8,8.0,255", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    assert pd.read_csv(tmp_path / "results.csv").epsilon.tolist() == [0, 8, 255]


def test_strengths_of_another_scale_are_warned_of_before_and_in_the_report(call, small, undrawn, tmp_path):
    flags = (*small, "--limit=1", "--attacks=ifgsm", "--steps=4", f"--output={tmp_path}")
    ended = call("robustness", *flags, "--epsilons=0.03137,0.1", "--alpha=0.0078")
    assert ended.returncode == 0, ended.stderr
    warnings = [line for line in json.loads((tmp_path / "findings.json").read_text()) if GREY in line]
    assert [line.partition(";")[0] for line in warnings] == [
        "All epsilons are below 0.2 (0.03137, 0.1)",
        "The steps, alpha, are below 0.05 (0.0078)",
    ]
    for line in warnings:
        assert ended.stderr.count(line) == 2
        assert ended.stderr.index(line) < ended.stderr.index("waiting for data")
