"""The digest of files, read once: the result is kept by where they lie, how large they are and when they changed.

It is kept under TFADVSEG_CACHE, by default ~/.cache/tfadvseg; where that cannot be written, the bytes are read again.
"""

import contextlib
import hashlib
import os
import pathlib
import re
import time
from collections.abc import Iterable

SETTLED = 2.0
"""Seconds. A file that changed more recently than this may change again within one tick of its clock, which its time
would not show; then nothing is kept."""


def digest(files: Iterable[pathlib.Path]) -> str:
    """SHA-256 in hex over the names and bytes of the files in their order; OSError where one cannot be read."""
    paths = [pathlib.Path(os.path.abspath(path)) for path in files]
    states = [path.stat() for path in paths]
    key = repr([(str(path), state.st_size, state.st_mtime_ns) for path, state in zip(paths, states, strict=True)])
    record = _folder() / hashlib.sha256(key.encode()).hexdigest()
    kept = _kept(record)
    if kept:
        return kept
    settled = time.time() - SETTLED > max((state.st_mtime for state in states), default=0.0)
    found = _digest_of_bytes(paths)
    if settled:
        _keep(record, found)
    return found


def digest_of_contents(named: Iterable[tuple[str, bytes]]) -> str:
    """The same of files that are no files of this machine: (name, bytes) of each."""
    return _joined((name, hashlib.sha256(content).hexdigest()) for name, content in named)


def _digest_of_bytes(paths: Iterable[pathlib.Path]) -> str:
    return _joined((path.name, _of_bytes(path)) for path in paths)


def _of_bytes(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _joined(digests: Iterable[tuple[str, str]]) -> str:
    total = hashlib.sha256()
    for name, own in digests:
        total.update(f"{name} {own}\n".encode())
    return total.hexdigest()


def _folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("TFADVSEG_CACHE") or os.path.expanduser("~/.cache/tfadvseg")) / "digests"


def _kept(record: pathlib.Path) -> str | None:
    """The kept digest, if there is one and it is whole."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = record.read_text()
        if re.fullmatch("[0-9a-f]{64}", text):
            return text
    return None


def _keep(record: pathlib.Path, found: str) -> None:
    """Writes the record beside and moves it, so that two programs at once leave a whole one; or leaves it."""
    with contextlib.suppress(OSError):
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary = record.with_suffix(f".{os.getpid()}")
        temporary.write_text(found)
        os.replace(temporary, record)
