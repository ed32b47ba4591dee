"""The paper as a list of jobs, most of them with pipelines that only pretend; one with real ones."""

import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.common import children, rehearsal
from pipelines.common.interrupt import GRACE
from pipelines.common.sentences import last_word
from tfadvseg import data
from tfadvseg.engine.posted import terms

ROOT = pathlib.Path(__file__).parents[2]
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
    """Processes that only write what those of pipelines end with. photographs: a digest, for their recipes. started:
    (module, arguments) of each. made: arguments of ensembles. logs: names of their files. broken: names of jobs that
    fail, unlooked: that fail when they are looked at, waiting: that lack units of other shares. killed: when the
    rehearsal is, "before" or "while" it times."""

    def __init__(self, photographs):
        self.photographs, self.started, self.made, self.logs, self.killed = photographs, [], [], [], ""
        self.broken, self.unlooked, self.waiting = set(), set(), set()

    def recipe(self, arguments):
        """As a pipeline would write it."""
        said = dict(word.removeprefix("--").split("=", 1) for word in arguments if "=" in word)
        found = {"seed": int(said.get("seed", 0)), "limit": int(said["limit"])} | terms() | {"data": self.photographs}
        return found | ({"epsilons": said["epsilons"].split(",")} if "epsilons" in said else {})

    def finish(self, module, arguments, log, look=lambda: None):
        self.logs.append(log.name)
        if module.endswith("rehearsal"):
            return self.look(json.loads(pathlib.Path(arguments[0]).read_text()))
        if module.endswith("export"):
            folder, name = (arguments[k].partition("=")[2] for k in (-1, -2))
            pathlib.Path(folder, name, "1").mkdir(parents=True, exist_ok=True)
            pathlib.Path(folder, name, "1", "saved_model.pb").touch()
            self.made.append(arguments)
            return 0, ""
        folder = pathlib.Path(arguments[-1].removeprefix("--output="))
        self.started.append((module, arguments))
        look()
        (folder / "units").mkdir(exist_ok=True)
        (folder / "units" / "conv-00000.npz").touch()
        if folder.name in self.broken:
            return 1, "It broke."
        if folder.name in self.waiting:
            return 0, ""
        claim = {
            "number": "C5",
            "about": "conv",
            "statement": "s",
            "verdict": "holds",
            "measured": "+1.0",
            "images": 2,
            "groups": 2,
        }
        (folder / "claims.json").write_text(json.dumps([claim]))
        return 0, ""

    def look(self, asked):
        """As the rehearsal does, on whose times nobody can rely."""
        jobs = asked["jobs"]
        self.started.append(("pipelines.common.rehearsal", list(jobs)))
        failed = dict.fromkeys(self.unlooked & set(jobs), "Its models are of another kind.")
        for job in [job for name, job in jobs.items() if name not in failed]:
            folder = pathlib.Path(job["folder"])
            folder.mkdir(exist_ok=True)
            (folder / "recipe.json").write_text(json.dumps({"recipe": self.recipe(job["arguments"])}))
        if self.killed != "before":
            speeds = {} if self.killed else {"a": 0.5}
            pathlib.Path(asked["answer"]).write_text(json.dumps({"failed": failed, "speeds": speeds}))
        return (-9, "it was ended by signal 9; its log has what it said.") if self.killed else (0, "")

    @property
    def jobs(self):
        return [pathlib.Path(words[-1].removeprefix("--output=")).name for _, words in self.started if "=" in words[-1]]


@pytest.fixture
def pretended(monkeypatch, camvid):
    made = Pretended(data.named("camvid").split(camvid, "validation").chosen(1, 2).fingerprint())
    unit = SimpleNamespace(part=SimpleNamespace(work=10.0, source=SimpleNamespace(digest="a")), ids=("p", "q"))
    experiment = SimpleNamespace(jobs={"unit": unit}, shards=SimpleNamespace(split=["p", "q"]))
    monkeypatch.setattr(children, "finish", made.finish)
    monkeypatch.setattr("tfadvseg.engine.planned.planned", lambda folder: SimpleNamespace(experiment=experiment))
    monkeypatch.setattr(
        "tfadvseg.runs.results.Results.read",
        lambda path: SimpleNamespace(gradients=np.array([5, 7]), seconds=np.array([30.0, 12.25])),
    )
    monkeypatch.setattr("pipelines.common.conclusion.finished_runs", lambda standings: {})
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


