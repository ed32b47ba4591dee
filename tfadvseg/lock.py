"""One process at a time: a lock on a file, which the system gives back when its process ends, however it ends."""

import contextlib
import errno
import os
import pathlib
import socket
import sys
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
def locked(path: str | os.PathLike, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a file, which is made, says who holds it, and stays.

    wait: until whoever holds it lets go; else raises Busy. OSError where the file cannot be written. Where the system
    has no locks it says so on stderr and goes on.
    """
    with pathlib.Path(path).open("a+") as file:  # its descriptor goes to no program that is started meanwhile
        _acquire(file, wait)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _acquire(file: IO[str], wait: bool) -> None:
    if fcntl is None:
        _warn(file.name)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        file.seek(0)
        raise Busy(file.read() or "another process") from error
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        _warn(file.name)


def _warn(name: str) -> None:
    folder = pathlib.Path(name).parent
    print(f"Warning: {folder} knows no file locks, so see to it that no second process works in it.", file=sys.stderr)
