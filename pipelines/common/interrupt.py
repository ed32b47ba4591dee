"""Ctrl-C, SIGTERM and a closed terminal, at any moment: one line that says how to go on, and exit code 130.

Python runs its handlers between two of its own instructions, and TensorFlow may compute for minutes within one. So a
thread waits for signals, too: it leaves the program a moment to tidy up, and then ends it. Nothing here needs an import
that takes time, since most of a start is imports.
"""

import contextlib
import os
import select
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

EXIT_CODE = 130
GRACE = 2.0
"""Seconds in which a running pipeline may close its files before it is ended; a second signal ends it at once."""

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""

_state: dict[str, Any] = {"stderr": 2, "running": False, "raised": False, "folder": None, "chosen": False}
_ending = threading.Lock()


def watch() -> None:
    """Begins to listen, in the main thread. A signal that the program was started to ignore stays ignored."""
    with contextlib.suppress(OSError):  # there is none
        _state["stderr"] = os.dup(2)  # imports are kept quiet by pointing 2 elsewhere
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    threading.Thread(target=_wait, args=(read,), daemon=True, name="interrupt").start()


@contextlib.contextmanager
def tidily() -> Iterator[None]:
    """Within, a signal raises KeyboardInterrupt first, so that files are closed and scratch folders removed."""
    _state["running"] = True
    try:
        yield
    finally:
        _state["running"] = False


def begun(folder: str, chosen: bool) -> None:
    """There is a run folder to go on with. chosen: by the program, so that the command does not name it."""
    _state.update(folder=folder, chosen=chosen)


def heard() -> bool:
    """Whether a running pipeline has been told to end, and does."""
    return bool(_state["raised"])


def way_on() -> str:
    """The command to type next, as it was typed; with the run folder where it named none."""
    words = sys.orig_argv[1:] if os.path.basename(sys.orig_argv[1]) == "tfadvseg" else list(sys.orig_argv)
    if _state["chosen"]:
        words.append(f"--output={_state['folder']}")
    return f"{'Go on' if _state['folder'] else 'Start it again'} with: {shlex.join(words)}"


def end() -> NoReturn:
    """Says the one line and ends the process, without waiting for threads."""
    if not _ending.acquire(blocking=False):
        threading.Event().wait()  # the other thread is about to end both
    with contextlib.suppress(OSError):
        os.write(_state["stderr"], f"\nInterrupted; nothing finished is lost. {way_on()}\n".encode())
    os._exit(EXIT_CODE)


def _interrupt(number: int, frame: object) -> None:
    if _state["running"] and not _state["raised"]:
        _state["raised"] = True
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)  # libraries print a stack trace of whatever ends their callbacks
        raise KeyboardInterrupt


def _wait(signals: int) -> None:
    while os.read(signals, 1)[0] not in SIGNALS:
        pass
    if _state["running"]:
        select.select([signals], [], [], GRACE)
    end()