def test_units_of_another_recipe_are_refused_once_for_all_jobs(call, twins, pretended, tmp_path):
    assert call("reproduce", *twins, "--only=robustness,transfer", f"--output={tmp_path}").returncode == 0
    pretended.started.clear()
    for dry in ((), ("--dry_run",)):
        ended = call("reproduce", *twins, "--seed=1", *dry, f"--output={tmp_path}")
        assert ended.returncode == 1 and pretended.started == []
        assert ended.stderr.splitlines()[-1] == (
            f"Error: {tmp_path} has finished units of another recipe, of robustness, transfer: seed was 0 and is now "
            "1; choose another --output, or repeat that recipe."
        )
    ended = call("reproduce", *twins, "--budget=full", f"--output={tmp_path}")
    assert "of transfer: epsilons was 8 and is now 0.25,0.5,1,2,4,8,16,32; choose" in ended.stderr
    assert call("reproduce", *twins, "--seed=1", "--only=masking", f"--output={tmp_path}").returncode == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, ""),
        ({"source": "x"}, "the program is another one"),
        ({"arithmetic": {"threads": 64}}, "the machine computes in another way"),
        ({"data": "x"}, "the photographs are others"),
        ({"models": {"conv": "x", "gone": "y"}}, "the network conv is another one"),
        ({"seed": 1, "data": "x", "source": "x"}, "seed was 1 and is now 0, the program is another one, the photo"),
        ({"seed": 1, "limit": 3, "data": "x", "source": "x"}, "is another one, and 1 more differ; choose another --o"),
    ],
)
def test_what_is_unlike_is_named_and_what_decides_no_number_goes_on(
    call, twins, pretended, tmp_path, changed, sentence
):
    assert call("reproduce", *twins, "--only=transfer", f"--output={tmp_path}").returncode == 0
    file = tmp_path / "transfer" / "recipe.json"
    file.write_text(json.dumps({"recipe": json.loads(file.read_text())["recipe"] | changed}))
    pretended.started.clear()
    ended = call("reproduce", *twins, "--workers=2", "--strict", "--only=transfer", f"--output={tmp_path}")
    if sentence:
        assert ended.returncode == 1 and pretended.started == [] and sentence in ended.stderr
    else:
        assert ended.returncode == 0 and pretended.jobs == ["transfer"]


def test_results_of_another_budget_are_not_told(call, twins, pretended, tmp_path):
    assert call("reproduce", *twins, "--only=robustness,transfer", f"--output={tmp_path}").returncode == 0
    ended = call("reproduce", *twins, "--budget=full", "--only=masking", f"--output={tmp_path}")
    assert ended.returncode == 0 and "- transfer: It is not done yet." in ended.stdout
    ended = call("reproduce", *twins, "--only=masking", f"--output={tmp_path}")
    assert ended.returncode == 0 and "- transfer: 12 gradients in 42 s." in ended.stdout
    pretended.unlooked = {"transfer"}
    ended = call("reproduce", *twins, "--strict", "--only=transfer", f"--output={tmp_path}")
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
    logs = ("asked", "answer")
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {f"{a}-{k}-of-2.json" for a in logs for k in (1, 2)}
    assert {*pretended.logs} == {
        f"{name}-{k}-of-2.log" for name in ("rehearsal", "robustness", "transfer") for k in (1, 2)
    }
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
    first, second = pretended.made
    assert second[:3] == ["--models=fcn8s_scenes", "--scales=0.5,0.75,1", "--fusion=average"]
    assert second[3] == "--name=fcn8s_scenes_average" and first[-1] == second[-1]
    place = second[-1].removeprefix("--models_folder=")
    assert re.fullmatch(f"{tmp_path}/models/[0-9a-f]{{16}}", place)
    assert f"--average={place}/fcn8s_scenes_average" in asked["scale_transfer_fcn8s"]["arguments"]
    again = call("reproduce", "--limit=2", f"--output={tmp_path}", "--dry_run")
    assert again.returncode == 0 and len(pretended.made) == 2  # they are made once


@pytest.fixture
def fcn8s(tmp_path):
    """The version folder of an FCN8s, and flags to look at its scales."""
    version = tmp_path / "nets" / "own" / "1"
    shutil.copytree(ROOT / "saved_models" / "fcn8s_scenes" / "1", version)
    return version, (f"--models={version}", "--only=scale_transfer_fcn8s", f"--output={tmp_path / 'run'}", "--dry_run")


