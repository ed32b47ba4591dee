"""Run folders as a user meets them: one process at a time, damaged files, full disks, reports of unfinished runs."""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest

from tfadvseg.engine.arithmetic import environment
from tfadvseg.runs.folder import reserved

FLAGS = ("--limit=2", "--batch_size=1", "--attacks=fgsm", "--epsilons=8")
MADE_OF_UNITS = ("cells.npz", "examples.npz", "design.json", "findings.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Where a finished run lies, once it was made."""
    return tmp_path_factory.mktemp("made") / "run"


@pytest.fixture
def finished(call, small, undrawn, made, tmp_path):
    """A copy of a finished run, and the arguments that made it."""
    if not (made / "cells.npz").exists():
        ended = call("robustness", *small, *FLAGS, f"--output={made}")
        assert ended.returncode == 0, ended.stderr
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run", (*small, *FLAGS, f"--output={tmp_path / 'run'}")


def test_a_second_process_is_refused_and_changes_nothing(call, finished):
    folder, arguments = finished
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
    other = (
        "import sys; from tfadvseg.runs.folder import reserved\n"
        "with reserved(sys.argv[1]): print(1, flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", other, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    holder.stdout.readline()
    owner = f"{folder} has not finished: process {holder.pid} on {os.uname().nodename} works in it; wait for it"
    for ended in (call("robustness", *arguments), call("robustness", *arguments, "--seed=1"), call("report", folder)):
        assert ended.returncode == 1 and owner in ended.stderr.splitlines()[-1], ended.stderr
        assert "choose another --output." in ended.stderr and "Traceback" not in ended.stderr
    assert before == {path: path.read_bytes() for path in before}
    holder.communicate("\n")
    assert call("robustness", *arguments).returncode == 0


def test_two_runs_without_output_in_one_second_have_two_folders(monkeypatch, tmp_path):
    from pipelines.common import objects

    monkeypatch.chdir(tmp_path)
    names = [str(objects._new_folder("runs/a/2026-01-31_12-00-00")) for _ in range(3)]
    assert names == [f"runs/a/2026-01-31_12-00-00{ending}" for ending in ("", "_2", "_3")]


def test_a_report_of_what_has_not_finished_says_so_and_makes_nothing(call, finished, tmp_path):
    folder, _ = finished
    (folder / "cells.npz").unlink()
    (folder / "units" / "conv-00001.npz").unlink()
    ended = call("report", folder)
    assert ended.returncode == 1 and ended.stderr.startswith(f"Error: {folder} has 1 of 2 units. "), ended.stderr
    (folder / "experiment.json").unlink()
    ended = call("report", folder)
    assert ended.returncode == 1 and ended.stderr == (
        f"Error: {folder} holds no cells.npz: its run has not finished; go on with it first.\n"
    )
    assert not (folder / "cells.npz").exists()
    (tmp_path / "mine").mkdir()
    for path in (tmp_path / "mine", tmp_path / "nowhere"):
        ended = call("report", path)
        assert ended.returncode == 1 and ended.stderr == f"Error: {path} is no run folder: it holds no recipe.json.\n"
    assert list((tmp_path / "mine").iterdir()) == [] and not (tmp_path / "nowhere").exists()


def test_a_report_completes_a_run_whose_units_are_all_there(call, finished):
    folder, _ = finished
    whole = {name: (folder / name).read_bytes() for name in MADE_OF_UNITS}
    for name in MADE_OF_UNITS:
        (folder / name).unlink()
    ended = call("report", folder)
    assert ended.returncode == 0, ended.stderr
    assert whole == {name: (folder / name).read_bytes() for name in MADE_OF_UNITS}


def test_a_report_completes_no_run_of_another_version(call, finished, monkeypatch):
    folder, _ = finished
    (folder / "cells.npz").unlink()
    monkeypatch.setattr("tfadvseg.runs.provenance.source_digest", lambda: "0123456789abcdef")
    ended = call("report", folder)
    assert ended.returncode == 1 and ended.stderr == (
        f"Error: The units of {folder} were made by another version of this program, and only that completes them; "
        "recipe.json names its revision.\n"
    )
    assert not (folder / "cells.npz").exists()


def test_a_damaged_plan_is_named(call, finished):
    folder, _ = finished
    (folder / "cells.npz").unlink()
    for text in ("", "[]", '{"value": "tfadvseg.lock:os", "of": {}}'):
        (folder / "experiment.json").write_text(text)
        ended = call("report", folder)
        assert ended.returncode == 1 and ended.stderr.startswith(f"Error: {folder}/experiment.json "), ended.stderr
        assert ended.stderr.endswith("start the run's command again with its --output.\n")


@pytest.mark.parametrize("name", MADE_OF_UNITS)
@pytest.mark.parametrize("damage", ["truncated", "empty"])
def test_a_damaged_file_is_made_anew_of_the_units(call, finished, name, damage):
    folder, arguments = finished
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2] if damage == "truncated" else b"")
    units = {path: path.stat().st_mtime_ns for path in (folder / "units").iterdir()}
    ended = call("report", folder)
    assert ended.returncode == 1 and ended.stderr == (
        f"Error: {folder / name} is damaged; start the run's command again with its --output, which makes it anew of "
        "the finished units.\n"
    )
    ended = call("robustness", *arguments)
    assert ended.returncode == 0 and "everything was finished before" in ended.stderr, ended.stderr
    assert (folder / name).read_bytes() == whole
    assert units == {path: path.stat().st_mtime_ns for path in (folder / "units").iterdir()}


