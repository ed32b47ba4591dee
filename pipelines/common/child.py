"""A module run as the child of another process, which may be killed: `python -m pipelines.common.child <module> ...`.

Ends as of SIGTERM when its standard input does, and that is when its parent has ended, however that happened.
"""

import os
import runpy
import signal
import sys
import threading

from . import interrupt


def end_with(parent: int) -> None:
    """Waits for the end of a pipe that the parent keeps open and never writes to."""
    while os.read(parent, 1):
        pass
    if not interrupt.heard():  # a second signal would not leave it time to close its files
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    pipe = os.dup(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=end_with, args=(pipe,), daemon=True, name="parent").start()
    sys.argv = sys.argv[1:]
    sys.orig_argv = [sys.executable, "-m", *sys.argv]  # what to type to go on
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
