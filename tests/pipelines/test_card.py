"""Cards beside a run and within a SavedModel, whose digest stays."""

import json
import pathlib
import shutil
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "studies"))

from made_up import Answer, cell, write_run

from tfadvseg.models.spec import describe


@pytest.fixture
def model(conv_folder, tmp_path):
    """A copy of a small SavedModel."""
    source = describe(conv_folder).path
    return pathlib.Path(shutil.copytree(source, tmp_path / "net" / "1"))


def run_of(model, folder, digest=None):
    name = model.parent.name
    answers = {cell(name): Answer(50.0), cell(name, "fgsm", 8.0): Answer(20.0)}
    return write_run(folder, "robustness", answers, {}, models={name: digest or describe(model).digest})


def test_cards_go_beside_the_run_and_into_the_model(call, model, tmp_path):
    before = describe(model)
    kept = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    run = run_of(model, tmp_path / "run")
    assert call("card", run).returncode == 0
    assert json.loads((run / "cards" / "net" / "card.json").read_text())["reported"] == "20.00"
    ended = call("card", run, f"--models={model.parent}", "--write", f"--output={tmp_path / 'out'}")
    assert ended.returncode == 0, ended.stderr
    own = model / "assets.extra" / "robustness"
    assert {path.name for path in own.iterdir()} == {"card.md", "card.json", "model_card.json"}
    assert str(own / "card.md") in ended.stdout and (tmp_path / "out" / "net" / "card.md").is_file()
    assert describe(model) == before and describe(model).digest == before.digest
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_what_does_not_fit_is_refused(call, model, tmp_path):
    other = run_of(model, tmp_path / "other", "0123456789abcdef")
    for arguments, says in (
        ((), "Name the one run folder"),
        ((other, "--write"), "--write puts cards into the SavedModels of --models; name them."),
        ((other, f"--models={model.parent}", "--write"), "was not in the run"),
        ((other, f"--masking={other}"), "verdicts are in those of pipelines.masking"),
    ):
        ended = call("card", *arguments)
        assert ended.returncode == 1 and says in ended.stderr and len(ended.stderr.splitlines()) == 1, ended
    assert not (model / "assets.extra" / "robustness").exists()


def test_a_name_leads_out_of_no_folder(call, tmp_path):
    answers = {cell("../../out"): Answer(50.0), cell("../../out", "fgsm", 8.0): Answer(20.0)}
    ended = call("card", write_run(tmp_path / "run", "robustness", answers, {}))
    assert ended.returncode == 1 and "outside of" in ended.stderr and not (tmp_path / "out").exists()


def test_a_leaderboard_is_one_file(call, tmp_path):
    answers = {cell("net"): Answer(50.0), cell("net", "fgsm", 8.0): Answer(20.0)}
    runs = [write_run(tmp_path / name, "robustness", answers, {}, data="d", attacked_as="x") for name in ("r1", "r2")]
    ended = call("card", "--leaderboard", *runs, f"--output={tmp_path / 'public'}")
    assert ended.returncode == 0 and ended.stdout == f"{tmp_path / 'public' / 'leaderboard.html'}\n", ended.stderr
    assert (tmp_path / "public" / "leaderboard.html").read_text().count("<tr>") == 1 + 2
    refused = call("card", "--leaderboard", runs[0], "--write")
    assert refused.returncode == 1 and "neither --models nor --write" in refused.stderr


@pytest.mark.parametrize("words", [["gs://bucket/run"], ["RUN", "--output=gs://bucket/cards"]])
def test_a_store_is_refused_before_anything_is_written(call, model, tmp_path, monkeypatch, words):
    run = run_of(model, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    ended = call("card", *(run if word == "RUN" else word for word in words))
    assert ended.returncode == 1 and "gs://bucket/" in ended.stderr and not (tmp_path / "gs:").exists()
