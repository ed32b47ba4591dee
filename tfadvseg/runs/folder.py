"""A run folder: recipe.json, units/ and what is drawn from them. Finished work is never lost and never mixed."""

import contextlib
import errno
import functools
import io
import json
import os
import pathlib
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tfadvseg.atomic import remove_left_over
from tfadvseg.confined import refuse_endless
from tfadvseg.json_text import as_typed, parsed
from tfadvseg.lock import Busy, locked
from tfadvseg.runs import archive
from tfadvseg.runs.store import Disk, Place, Store, Write, store_of

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What NumPy and JSON raise of a file that is half there or changed."""

RECIPE = "recipe.json"
"""In a run folder."""

SETTLING = 60.0
"""Seconds that are enough to collect a run and to draw it."""


class InUse(ValueError):
    """Another process works in a run folder."""


@contextlib.contextmanager
def reserved(folder: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """The folder, made, and no other process's meanwhile; what killed ones left half written is removed.

    Raises ValueError where it cannot be written, or another process works in it.
    """
    with _reserved(folder) as (path, _):
        yield path


@contextlib.contextmanager
def shared(folder: str | os.PathLike[str], share: str) -> Iterator[pathlib.Path]:
    """The folder, made, and that of nobody meanwhile but of those who share it; each of their shares, such as "1/4", is
    one process's. What killed ones left half written stays, since nobody knows whose it is.

    Waits a little for a process that has the folder alone, since one of them completes the run. Errors as `reserved`.
    """
    with _held(folder, SETTLING, shared=True) as (path, _), _held(folder, name=f".lock.{share.replace('/', '-of-')}"):
        yield path


@contextlib.contextmanager
def claimed(store: Store, share: str = "") -> Iterator[bool]:
    """A run's folder while the run works in it: `reserved`, or `shared` by a share of it. Yields whether nobody else
    can be there.

    An object store has no locks, and some disks have none. There runs of one recipe may meet: each unit is put whole,
    is the same whoever makes it, and is passed over where it is there.
    """
    if not isinstance(store, Disk):
        yield False
    elif share:
        with shared(store.path, share):
            yield False
    else:
        with _reserved(store.path) as (_, exclusive):
            yield exclusive


@contextlib.contextmanager
def _reserved(folder: str | os.PathLike[str]) -> Iterator[tuple[pathlib.Path, bool]]:
    """Without locks nothing is removed, since another process may be writing it."""
    with _held(folder) as (path, exclusive):
        try:
            if exclusive:
                remove_left_over(path)
        except OSError as error:
            raise unwritable(path, error) from error
        yield path, exclusive


@contextlib.contextmanager
def _held(
    folder: str | os.PathLike[str], wait: float = 0.0, shared: bool = False, name: str = ".lock"
) -> Iterator[tuple[pathlib.Path, bool]]:
    """(the folder, whether the lock is really held)."""
    path = pathlib.Path(folder)
    with contextlib.ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            held = stack.enter_context(locked(path / name, wait, shared))
        except Busy as error:
            raise InUse(
                f"The run folder {path} has not finished: {error} works in it; wait for it, or choose another `folder`."
            ) from error
        except OSError as error:
            raise unwritable(path, error) from error
        yield path, held


def unwritable(path: pathlib.Path | Store, error: OSError) -> ValueError:
    """The sentence for a run folder that cannot be written."""
    room = "make room there, or " if error.errno == errno.ENOSPC else ""
    return ValueError(f"The run folder {path} cannot be written ({error.strerror}); {room}choose another `folder`.")


SHOWN = 3
"""Differences between two recipes that an error names."""

MEANING = {
    "source": " (a digest of this program's code)",
    "data": " (a digest of the photographs)",
    "validation": " (a digest of the photographs)",
}
"""What else to say of a key whose values say nothing to people."""


class RunFolder:
    """The folder of one run. Opening it anew with the same recipe goes on; another recipe is refused.

    folder: its path, URL or store. recipe: everything that decides the numbers. notes: what is worth knowing beside it
    (revision, time), not compared. together: others may open it at the same moment, as they always may where there are
    no locks, so what is there is never replaced. Raises ValueError where the folder cannot be written or belongs to
    another recipe.
    """

    def __init__(
        self, folder: Place | Store, recipe: Mapping[str, Any], notes: Mapping[str, Any], together: bool = False
    ):
        self.store = store_of(folder)
        self.units = self.store.below("units")
        now = json.loads(json.dumps(recipe))
        together = together or not self.store.locks
        try:
            self.units.create()
            worked = bool(self.units.names())
            if worked and not self.store.exists(RECIPE):
                raise ValueError(
                    f"{self.store} holds finished units but no recipe.json, so nobody knows what they are of; choose "
                    "another `folder`."
                )
            if not worked:
                text = json.dumps({"recipe": now, "notes": dict(notes)}, indent=1).encode()
                write = self.store.write_once if together else self.store.write
                write(RECIPE, lambda file: file.write(text))
            if worked or together:
                refuse_another(self.store, recipe_of(self.store), now)
        except OSError as error:
            raise unwritable(self.store, error) from error

    @property
    def path(self) -> pathlib.Path:
        """Of a folder on a disk; ValueError for an object store."""
        if not isinstance(self.store, Disk):
            raise ValueError(f"{self.store} is no folder on a disk; choose another `folder`.")
        return self.store.path

    def decide(self, question: str, answer: Callable[[], Any]) -> Any:
        """What an earlier start of the run answered, so that a measured choice stays the same; else answers
        now, and of several who do so at once all obey the first."""
        name = f"{question}.json"
        if not self.units.exists(name):
            text = json.dumps(answer()).encode()
            self.units.write_once(name, lambda file: file.write(text))
        found = self.units.read(name)
        try:
            return parsed(found)
        except ValueError as error:
            raise ValueError(
                f"{self.units}/{name} is damaged; delete it and start again, finished units are kept."
            ) from error

    def has(self, unit: str) -> bool:
        """Whether the unit is finished."""
        return self.units.exists(f"{unit}.npz")

    def finished(self) -> set[str]:
        """The names of all finished units."""
        return {name.removesuffix(".npz") for name in self.units.names() if name.endswith(".npz")}

    def log(self, worker: str) -> pathlib.Path:
        """The file for what a worker says, in a folder that is made: of this machine, where the run folder is in an
        object store."""
        folder = self.store.path / "logs" if isinstance(self.store, Disk) else _logs()
        folder.mkdir(exist_ok=True)
        return folder / f"{worker}.log"

    def write(self, name: str, write: Write) -> None:
        """Writes what finished units say, whole or not at all."""
        self.store.write(name, write)

    @contextlib.contextmanager
    def probe(self) -> Iterator[str]:
        """A word that whoever opens the same folder `sees`."""
        word = uuid.uuid4().hex
        try:
            self.units.write(f".probe.{word}", lambda file: None)
            yield word
        finally:
            self.units.remove(f".probe.{word}")

    def sees(self, word: str) -> bool:
        """Whether this is the folder in which another process has written its probe."""
        return self.units.exists(f".probe.{word}")

    def save(self, unit: str, arrays: dict[str, Any]) -> None:
        """Writes a finished unit, so that it is there whole or not at all."""
        free = self.units.room()
        needed = sum(array.nbytes for array in arrays.values())
        if free < needed:
            raise ValueError(
                f"{self.units} has {free / 1e6:.0f} MB left but {needed / 1e6:.0f} MB are needed; make room."
            )
        self.units.write(f"{unit}.npz", lambda file: np.savez_compressed(file, **arrays))

    def load(self, unit: str) -> dict[str, np.ndarray]:
        """The arrays of a finished unit."""
        name = f"{unit}.npz"
        try:
            return arrays_of(self.units.read(name))
        except DAMAGED as error:
            raise ValueError(
                f"The finished unit {self.units}/{name} is damaged; delete it and start again, all other units are "
                "kept."
            ) from error


def refuse_another(folder: Place | Store, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """ValueError where the recipe that a folder holds is not the one that goes on in it."""
    old, new = _flat(before), _flat(now)
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if differing:
        shown = [
            f"{key}{MEANING.get(key, '')} was {_said(key, old)} and is now {_said(key, new)}"
            for key in differing[:SHOWN]
        ]
        more = f", and {len(differing) - SHOWN} more differ" if len(differing) > SHOWN else ""
        raise ValueError(
            f"{folder} belongs to a run of another recipe: {', '.join(shown)}{more}; choose another `folder` or repeat "
            "that recipe."
        )


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    """Those of an .npz file; one of DAMAGED where it is none."""
    with archive.opened(io.BytesIO(content)) as file:
        return {key: file[key] for key in file.files}


def recipe_of(folder: Place | Store) -> dict[str, Any]:
    """The recipe that a run folder holds; ValueError where it is damaged."""
    store = store_of(folder)
    try:
        recipe: dict[str, Any] = as_typed(dict[str, Any], parsed(store.read(RECIPE))["recipe"], "recipe")
        return recipe
    except DAMAGED as error:
        raise ValueError(
            f"{store}/{RECIPE} is damaged; choose another `folder`, or bring it back from a copy."
        ) from error


@functools.cache
def _logs() -> pathlib.Path:
    return pathlib.Path(tempfile.mkdtemp(prefix="tfadvseg-logs-"))


def whole(path: pathlib.Path, read: Callable[[pathlib.Path], Any]) -> Any:
    """What `read` finds in a file that is made of finished units; ValueError where it is missing or damaged."""
    try:
        refuse_endless(path)
        return read(path)
    except DAMAGED as error:
        raise _not_whole(str(path), path.exists()) from error


def whole_in(store: Store, name: str, read: Callable[[bytes], Any]) -> Any:
    """The same of a file's bytes, wherever it is."""
    try:
        return read(store.read(name))
    except DAMAGED as error:
        raise _not_whole(f"{store}/{name}", store.exists(name)) from error


def _not_whole(name: str, exists: bool) -> ValueError:
    return ValueError(
        f"{name} {'is damaged' if exists else 'is missing'}; start the run's command again with its `folder`, which "
        "makes it anew of the finished units."
    )


def _flat(recipe: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{dotted name: value} of what is nested."""
    found: dict[str, Any] = {}
    for key, value in recipe.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _said(key: str, recipe: Mapping[str, Any]) -> str:
    return "unset" if "." in key and key not in recipe else repr(recipe.get(key))
