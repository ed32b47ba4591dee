"""Command lines as processes of their own: what one says goes into a log, and how it ended is told in a sentence."""

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from .commands import PACKAGE
from .interrupt import EXIT_CODE, GRACE
from .sentences import last_word

PATIENCE = 1.0
"""Seconds between two looks at a process."""


def finish(
    module: str, arguments: Sequence[str], log: pathlib.Path, look: Callable[[], None] = lambda: None
) -> tuple[int, str]:
    """(exit code, the last thing that it said) of `python -m module`. look: called again and again until it ends.

    It has a session of its own, so a Ctrl-C is for this process, which then passes it on. It ends with this process,
    also where that is killed.
    """
    search = os.pathsep.join(path for path in sys.path if path)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        begin = file.tell()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{PACKAGE}.common.child", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,
        )
        try:
            while True:
                try:
                    code = process.wait(PATIENCE)
                    break
                except subprocess.TimeoutExpired:
                    look()
        except BaseException:
            process.terminate()  # a pipeline closes its files and ends
            _wait(process)
            raise
        finally:
            assert process.stdin is not None
            process.stdin.close()
    if code == EXIT_CODE:
        return code, f"it was interrupted; {log} has what it said."
    if code < 0:
        why = ", perhaps for lack of memory" if -code == signal.SIGKILL else ""
        return code, f"it was ended by signal {-code}{why}; {log} has what it said."
    return code, _last_word(log, begin)


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """For less than what this process itself has to end in."""
    try:
        process.wait(GRACE / 2)
    except subprocess.TimeoutExpired:
        pass  # it has been told, and ends by itself


def _last_word(log: pathlib.Path, begin: int) -> str:
    """Of a process, whose log begins there."""
    with log.open("rb") as file:
        file.seek(begin)
        return last_word(file.read().decode(errors="replace"))
