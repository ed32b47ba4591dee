"""One process at a time: a lock on a file, which the system gives back when its process ends, however it ends."""

import contextlib
import errno
import math
import os
import pathlib
import socket
import sys
import time
from collections.abc import Iterator
from typing import IO

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

UNSUPPORTED = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
"""What file systems answer that have no locks."""


class Busy(Exception):
    """Another process has the lock; the text says which."""


@contextlib.contextmanager
def locked(path: str | os.PathLike[str], wait: float = 0.0, shared: bool = False) -> Iterator[bool]:
    """Holds the lock of a file, which is made, says who holds it, and stays. Yields whether it is really held.

    wait: seconds (math.inf: for ever) until whoever holds it lets go; else raises Busy. shared: with others who share
    it, but with nobody who does not. OSError where the file cannot be written. Where the system has no locks it says so
    on stderr and goes on.
    """
    with pathlib.Path(path).open("a+") as file:  # its descriptor goes to no program that is started meanwhile
        held = _acquire(file, wait, shared)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}{' among others' if shared else ''}")
        file.flush()
        try:
            yield held
        finally:
            if not shared:
                file.truncate(0)


def _acquire(file: IO[str], wait: float, shared: bool) -> bool:
    """False where the system has no locks."""
    if fcntl is None:
        return _warn(file.name)
    how, until = fcntl.LOCK_SH if shared else fcntl.LOCK_EX, time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, how | (fcntl.LOCK_NB if math.isfinite(wait) else 0))
            return True
        except BlockingIOError as error:
            if time.monotonic() >= until:
                file.seek(0)
                raise Busy(file.read() or "another process") from error
            time.sleep(0.1)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            return _warn(file.name)


def _warn(name: str) -> bool:
    folder = pathlib.Path(name).parent
    print(f"Warning: {folder} knows no file locks, so see to it that no second process works in it.", file=sys.stderr)
    return False
