"""The paper as a list of jobs, most of them with pipelines that only pretend; one with real ones."""

import csv
import json
import os
import pathlib
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.common import children
from pipelines.common.sentences import last_word
from pipelines.common.standing import in_words

NETWORKS = ("conv", "twin")
JOBS = ["robustness", "transfer", "transform_transfer", "crf_added", "masking", "modern"]
"""That two networks allow of which nobody knows what they are made of."""


@pytest.fixture(scope="module")
def twins(conv_folder, tmp_path_factory, camvid):
    """Flags of two networks of one file on two photographs."""
    folder = tmp_path_factory.mktemp("twins")
    for name in NETWORKS:
        shutil.copytree(conv_folder.parent, folder / name)
    models = ",".join(str(folder / name) for name in NETWORKS)
    return (f"--models={models}", "--dataset=camvid", f"--data_dir={camvid}", "--limit=2")


class Pretended:
    """Processes that only write what those of pipelines end with. started: (module, arguments) of each. made: ensembles
    likewise. broken: names of jobs that fail, unlooked: that fail when they are looked at,
    waiting: that lack units of other shares."""

    def __init__(self):
        self.started, self.made, self.broken, self.unlooked, self.waiting = [], [], set(), set(), set()

    def finish(self, module, arguments, log, look=lambda: None):
        if module.endswith("rehearsal"):
            asked = pathlib.Path(arguments[0])
            names = list(json.loads(asked.read_text())["jobs"])
            self.started.append((module, names))
            failed = {name: "Its models are of another kind." for name in self.unlooked & set(names)}
            for name in set(names) - set(failed):
                (asked.parents[1] / name).mkdir(exist_ok=True)
                (asked.parents[1] / name / "recipe.json").write_text("{}")
            asked.with_name("answer.json").write_text(json.dumps({"failed": failed, "speeds": {"a": 0.5}}))
            return 0, ""
        if module.endswith("export"):
            folder, name = (arguments[k].partition("=")[2] for k in (-1, -2))
            pathlib.Path(folder, name).mkdir(parents=True)
            self.made.append((name, arguments))
            return 0, ""
        folder = pathlib.Path(arguments[-1].removeprefix("--output="))
        self.started.append((module, arguments))
        look()
        if folder.name in self.broken:
            return 1, "It broke."
        if folder.name in self.waiting:
            return 0, ""
        claim = {"number": "C5", "about": "conv", "statement": "s", "verdict": "holds", "measured": "+1.0", "images": 2,
                 "groups": 2}  # fmt: skip
        (folder / "claims.json").write_text(json.dumps([claim]))
        return 0, ""

    @property
    def jobs(self):
        return [pathlib.Path(words[-1].removeprefix("--output=")).name for _, words in self.started if "=" in words[-1]]


@pytest.fixture
def pretended(monkeypatch):
    made = Pretended()
    unit = SimpleNamespace(part=SimpleNamespace(work=10.0, source=SimpleNamespace(digest="a")), ids=("p", "q"))
    experiment = SimpleNamespace(jobs={"unit": unit}, shards=SimpleNamespace(split=["p", "q"]))
    monkeypatch.setattr(children, "finish", made.finish)
    monkeypatch.setattr("tfadvseg.engine.planned.planned", lambda folder: SimpleNamespace(experiment=experiment))
    monkeypatch.setattr("tfadvseg.runs.results.Results.read", lambda path: SimpleNamespace(gradients=np.array([5, 7])))
    return made


def claims_of(folder):
    """The rows of claims.csv."""
    return list(csv.DictReader((folder / "claims.csv").read_text().splitlines()))


def test_the_list_comes_before_anything_is_done(call, twins, pretended, tmp_path):
    ended = call("reproduce", *twins, f"--output={tmp_path}", "--dry_run")
    assert ended.returncode == 0, ended.stderr
    assert [name for name, _ in pretended.started] == ["pipelines.common.rehearsal"]
    rows = re.findall(r"^(\w+) +to be done +2 +20 +10 s$", ended.stdout, re.M)
    assert rows == JOBS and re.search(r"^all of them +120 +60 s$", ended.stdout, re.M)
    assert "- crf left out: needs fcn8s_vgg and crf_rnn, which are not here" in ended.stdout
    assert not (tmp_path / "index.md").exists()
    pretended.started.clear()
    assert call("reproduce", *twins, f"--output={tmp_path}", "--dry_run").returncode == 0
    assert pretended.started == []  # what was looked at is remembered