def test_ensembles_are_of_this_very_network_and_whole(call, pretended, fcn8s):
    version, flags = fcn8s
    assert call("reproduce", *flags).returncode == 0
    assert [words[-2] for words in pretended.made] == ["--name=own_multiscale", "--name=own_average"]
    place = pathlib.Path(pretended.made[0][-1].removeprefix("--models_folder="))
    (place / "own_average" / "1" / "saved_model.pb").unlink()  # as where the export was killed
    assert call("reproduce", *flags, "--strict").returncode == 0
    assert [words[-2] for words in pretended.made[2:]] == ["--name=own_average"]
    with next((version / "variables").glob("variables.data*")).open("ab") as weights:
        weights.write(b"trained on")
    assert call("reproduce", *flags).returncode == 0
    assert len(pretended.made) == 5 and pretended.made[3][-1] != f"--models_folder={place}"
    asked = json.loads((place.parents[1] / "logs" / "asked.json").read_text())["jobs"]
    assert (
        f"--models={pretended.made[3][-1].partition('=')[2]}/own_multiscale"
        in (asked["scale_transfer_fcn8s"]["arguments"])
    )


def test_ensembles_are_made_as_their_network_is_read_and_then_are_read_as_their_own(call, pretended, fcn8s):
    _, flags = fcn8s
    given = {"--trust", "--channel_order=rgb"}
    ended = call("reproduce", *flags, *given, "--only=scale_transfer_fcn8s,robustness", "--seed=1")
    assert ended.returncode == 0, ended.stderr
    assert all(given < {*words} and "--seed=1" not in words for words in pretended.made)
    asked = json.loads((pathlib.Path(flags[2].partition("=")[2]) / "logs" / "asked.json").read_text())["jobs"]
    assert given & {*asked["scale_transfer_fcn8s"]["arguments"]} == {"--trust"}
    assert given < {*asked["robustness"]["arguments"]}


def test_an_ensemble_stands_beside_networks_only_where_all_are_read_alike(call, pretended, camvid, tmp_path):
    deeplab = ROOT / "saved_models" / "deeplab_v2_resnet101_camvid"
    flags = (f"--models={deeplab}", "--dataset=camvid", f"--data_dir={camvid}", "--only=multiscale", "--dry_run")
    ended = call("reproduce", *flags, f"--output={tmp_path / 'run'}")
    assert ended.returncode == 0, ended.stderr
    assert [words[-2] for words in pretended.made] == ["--name=deeplab_v2_resnet101_camvid_multiscale"]
    place = pretended.made[0][-1].removeprefix("--models_folder=")
    asked = json.loads((tmp_path / "run" / "logs" / "asked.json").read_text())["jobs"]["multiscale"]
    assert asked["pipeline"] == "robustness"
    assert asked["arguments"][0] == f"--models={place}/deeplab_v2_resnet101_camvid_multiscale,{deeplab}"
    ended = call("reproduce", *flags, "--channel_order=rgb", f"--output={tmp_path / 'other'}")
    told = " ".join(ended.stdout.split())
    assert ended.returncode == 0 and len(pretended.made) == 1
    assert "multiscale left out: has an export beside networks, and --channel_order is of these alone; use" in told


def test_a_rehearsal_that_is_killed_while_it_times_costs_only_the_times(call, twins, pretended, tmp_path):
    pretended.killed, pretended.unlooked = "while", {"transfer"}
    ended = call("reproduce", *twins, "--only=robustness,transfer", f"--output={tmp_path}")
    assert ended.returncode == 1 and pretended.jobs == ["robustness"]
    assert "How long gradients take is not known, since they could not be timed: it was ended by signal" in ended.stderr
    assert re.search(r"^robustness +to be done +2 +20 +not known$", ended.stdout, re.M)
    pretended.killed = "before"
    ended = call("reproduce", *twins, "--only=masking", f"--output={tmp_path}")
    assert ended.returncode == 1 and pretended.jobs == ["robustness"]  # the answer before is none of this one
    assert "Error: The jobs cannot be looked at: it was ended by signal 9;" in ended.stderr


def test_a_rehearsal_answers_before_it_times(monkeypatch, tmp_path):
    answer = tmp_path / "answer.json"

    def timed(folders, known):
        assert (folders, known) == (["b"], ["k"])
        assert json.loads(answer.read_text()) == {"failed": {"bad": "It broke."}, "speeds": {}}
        return {"d": 2.0}

    monkeypatch.setattr(rehearsal, "timed", timed)
    monkeypatch.setattr(rehearsal, "set_threads", lambda threads: None)
    monkeypatch.setattr(rehearsal, "rehearse", lambda name, words: "It broke." if words else "")
    jobs = {"bad": {"pipeline": "p", "arguments": ["w"], "folder": "a"}}
    jobs["good"] = {"pipeline": "p", "arguments": [], "folder": "b"}
    rehearsal.main({"jobs": jobs, "threads": 1, "known": ["k"], "answer": str(answer)})
    assert json.loads(answer.read_text()) == {"failed": {"bad": "It broke."}, "speeds": {"d": 2.0}}


