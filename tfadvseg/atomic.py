"""Files that are there whole or not at all."""

import contextlib
import errno
import io
import os
import pathlib
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import IO, Any

UNLINKABLE = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV)
"""What file systems answer that have no second names of a file."""
LOCK = ".lock"
"""In a folder that one process works in."""
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}")


def write_atomically(path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]) -> None:
    """Lets `write` fill memory, which goes to a temporary file beside `path` that is then renamed.

    So libraries never meet a full disk, which each would report in its own way; here it is an OSError with the path.
    """
    _write(pathlib.Path(path), write, os.replace)


def write_once(path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]) -> None:
    """The same, unless `path` is there: of several who write at once the first one wins."""
    _write(pathlib.Path(path), write, _link)


def _write(
    path: pathlib.Path, write: Callable[[IO[bytes]], Any], name: Callable[[pathlib.Path, pathlib.Path], Any]
) -> None:
    content = io.BytesIO()
    write(content)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")  # collides with no other process or host
    try:
        with temporary.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        name(temporary, path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with contextlib.suppress(OSError):  # what went wrong first is what is told
            temporary.unlink()


def _link(temporary: pathlib.Path, path: pathlib.Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in UNLINKABLE:
            raise
        if not path.exists():  # two may get here at once, where the file system knows no better
            os.replace(temporary, path)


@contextlib.contextmanager
def replaced_folder(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """A scratch folder beside `path` that takes its place once it is filled; where that fails `path` stays."""
    path = pathlib.Path(path)
    scratch, before = (path.with_name(f".{path.name}.{uuid.uuid4().hex}") for _ in range(2))
    try:
        scratch.mkdir(parents=True)
        yield scratch
        if path.exists():
            os.replace(path, before)
        try:
            os.replace(scratch, path)
        except OSError:
            if before.exists():
                os.replace(before, path)
            raise
    finally:
        for folder in (scratch, before):
            shutil.rmtree(folder, ignore_errors=True)


def remove_left_over(folder: str | os.PathLike[str]) -> None:
    """Deletes the temporary files and folders of killed processes, below a folder that nobody else writes into. Folders
    within that have a lock of their own are other runs'."""
    root = os.fspath(folder)
    for place, folders, files in os.walk(root):
        if LOCK in files and place != root:
            folders.clear()
            continue
        for name in [name for name in (*folders, *files) if TEMPORARY.fullmatch(name)]:
            path = pathlib.Path(place, name)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        folders[:] = [name for name in folders if not TEMPORARY.fullmatch(name)]
