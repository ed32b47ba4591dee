"""--shard and --workers as a user meets them: the same bytes, and a sentence for what goes wrong."""

import contextlib
import json
import os
import pathlib
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tfadvseg.engine.planned import Planned, planned
from tfadvseg.runs.folder import RunFolder, reserved, shared

ROOT = pathlib.Path(__file__).parents[2]
FLAGS = ("--batch_size=1", "--attacks=fgsm,ifgsm", "--epsilons=2,8")


def units(folder):
    """{(unit, array): bytes} of all but the seconds."""
    found = {}
    for path in (folder / "units").glob("[!.]*.npz"):
        with np.load(path) as unit:
            found |= {(path.stem, key): unit[key].tobytes() for key in unit.files if key != "seconds"}
    return found


def results(folder):
    with np.load(folder / "cells.npz") as cells:
        return {key: cells[key].tobytes() for key in cells.files if key != "seconds"}


def begin(*words):
    """A program of its own that heeds SIGINT, whatever the tests were started to ignore."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.robustness", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("made") / "run"


@pytest.fixture
def by_one(call, small, undrawn, made):
    """The run folder of one process."""
    if not made.exists():
        ended = call("robustness", *small, *FLAGS, f"--output={made}")
        assert ended.returncode == 0, ended.stderr
    return made


@pytest.mark.parametrize(
    ("pipeline", "flags"),
    [
        ("robustness", ("--attacks=ifgsm,hide,noise", "--hide=car", "--region=car", "--inside=jpeg", "--keep=last")),
        ("robustness", ("--attacks=apgd_ce,sea,mi_fgsm,segpgd,minimal_fgsm", "--epsilons=8", "--norm=linf")),
        ("transfer", ("--keep_perturbations",)),
        ("transforms", ("--transforms=jpeg+blur,hsv",)),
        ("crf", ("--sweep",)),
        ("masking", ()),
        ("certify", ()),
    ],
)
def test_every_study_is_a_value_that_can_be_sent_and_read_back(call, small, tmp_path, monkeypatch, pipeline, flags):
    """By pickle to workers, by JSON to whoever completes the run."""
    seen = []

    def carry_out(experiment, folder, crew, share):
        seen.append((experiment, folder.path))
        raise ValueError("That is all.")

    monkeypatch.setattr("pipelines.common.experiment.carry_out", carry_out)
    monkeypatch.setattr("tfadvseg.engine.arithmetic.set_threads", lambda threads: None)
    ended = call(pipeline, *small, *flags, f"--output={tmp_path / 'run'}")
    assert ended.stderr.endswith("Error: That is all.\n"), ended.stderr
    ((experiment, folder),) = seen
    assert pickle.loads(pickle.dumps(experiment)) == experiment
    assert planned(folder).experiment == experiment


def test_two_shares_at_once_make_the_same_run(by_one, small, tmp_path):
    """Also what is decided at a start is decided once; one of them completes the run."""
    folder = tmp_path / "run"
    both = [begin(*small, *FLAGS, f"--output={folder}", f"--shard={number}/2") for number in (1, 2)]
    said = [(*one.communicate(timeout=600), one.returncode) for one in both]
    assert [code for *_, code in said] == [0, 0], said
    assert units(folder) == units(by_one) and results(folder) == results(by_one)
    assert sum("Results: " in out for out, *_ in said) == 1, said
    recipes = [json.loads((one / "recipe.json").read_text())["recipe"] for one in (folder, by_one)]
    assert recipes[0] == recipes[1]


def test_a_share_says_what_is_missing_and_report_completes_the_run(call, by_one, small, undrawn, tmp_path):
    folder = tmp_path / "run"
    arguments = (*small, *FLAGS, f"--output={folder}")
    first = call("robustness", *arguments, "--shard=1/2")
    assert first.returncode == 0 and first.stdout == ""
    assert (
        f"{folder} has 2 of 3 units. Once all are there, python -m pipelines.report {folder} completes it; a share "
        "that was interrupted goes on by its own command." in first.stderr
    )
    early = call("report", folder)
    assert early.returncode == 1 and early.stderr.startswith(f"Error: {folder} has 2 of 3 units. Once all are there, ")
    with pytest.MonkeyPatch.context() as patch:  # whoever is the last is kept from it
        patch.setattr("pipelines.common.experiment.complete", lambda plan, folder: None)
        assert call("robustness", *arguments, "--shard=2/2").returncode == 0
    assert units(folder) == units(by_one) and not (folder / "cells.npz").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfadvseg.models.spec.ModelSpec.open", lambda spec: 1 / 0)
        shutil.move(folder, tmp_path / "elsewhere")
        ended = call("report", tmp_path / "elsewhere")
    assert ended.returncode == 0, ended.stderr
    assert results(tmp_path / "elsewhere") == results(by_one)
    assert isinstance(planned(tmp_path / "elsewhere"), Planned)


def test_the_last_share_completes_the_run_and_a_whole_one_may_go_on(call, by_one, small, undrawn, tmp_path):
    arguments = (*small, *FLAGS, f"--output={tmp_path}")
    assert call("robustness", *arguments, "--shard=1/3").returncode == 0
    assert call("robustness", *arguments, "--shard=3/3").returncode == 0
    last = call("robustness", *arguments, "--shard=2/3")
    assert last.returncode == 0 and "Results: " in last.stdout and results(tmp_path) == results(by_one)
    again = call("robustness", *arguments)
    assert again.returncode == 0 and "everything was finished before" in again.stderr


def test_shares_and_a_whole_run_never_meet(call, small, undrawn, tmp_path, monkeypatch):
    monkeypatch.setattr("tfadvseg.runs.folder.SETTLING", 0.0)
    arguments = (*small, *FLAGS, f"--output={tmp_path / 'run'}")
    with shared(tmp_path / "run", "2/2"):
        whole, same = call("robustness", *arguments), call("robustness", *arguments, "--shard=2/2")
        assert call("robustness", *arguments, "--shard=1/2").returncode == 0
    with reserved(tmp_path / "run"):
        share = call("robustness", *arguments, "--shard=2/2")
    for ended in (whole, same, share):
        assert ended.returncode == 1, ended.stderr
        assert f"{tmp_path}/run has not finished: process {os.getpid()} on " in ended.stderr.splitlines()[-1]


def test_shares_of_another_recipe_are_refused_before_anything_is_finished(call, small, undrawn, tmp_path):
    arguments = (*small, *FLAGS, f"--output={tmp_path}")
    RunFolder(tmp_path, {"seed": 1}, {})
    ended = call("robustness", *arguments, "--shard=1/2")
    assert ended.returncode == 1 and "belongs to a run of another recipe" in ended.stderr
    assert json.loads((tmp_path / "recipe.json").read_text())["recipe"] == {"seed": 1}


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--shard=1/2",), "The shares of a run meet in one run folder; name it by --output."),
        (("--shard=3/2", "--output=x"), "A --shard is one of 1/n to n/n, e.g. 3/8 for the third of eight; got 3/2."),
        (("--shard=auto", "--output=x"), "is set; write k/n."),
        (("--workers=-1",), "--workers takes a"),
    ],
)
def test_mistakes_end_in_a_sentence(call, small, monkeypatch, flags, sentence):
    for name in ("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"):
        monkeypatch.delenv(name, raising=False)
    ended = call("robustness", *small, *flags)
    assert ended.returncode == 1 and sentence in ended.stderr and len(ended.stderr.splitlines()) == 1, ended.stderr


@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_killed_and_interrupted_runs_leave_no_process_and_go_on(call, by_one, small, undrawn, tmp_path):
    arguments = (*small, *FLAGS, f"--output={tmp_path / 'run'}", "--workers=2")
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        program = begin(*arguments)
        while program.poll() is None and len(workers(program.pid)) < 2:
            time.sleep(0.1)
        own = workers(program.pid)
        os.kill(program.pid, number)
        _, stderr = program.communicate()
        assert program.returncode == code and len(own) == 2, stderr
        until = time.monotonic() + 60  # one that is still importing hears of it then
        while alive := [pid for pid in own if pathlib.Path(f"/proc/{pid}").exists()]:
            assert time.monotonic() < until, alive
            time.sleep(0.1)
    assert call("robustness", *arguments).returncode == 0
    assert units(tmp_path / "run") == units(by_one) and results(tmp_path / "run") == results(by_one)
    assert not [path for path in (tmp_path / "run/units").iterdir() if path.name.startswith(".")]


def workers(parent):
    """The processes that a process has started and that are no longer it."""
    found = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    pids = [int(pid) for task in found.parents[1].glob("*/children") for pid in task.read_text().split()]
    return [pid for pid in pids if b"tfadvseg.engine.processes" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.parametrize("pipeline", ["attack", "universal"])
def test_loops_of_their_own_do_not_take_the_flags(call, pipeline):
    for flag in ("--workers=2", "--shard=1/2", "--cluster=auto"):
        ended = call(pipeline, flag)
        assert ended.returncode == 1 and f"Unknown flag {flag.split('=')[0]};" in ended.stderr


@pytest.mark.slow
@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_twenty_random_kills_of_parent_and_workers_cost_no_unit(by_one, small, tmp_path):
    rng, folder, kills = random.Random(0), tmp_path / "run", 0
    arguments = (*small, *FLAGS, f"--output={folder}", "--workers=2")
    while kills < 20:
        program = begin(*arguments)
        while program.poll() is None:
            time.sleep(rng.uniform(0.5, 8.0))
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice([program.pid, *workers(program.pid)]), signal.SIGKILL)
                kills += 1
        program.communicate()
        for path in (folder / "units").glob("conv-0000[01].npz"):
            path.unlink()  # so that there is always something to do
    ended = begin(*arguments)
    _, stderr = ended.communicate(timeout=600)
    assert ended.returncode == 0, stderr
    assert units(folder) == units(by_one) and results(folder) == results(by_one)
    assert not [path for path in (folder / "units").iterdir() if path.name.startswith(".")]
