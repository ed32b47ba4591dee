"""A finished run as a folder on disk, wherever it lies: what judges and draws needs paths, as its libraries do."""

import contextlib
import functools
import pathlib
import tempfile
import time
from collections.abc import Iterator
from typing import IO

from tfadvseg.runs.object_store import Unreachable
from tfadvseg.runs.store import Disk, Store

NEEDED = ("recipe.json", "experiment.json", "examples.npz", "design.json", "findings.json", "cells.npz")
"""What a run is judged and drawn from."""
DOCUMENT = "results.md"
PATIENCE = 30.0
"""Seconds in which a store lists what is there."""


@contextlib.contextmanager
def on_disk(store: Store) -> Iterator[pathlib.Path]:
    """The folder itself; of an object store a copy of what it has directly in the run folder, and what was written
    there in the meantime is put into the store at the end, results.md last.

    Errors name files by where they lie in the store. Raises Unreachable where it cannot be read or written.
    """
    if isinstance(store, Disk):
        yield store.path
        return
    with tempfile.TemporaryDirectory(prefix="tfadvseg-") as name:
        scratch = pathlib.Path(name)
        before = {name: store.read(name) for name in _listed(store)}
        for name, content in before.items():
            (scratch / name).write_bytes(content)
        try:
            yield scratch
        except ValueError as error:
            raise ValueError(str(error).replace(str(scratch), str(store))) from error
        _put(scratch, store, before)


def _listed(store: Store) -> list[str]:
    """Names of the files directly in the run folder, once its listing has what is needed of them: also while another
    process writes the same anew."""
    until = time.monotonic() + PATIENCE
    while True:
        names = store.names()
        if all(name in names or not store.exists(name) for name in NEEDED):
            return names
        if time.monotonic() > until:
            raise Unreachable(f"{store} does not list yet what was written; start pipelines.report {store} later.")
        time.sleep(0.5)


def _put(scratch: pathlib.Path, store: Store, before: dict[str, bytes]) -> None:
    """What was drawn. What an earlier report drew in the same folders goes first: of two reports at once both may stay,
    and never none."""
    drawn = sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if path.is_file())
    for folder in sorted({name.partition("/")[0] for name in drawn if "/" in name}):
        for name in store.below(folder).names(deep=True):
            if f"{folder}/{name}" not in drawn:
                store.remove(f"{folder}/{name}")
    for name in sorted(drawn, key=lambda name: ("/" not in name, name == DOCUMENT, name)):
        content = (scratch / name).read_bytes()
        if before.get(name) != content:
            store.write(name, functools.partial(_fill, content))


def _fill(content: bytes, file: IO[bytes]) -> None:
    file.write(content)