@pytest.mark.parametrize("text", ["", '{"recipe": {"se', "[]", '{"recipe": 3}'])
def test_a_damaged_recipe_ends_both_commands_in_one_sentence(call, finished, text):
    folder, arguments = finished
    (folder / "recipe.json").write_text(text)
    for ended in (call("report", folder), call("robustness", *arguments)):
        last = ended.stderr.splitlines()[-1]
        assert ended.returncode == 1
        assert last == f"Error: {folder}/recipe.json is damaged; choose another --output, or bring it back from a copy."
    assert len(list((folder / "units").glob("conv-*.npz"))) == 2


def test_a_damaged_unit_is_deleted_and_done_again_alone(call, finished):
    folder, arguments = finished
    unit, other = sorted((folder / "units").glob("conv-*.npz"))
    before = other.stat().st_mtime_ns
    unit.write_bytes(unit.read_bytes()[:500])
    ended = call("robustness", *arguments)
    assert ended.returncode == 1
    assert (
        f"Error: The finished unit {unit} is damaged; delete it and start again, all other units are kept."
        in ended.stderr
    )
    unit.unlink()
    assert call("robustness", *arguments).returncode == 0 and other.stat().st_mtime_ns == before


def test_a_full_disk_while_drawing_names_the_picture(call, finished, monkeypatch):
    """And leaves what was measured."""
    from tfadvseg.reports import drawing

    folder, _ = finished

    def full(path, write):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(drawing, "write_atomically", full)
    ended = call("report", folder)
    assert ended.returncode == 1 and len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"Error: {folder}/figures/") and "make room there" in ended.stderr
    assert set(MADE_OF_UNITS) <= set(os.listdir(folder))


def test_other_kernels_are_another_recipe(call, finished, monkeypatch):
    folder, arguments = finished
    recipe = json.loads((folder / "recipe.json").read_text())["recipe"]
    assert recipe["arithmetic"]["environment"] == environment()
    for name, value in (("TF_ENABLE_ONEDNN_OPTS", "0"), ("ONEDNN_MAX_CPU_ISA", "SSE41"), ("XLA_FLAGS", "--xla_x")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            ended = call("robustness", *arguments)
        assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == (
            f"Error: {folder} belongs to a run of another recipe: arithmetic.environment.{name} was unset and is now "
            f"'{value}'; choose another --output or repeat that recipe."
        )


def test_the_lock_is_free_after_an_error(call, finished):
    folder, arguments = finished
    assert call("robustness", *arguments, "--seed=1").returncode == 1
    with reserved(folder):
        pass