def test_what_cannot_be_timed_stops_nothing(monkeypatch, capsys):
    def speeds(folders, known):
        if folders == ["bad"]:
            raise RuntimeError("no gradient")
        return {f"{folders[0]} after {','.join(known)}": 1.0}

    monkeypatch.setattr(rehearsal, "speeds", speeds)
    assert rehearsal.timed(["one", "bad", "two"], ["k"]) == {"one after k": 1.0, "two after k,one after k": 1.0}
    assert "No gradient of bad was timed: no gradient" in capsys.readouterr().err


@pytest.fixture
def programs(monkeypatch, tmp_path):
    """A folder for modules that start at once."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(children, "PATIENCE", 0.05)
    return tmp_path


def test_a_process_is_told_by_its_last_word(programs, tmp_path):
    (programs / "speaker.py").write_text(
        "import sys\nprint('begun', *sys.argv[1:])\nprint('Error: It broke.', file=sys.stderr)\nsys.exit(3)\n"
    )
    log = tmp_path / "logs" / "speaker.log"
    assert children.finish("speaker", ["a"], log) == (3, "It broke.")
    assert set(log.read_text().splitlines()) == {"begun a", "Error: It broke."}
    assert last_word("one\n\n two \n") == "two" and last_word("") == "it said nothing"


@pytest.mark.parametrize(("number", "why"), [(signal.SIGKILL, ", perhaps for lack of memory"), (signal.SIGSEGV, "")])
def test_a_process_that_a_signal_ended_is_told_of(programs, number, why):
    (programs / "victim.py").write_text(f"import os\nprint('begun', flush=True)\nos.kill(os.getpid(), {int(number)})\n")
    log = programs / "victim.log"
    told = f"it was ended by signal {int(number)}{why}; {log} has what it said."
    assert children.finish("victim", [], log) == (-number, told)


SLEEPER = """
import os, pathlib, sys, time
from pipelines.common import interrupt
file = pathlib.Path(sys.argv[1])
with interrupt.tidily():
    try:
        file.write_text(str(os.getpid()))
        time.sleep(600)
    except KeyboardInterrupt:
        time.sleep(float(sys.argv[2]))
        file.unlink()
        interrupt.end()
"""


@pytest.fixture
def sleeper(programs):
    """The file that its module, of this name, takes away when it has tidied up; the second argument is how many seconds
    that takes it."""
    (programs / "sleeper.py").write_text(SLEEPER)
    return programs / "pid"


def comes_true(true):
    """Whether it does within a minute."""
    until = time.monotonic() + 60
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def begun(file):
    return file.exists() and file.read_text() != ""


def test_a_process_ends_where_its_parent_is_killed(programs, sleeper):
    log = programs / "log"
    text = (
        "import pathlib\nfrom pipelines.common import children\n"
        f"children.finish('sleeper', [{str(sleeper)!r}, '0'], pathlib.Path({str(log)!r}))\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{programs}"}
    parent = subprocess.Popen([sys.executable, "-c", text], env=environment)
    try:
        assert comes_true(lambda: begun(sleeper))
    finally:
        parent.kill()
        parent.wait()
    assert comes_true(lambda: "Interrupted" in log.read_text()) and not sleeper.exists()
    assert f"Start it again with: {sys.executable} -m sleeper {sleeper} 0" in log.read_text()


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_process_that_is_interrupted_is_told_so_once(programs, sleeper):
    """A second signal would end it at once."""

    def look():
        if begun(sleeper):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        children.finish("sleeper", [str(sleeper), str(0.75 * GRACE)], programs / "log", look)
    assert sleeper.exists()  # longer than its parent has the patience to wait
    assert comes_true(lambda: "Interrupted" in (programs / "log").read_text()) and not sleeper.exists()


def test_a_process_ends_with_its_parents_patience(programs, sleeper):
    found = []

    def look():
        if begun(sleeper):
            found.append(int(sleeper.read_text()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        children.finish("sleeper", [str(sleeper), "0"], programs / "log", look)
    with pytest.raises(ProcessLookupError):
        os.kill(found[0], 0)


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
    refused = call("reproduce", *twins, "--limit=1", "--only=transfer", f"--output={tmp_path}")
    assert (
        refused.returncode == 1
        and (
            f"Error: {tmp_path} has finished units of another recipe, of transfer: limit was 2 and is now 1, the "
            "photographs are others; choose another --output, or repeat that recipe."
        )
        in refused.stderr
    )
    same = call("reproduce", *twins, "--strict", "--only=transfer", "--dry_run", f"--output={tmp_path}")
    assert same.returncode == 0, same.stderr  # another command line of one recipe
