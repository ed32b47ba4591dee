"""A damaged photograph in the middle of a set, as a user meets it."""

import json
import shutil

import pandas as pd
import pytest

LEFT_OUT = "1 of 3 photographs was left out: 1: "


@pytest.fixture
def data(camvid, tmp_path):
    """The second of three photographs is half there."""
    shutil.copytree(camvid, tmp_path / "camvid")
    photograph = tmp_path / "camvid/val/1.png"
    photograph.write_bytes(photograph.read_bytes()[:5000])
    return tmp_path / "camvid"


@pytest.fixture
def flags(conv_folder, data, tmp_path):
    return (
        f"--models={conv_folder}",
        "--dataset=camvid",
        f"--data_dir={data}",
        "--attacks=fgsm",
        "--epsilons=8",
        f"--output={tmp_path / 'run'}",
    )


def test_it_costs_itself_and_is_told_wherever_results_are(call, flags, data, tmp_path):
    ended = call("robustness", *flags)
    assert ended.returncode == 0, ended.stderr
    sentence = f"{LEFT_OUT}{data}/val/1.png cannot be read as an image"
    assert sentence in ended.stdout and f"Warning: {sentence}" in ended.stderr
    assert sentence in (tmp_path / "run/results.md").read_text()
    assert json.loads((tmp_path / "run/findings.json").read_text())[0].startswith(sentence)
    assert set(pd.read_csv(tmp_path / "run/results.csv").images) == {2}
    assert sentence in call("report", tmp_path / "run").stdout
    units = {path: path.stat().st_mtime_ns for path in (tmp_path / "run/units").iterdir()}
    again = call("robustness", *flags)
    assert again.returncode == 0 and sentence in again.stdout and "everything was finished before" in again.stderr
    assert units == {path: path.stat().st_mtime_ns for path in (tmp_path / "run/units").iterdir()}
    ended = call("robustness", *flags, "--strict")
    assert ended.returncode == 1 and "was begun without --strict" in ended.stderr.splitlines()[-1]


def test_strict_ends_the_run_in_one_sentence_and_the_recipe_is_the_same_without(call, flags, undrawn, data, tmp_path):
    ended = call("robustness", *flags, "--strict")
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.splitlines()[-1].startswith(f"Error: {data}/val/1.png cannot be read as an image")
    assert call("robustness", *flags).returncode == 0
    assert set(pd.read_csv(tmp_path / "run/results.csv").images) == {2}


def test_a_strict_share_completes_no_run_that_others_have_made_without(call, flags, undrawn, tmp_path):
    assert call("robustness", *flags, "--batch_size=1", "--shard=2/3").returncode == 0
    assert call("robustness", *flags, "--batch_size=1", "--shard=1/3", "--strict").returncode == 0
    last = call("robustness", *flags, "--batch_size=1", "--shard=3/3", "--strict")
    assert last.returncode == 1 and "was begun without --strict and has left out" in last.stderr.splitlines()[-1]
    assert not (tmp_path / "run/cells.npz").exists()


def test_a_study_that_looks_at_photographs_itself_leaves_it_out_too(call, flags, undrawn, tmp_path):
    ended = call("crf", *flags, "--iterations=2")
    assert ended.returncode == 0 and LEFT_OUT in ended.stdout, ended.stderr
    assert set(pd.read_csv(tmp_path / "run/results.csv").images) == {2}
    from tfadvseg.runs import initial_gradients

    assert {values.shape for values in initial_gradients.read(tmp_path / "run", 2).values()} == {(3, 2)}
    ended = call("transforms", *flags[:-1], "--sign_agreement", "--transforms=blur")
    assert ended.returncode == 0, ended.stderr


def test_a_file_that_cannot_be_reached_ends_the_run(call, flags, undrawn, data, monkeypatch):
    """Another time it may be, so that the run can go on with it."""
    from pipelines.common import experiment

    carry_out = experiment.carry_out

    def unplugged(*arguments):
        (data / "val/2.png").unlink()
        return carry_out(*arguments)

    monkeypatch.setattr(experiment, "carry_out", unplugged)
    ended = call("robustness", *flags)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"Error: {data}/val/2.png cannot be read (No such file or directory)."
