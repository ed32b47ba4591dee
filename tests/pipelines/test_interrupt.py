"""Ctrl-C, SIGTERM and a closed terminal at any moment end in one line that says how to go on, and exit code 130."""

import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

import pytest

from pipelines.common import interrupt

ROOT = pathlib.Path(__file__).parents[2]
HEAD = "Interrupted; nothing finished is lost. "


def begin(*words):
    """A program of its own that heeds SIGINT, whatever the tests were started to ignore."""
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def importing(program, what):
    """Waits until the program has this shared library or file open, or is at the end."""
    maps = pathlib.Path(f"/proc/{program.pid}/maps")
    while program.poll() is None and what not in maps.read_text():
        time.sleep(0.01)


@pytest.mark.skipif(not pathlib.Path("/proc/self/maps").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_tensorflow_is_imported(number):
    """Its messages are kept quiet then; ours is not."""
    words = ("pipelines.robustness", "--limit=1", "--output", "runs/a b")
    program = begin(*words)
    importing(program, "_multiarray_umath")  # NumPy, of which TensorFlow's import begins
    program.send_signal(number)
    out, err = program.communicate()
    assert (program.returncode, out) == (130, "")
    assert err.strip() == f"{HEAD}Start it again with: {shlex.join([sys.executable, '-m', *words])}"
    assert not (ROOT / "runs" / "a b").exists()


def test_in_a_command_without_a_run_folder():
    words = ("pipelines.describe", "--models=segnet", "--width=0.2", "--repeats=1000")
    program = begin(*words)
    assert program.stdout.readline().startswith("network")
    time.sleep(3)
    program.send_signal(signal.SIGINT)
    _, err = program.communicate()
    assert program.returncode == 130
    assert err.strip() == f"{HEAD}Start it again with: {shlex.join([sys.executable, '-m', *words])}"


DEAF = """
import signal, sys, time
from pipelines.common import interrupt
interrupt.GRACE = 0.5
interrupt.watch()
with interrupt.tidily():
    for _ in range(2):
        try:
            print("begun", flush=True)
            time.sleep(float(sys.argv[1]))
        except KeyboardInterrupt:
            print("Traceback of a library", file=sys.stderr, flush=True)
"""


@pytest.fixture
def deaf(tmp_path):
    """(seconds, what SIGINT and SIGHUP do at its start) -> a program that goes on after KeyboardInterrupt, at work."""

    def begin(seconds, disposition=signal.default_int_handler):
        (tmp_path / "deaf.py").write_text(DEAF)
        program = subprocess.Popen(
            [sys.executable, tmp_path / "deaf.py", seconds],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": "jax"},  # so that it starts at once
            preexec_fn=lambda: [signal.signal(one, disposition) for one in (signal.SIGINT, signal.SIGHUP)],
        )
        assert program.stdout.readline() == "begun\n"
        return program

    return begin


@pytest.mark.parametrize(("number", "signals"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGHUP, 1)])
def test_a_library_that_swallows_it_is_ended(deaf, number, signals):
    program = deaf("86400")  # were it not ended, the test would wait in vain
    for _ in range(signals):
        program.send_signal(number)
        time.sleep(0.1)
    _, err = program.communicate(timeout=600)
    assert program.returncode == 130
    assert len(err.strip().splitlines()) == 1 and err.strip().startswith(HEAD)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_stays_ignored(deaf, number):
    """As a shell starts what runs in the background, and nohup what shall outlive its terminal."""
    program = deaf("1", signal.SIG_IGN)
    program.send_signal(number)
    _, err = program.communicate()
    assert (program.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("words", "folder", "chosen", "verb", "expected"),
    [
        (["--limit=1", "--output", "runs/a b"], "runs/a b", False, "Go on", "--limit=1 --output 'runs/a b'"),
        (["-output", "x", "--epsilons", "8"], "x", False, "Go on", "-output x --epsilons 8"),
        (["--epsilons", "8"], "runs/a b", True, "Go on", "--epsilons 8 '--output=runs/a b'"),
        (["--data_dir=/a $b"], None, False, "Start it again", "'--data_dir=/a $b'"),
    ],
)
def test_the_way_on_is_what_was_typed_and_the_run_folder_once(monkeypatch, words, folder, chosen, verb, expected):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "pipelines.robustness", *words])
    monkeypatch.setattr(interrupt, "_state", {"folder": folder, "chosen": chosen})
    assert interrupt.way_on() == f"{verb} with: python -m pipelines.robustness {expected}"


def test_an_interrupted_run_says_how_it_goes_on_and_does(call, undrawn, tmp_path):
    """Ctrl-C after the first finished unit: its command ends the run."""
    arguments = ("--models=fcn8s_scenes", "--limit=3", "--batch_size=1", "--attacks=ifgsm", "--epsilons=8")
    output = tmp_path / "a run"
    program = begin("pipelines.robustness", *arguments, "--output", str(output))
    while program.poll() is None and not list(output.glob("units/fcn8s_scenes-*.npz")):
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    _, stderr = program.communicate()
    assert program.returncode == 130, stderr
    line = stderr.strip().splitlines()[-1]
    assert line.startswith(f"{HEAD}Go on with: {shlex.quote(sys.executable)} -m pipelines.robustness ")
    finished = {path.name: path.stat().st_mtime_ns for path in output.glob("units/fcn8s*.npz")}
    assert 1 <= len(finished) < 3
    words = shlex.split(line.partition(" -m pipelines.robustness ")[2])
    assert words == [*arguments, "--output", str(output)]
    assert not [name for name in os.listdir(output / "units") if name.startswith(".")]
    ended = call("robustness", *words)
    assert ended.returncode == 0, ended.stderr
    after = {path.name: path.stat().st_mtime_ns for path in output.glob("units/fcn8s*.npz")}
    assert finished.items() <= after.items() and len(after) == 3
