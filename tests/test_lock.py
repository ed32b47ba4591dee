"""A lock is one process's, says whose, and is free again however that process ends."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tfadvseg import lock
from tfadvseg.lock import Busy, locked

HOLD = """
import sys, time
from tfadvseg.lock import locked
with locked(sys.argv[1]):
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock, until its stdin is closed or it is killed."""
    program = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout.readline() == "has it\n"
    yield program
    program.kill()
    program.communicate()


def test_the_second_process_learns_who_has_it(holder, tmp_path):
    with pytest.raises(Busy) as busy, locked(tmp_path / "lock"):
        pass
    assert str(busy.value) == f"process {holder.pid} on {socket.gethostname()}"
    holder.communicate()
    with locked(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    assert (tmp_path / "lock").read_text() == ""


def test_a_killed_process_leaves_it_free(holder, tmp_path):
    """Its text stays, which names a process that may by now be another one."""
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "lock").read_text().startswith(f"process {holder.pid} ")
    with locked(tmp_path / "lock"):
        pass


def test_it_can_be_waited_for(holder, tmp_path):
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLD.replace("sys.argv[1]", "sys.argv[1], wait=float('inf')"), str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    holder.communicate()
    assert waiting.communicate()[0] == "has it\n"


def test_it_can_be_shared(tmp_path):
    with locked(tmp_path / "lock", shared=True), locked(tmp_path / "lock", shared=True):
        with pytest.raises(Busy, match=f"process {os.getpid()} on .* among others"), locked(tmp_path / "lock"):
            pass
    with locked(tmp_path / "lock"), pytest.raises(Busy), locked(tmp_path / "lock", shared=True):
        pass


def test_it_is_waited_for_as_long_as_is_said(holder, tmp_path):
    started = time.monotonic()
    with pytest.raises(Busy), locked(tmp_path / "lock", wait=0.5):
        pass
    assert time.monotonic() - started >= 0.5


def test_an_error_within_gives_it_back(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "lock"):
        raise KeyError
    with locked(tmp_path / "lock"):
        pass


def test_where_there_are_no_locks_it_says_so_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lock, "fcntl", None)
    with locked(tmp_path / "lock"):
        pass
    assert f"{tmp_path} knows no file locks, so see to it that no second process" in capsys.readouterr().err