def test_flags_of_photographs_and_machines_go_to_every_job(call, twins, pretended, tmp_path):
    given = ("--workers=3", "--every=2", "--split=val", "--seed=4", "--batch_size=1", "--strict")
    ended = call("reproduce", *twins, *given, f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    assert pretended.jobs == JOBS
    for module, words in pretended.started[1:]:
        assert {*given, *twins[1:]} <= set(words), module
        assert words[-1].startswith(f"--output={tmp_path}/") and not any("budget" in word for word in words)
        assert [word for word in words if word.startswith("--limit=")][-1] == "--limit=2"
    assert {module for module, _ in pretended.started[1:]} == {
        f"pipelines.{name}" for name in ("robustness", "transfer", "transform_transfer", "crf", "masking")
    }


def test_a_failing_job_stops_no_other_and_the_same_command_goes_on(call, twins, pretended, tmp_path):
    pretended.broken, pretended.unlooked = {"transfer"}, {"masking"}
    ended = call("reproduce", *twins, f"--output={tmp_path}")
    assert ended.returncode == 1
    assert pretended.jobs == [name for name in JOBS if name != "masking"]
    assert "1/6 robustness, about 10 s left, 50 s of all" in ended.stderr
    assert "2/6 transfer: failed: It broke." in ended.stderr
    told = " ".join(ended.stdout.split())
    assert "- transfer: It has failed: It broke." in told
    assert "- masking: It has failed: Its models are of another kind." in told
    assert "- robustness: 12 gradients" in told and "1 holds" in told
    assert "[Results of robustness](robustness/results.md)" in (tmp_path / "index.md").read_text()
    assert '<a href="robustness/report.html">Results of robustness</a>' in (tmp_path / "index.html").read_text()

    pretended.started.clear()
    pretended.broken, pretended.unlooked = set(), set()
    again = call("reproduce", *twins, f"--output={tmp_path}")
    assert again.returncode == 0 and pretended.jobs == ["transfer", "masking"]
    assert "1/6 robustness: finished, it is passed over" in again.stderr
    pretended.started.clear()
    assert call("reproduce", *twins, f"--output={tmp_path}").returncode == 0 and pretended.started == []
    assert call("reproduce", *twins, "--seed=1", f"--output={tmp_path}").returncode == 0
    assert pretended.jobs == JOBS  # other numbers are other jobs


def test_results_of_another_budget_are_not_told(call, twins, pretended, tmp_path):
    assert call("reproduce", *twins, "--only=robustness,transfer", f"--output={tmp_path}").returncode == 0
    ended = call("reproduce", *twins, "--budget=full", "--only=masking", f"--output={tmp_path}")
    assert ended.returncode == 0 and "- transfer: It is not done yet." in ended.stdout
    ended = call("reproduce", *twins, "--only=masking", f"--output={tmp_path}")
    assert ended.returncode == 0 and "- transfer: 12 gradients in 0 s." in ended.stdout
    pretended.unlooked = {"transfer"}
    ended = call("reproduce", *twins, "--budget=full", "--only=transfer", f"--output={tmp_path}")
    assert ended.returncode == 1 and "- transfer: It has failed: Its models are of another kind." in ended.stdout
    assert "results.md" not in (tmp_path / "index.md").read_text().partition("### transfer")[2].partition("###")[0]


def test_shares_wait_for_each_other_and_keep_apart(call, twins, pretended, tmp_path):
    pretended.waiting = {"transfer"}
    ended = call("reproduce", *twins, "--only=robustness,transfer", "--shard=1/2", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    assert "2/2 transfer: to be done: units of other shares are missing" in ended.stderr
    assert "- transfer: It is not done yet: units of other shares are missing" in ended.stdout
    pretended.waiting = set()
    ended = call("reproduce", *twins, "--only=robustness,transfer", "--shard=2/2", f"--output={tmp_path}")
    assert ended.returncode == 0 and "- transfer: 12 gradients" in ended.stdout
    assert {path.name for path in tmp_path.glob("jobs*.json")} == {"jobs-1-of-2.json", "jobs-2-of-2.json"}
    assert "--shard=2/2" in pretended.started[-1][1]


def test_a_verdict_counts_only_of_the_papers_protocol(call, twins, pretended, tmp_path):
    assert call("reproduce", *twins, "--only=robustness,modern", f"--output={tmp_path}").returncode == 0
    assert pretended.jobs == ["robustness", "modern"]
    found = claims_of(tmp_path)
    assert len(found) == 111  # modern says the same of C5, by another protocol
    (row,) = [row for row in found if row["number"] == "C5"]
    assert (row["verdict"], row["job"], row["measured"]) == ("holds", "robustness", "+1.0")
    (waiting,) = [row for row in found if row["number"] == "C41"]
    assert waiting["verdict"] == "not measured" and waiting["measured"] == "its run is not finished: transfer"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--only=transfr",), "Unknown job 'transfr'; choose one of: transfer, "),
        (("--output=gs://bucket/run",), "--output is on a disk, and in no object store; got gs://bucket/run."),
        (("--reading=0..1,-1..1",), "--reading is one for all models here; put a reading.json beside each"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call, twins, pretended, tmp_path, flags, sentence):
    ended = call("reproduce", *twins, f"--output={tmp_path}", *flags)
    assert ended.returncode == 1 and f"Error: {sentence}" in ended.stderr, ended.stderr
    assert pretended.started == []


def test_a_job_without_its_networks_is_told_of_and_no_error(call, twins, pretended, tmp_path):
    ended = call("reproduce", *twins, "--only=crf", f"--output={tmp_path}")
    assert ended.returncode == 0 and pretended.started == []
    assert "- crf left out: needs fcn8s_vgg and crf_rnn, which are not here" in ended.stdout
    assert "It is left out: needs fcn8s_vgg and crf_rnn, which are not here." in (tmp_path / "index.md").read_text()


def test_networks_of_the_dataset_are_found_by_their_cards(call, pretended, camvid, tmp_path):
    ended = call("reproduce", "--dataset=voc", f"--data_dir={camvid}", f"--output={tmp_path}")
    assert ended.returncode == 1 and "was trained on voc; name some by --models" in ended.stderr
    ended = call("reproduce", "--limit=1", f"--output={tmp_path}", "--dry_run")
    assert ended.returncode == 0, ended.stderr
    asked = json.loads((tmp_path / "logs" / "asked.json").read_text())["jobs"]
    assert "--models=enet_scenes,fcn8s_scenes" in asked["robustness"]["arguments"]
    assert "--crf_models=crf_rnn_scenes" in asked["crf"]["arguments"]
    assert [name for name, _ in pretended.made] == ["fcn8s_scenes_multiscale", "fcn8s_scenes_average"]
    assert pretended.made[1][1][:3] == ["--models=fcn8s_scenes", "--scales=0.5,0.75,1", "--fusion=average"]
    assert f"--average={tmp_path}/models/fcn8s_scenes_average" in asked["scale_transfer_fcn8s"]["arguments"]
    again = call("reproduce", "--limit=2", f"--output={tmp_path}", "--dry_run")
    assert again.returncode == 0 and len(pretended.made) == 2  # they are made once


def test_what_cannot_be_timed_stops_nothing(monkeypatch, capsys):
    from pipelines.common import rehearsal

    def speeds(folders, known):
        if folders == ["bad"]:
            raise RuntimeError("no gradient")
        return {f"{folders[0]} after {','.join(known)}": 1.0}

    monkeypatch.setattr(rehearsal, "speeds", speeds)
    assert rehearsal.timed(["one", "bad", "two"], ["k"]) == {"one after k": 1.0, "two after k,one after k": 1.0}
    assert "No gradient of bad was timed: no gradient" in capsys.readouterr().err


def test_a_process_is_told_by_its_last_word(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "speaker.py").write_text(
        "import sys\nprint('begun', *sys.argv[1:])\nprint('Error: It broke.', file=sys.stderr)\nsys.exit(3)\n"
    )
    log = tmp_path / "logs" / "speaker.log"
    assert children.finish("speaker", ["a"], log) == (3, "It broke.")
    assert set(log.read_text().splitlines()) == {"begun a", "Error: It broke."}
    assert last_word("one\n\n two \n") == "two" and last_word("") == "it said nothing"


def test_a_process_ends_with_its_parents_patience(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(children, "PATIENCE", 0.05)
    (tmp_path / "sleeper.py").write_text(
        "import os, pathlib, sys, time\npathlib.Path(sys.argv[1]).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    written = tmp_path / "pid"

    def look():
        if written.exists() and written.read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        children.finish("sleeper", [str(written)], tmp_path / "log", look)
    with pytest.raises(ProcessLookupError):
        os.kill(int(written.read_text()), 0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (5369, "89 min"), (5400, "1 h 30 min"), (float("nan"), "not known")],
)
def test_time_in_words(seconds, text):
    assert in_words(seconds) == text


def test_two_networks_on_two_photographs(call, twins, tmp_path):
    ended = call("reproduce", *twins, "--only=transfer", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    recipe = json.loads((tmp_path / "transfer" / "recipe.json").read_text())["recipe"]
    assert recipe["limit"] == 2 and recipe["epsilons"] == ["8"]
    text = (tmp_path / "index.md").read_text()
    assert "[Results of transfer](transfer/results.md)" in text and (tmp_path / "transfer" / "results.md").exists()
    judged = json.loads((tmp_path / "transfer" / "claims.json").read_text())
    rows = {row["number"]: row for row in claims_of(tmp_path)}
    (own,) = [one for one in judged if one["number"] == "C41"]
    assert rows["C41"]["own_verdict"] == own["verdict"] and rows["C41"]["measured"] == own["measured"]
    # Two sources, two targets: what each attack takes and the clean images, then all four to both.
    assert re.search(r"^transfer +to be done +2 +\d+ ", ended.stdout, re.M)
    before = (tmp_path / "transfer" / "cells.npz").stat().st_mtime_ns
    again = call("reproduce", *twins, "--only=transfer", f"--output={tmp_path}")
    assert again.returncode == 0 and "1/1 transfer: finished, it is passed over" in again.stderr
    assert (tmp_path / "transfer" / "cells.npz").stat().st_mtime_ns == before
