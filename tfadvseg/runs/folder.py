"""A run folder: recipe.json, units/ and what is drawn from them. Finished work is never lost and never mixed."""

import contextlib
import errno
import json
import os
import pathlib
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tfadvseg.lock import Busy, locked
from tfadvseg.runs.atomic import remove_left_over, write_atomically, write_once

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, TypeError, ValueError)
"""What NumPy and JSON raise of a file that is half there or changed."""

SETTLING = 60.0
"""Seconds that are enough to collect a run and to draw it."""


class InUse(ValueError):
    """Another process works in a run folder."""


@contextlib.contextmanager
def reserved(folder: str | os.PathLike) -> Iterator[pathlib.Path]:
    """The folder, made, and no other process's meanwhile; what killed ones left half written is removed.

    Raises ValueError where it cannot be written, or another process works in it.
    """
    with _held(folder) as path:
        try:
            remove_left_over(path)
        except OSError as error:
            raise unwritable(path, error) from error
        yield path


@contextlib.contextmanager
def shared(folder: str | os.PathLike, share: str) -> Iterator[pathlib.Path]:
    """The folder, made, and that of nobody meanwhile but of those who share it; each of their shares, such as "1/4", is
    one process's. What killed ones left half written stays, since nobody knows whose it is.

    Waits a little for a process that has the folder alone, since one of them completes the run. Errors as `reserved`.
    """
    with _held(folder, SETTLING, shared=True) as path, _held(folder, name=f".lock.{share.replace('/', '-of-')}"):
        yield path


@contextlib.contextmanager
def _held(
    folder: str | os.PathLike, wait: float = 0.0, shared: bool = False, name: str = ".lock"
) -> Iterator[pathlib.Path]:
    path = pathlib.Path(folder)
    with contextlib.ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(path / name, wait, shared))
        except Busy as error:
            raise InUse(
                f"The run folder {path} has not finished: {error} works in it; wait for it, or choose another `folder`."
            ) from error
        except OSError as error:
            raise unwritable(path, error) from error
        yield path


def unwritable(path: pathlib.Path, error: OSError) -> ValueError:
    """The sentence for a run folder that cannot be written."""
    room = "make room there, or " if error.errno == errno.ENOSPC else ""
    return ValueError(f"The run folder {path} cannot be written ({error.strerror}); {room}choose another `folder`.")


SHOWN = 3
"""Differences between two recipes that an error names."""

MEANING = {"source": " (a digest of this program's code)", "data": " (a digest of the photographs)"}
"""What else to say of a key whose values say nothing to people."""


class RunFolder:
    """The folder of one run. Opening it anew with the same recipe goes on; another recipe is refused.

    recipe: everything that decides the numbers. notes: what is worth knowing beside it (revision, time), not compared.
    together: others may open it at the same moment, so what is there is never replaced. Raises ValueError where the
    folder cannot be written or belongs to another recipe.
    """

    def __init__(
        self, folder: str | os.PathLike, recipe: Mapping[str, Any], notes: Mapping[str, Any], together: bool = False
    ):
        self.path = pathlib.Path(folder)
        self.units = self.path / "units"
        record = self.path / "recipe.json"
        now = json.loads(json.dumps(recipe))
        try:
            self.units.mkdir(parents=True, exist_ok=True)
            worked = any(self.units.iterdir())
            if worked and not record.exists():
                raise ValueError(
                    f"{self.path} holds finished units but no recipe.json, so nobody knows what they are of; choose "
                    "another `folder`."
                )
            if not worked:
                text = json.dumps({"recipe": now, "notes": dict(notes)}, indent=1).encode()
                write = write_once if together else write_atomically
                write(record, lambda file: file.write(text))
            if worked or together:
                self._compare(recipe_of(self.path), now)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _compare(self, before: dict, now: dict) -> None:
        old, new = _flat(before), _flat(now)
        differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if differing:
            shown = [
                f"{key}{MEANING.get(key, '')} was {_said(key, old)} and is now {_said(key, new)}"
                for key in differing[:SHOWN]
            ]
            more = f", and {len(differing) - SHOWN} more differ" if len(differing) > SHOWN else ""
            raise ValueError(
                f"{self.path} belongs to a run of another recipe: {', '.join(shown)}{more}; choose another `folder` "
                "or repeat that recipe."
            )

    def decide(self, question: str, answer: Callable[[], Any]) -> Any:
        """What an earlier start of the run answered, so that a measured choice stays the same; else answers
        now, and of several who do so at once all obey the first."""
        path = self.units / f"{question}.json"
        if not path.exists():
            text = json.dumps(answer()).encode()
            write_once(path, lambda file: file.write(text))
        try:
            return json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path} is damaged; delete it and start again, finished units are kept.") from error

    def has(self, unit: str) -> bool:
        """Whether the unit is finished."""
        return (self.units / f"{unit}.npz").exists()

    def finished(self) -> set[str]:
        """The names of all finished units."""
        return {path.stem for path in self.units.glob("*.npz") if not path.name.startswith(".")}

    def log(self, worker: str) -> pathlib.Path:
        """The file for what a worker says, in a folder that is made."""
        folder = self.path / "logs"
        folder.mkdir(exist_ok=True)
        return folder / f"{worker}.log"

    @contextlib.contextmanager
    def probe(self) -> Iterator[str]:
        """A word that whoever opens the same folder `sees`."""
        word = uuid.uuid4().hex
        path = self.units / f".probe.{word}"
        try:
            path.touch()
            yield word
        finally:
            path.unlink(missing_ok=True)

    def sees(self, word: str) -> bool:
        """Whether this is the folder in which another process has written its probe."""
        return (self.units / f".probe.{word}").exists()

    def save(self, unit: str, arrays: dict[str, Any]) -> None:
        """Writes a finished unit under a temporary name and renames it, so that it is there whole or not at all."""
        free = shutil.disk_usage(self.units).free
        needed = sum(array.nbytes for array in arrays.values())
        if free < needed:
            raise ValueError(
                f"{self.units} has {free / 1e6:.0f} MB left but {needed / 1e6:.0f} MB are needed; make room."
            )
        write_atomically(self.units / f"{unit}.npz", lambda file: np.savez_compressed(file, **arrays))

    def load(self, unit: str) -> dict[str, np.ndarray]:
        """The arrays of a finished unit."""
        path = self.units / f"{unit}.npz"
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except DAMAGED as error:
            raise ValueError(
                f"The finished unit {path} is damaged; delete it and start again, all other units are kept."
            ) from error


def recipe_of(folder: str | os.PathLike) -> dict[str, Any]:
    """The recipe that a run folder holds; ValueError where it is damaged."""
    record = pathlib.Path(folder) / "recipe.json"
    try:
        return dict(json.loads(record.read_text())["recipe"])
    except DAMAGED as error:
        raise ValueError(f"{record} is damaged; choose another `folder`, or bring it back from a copy.") from error


def whole(path: pathlib.Path, read: Callable[[pathlib.Path], Any]) -> Any:
    """What `read` finds in a file that is made of finished units; ValueError where it is missing or damaged."""
    try:
        return read(path)
    except DAMAGED as error:
        state = "is damaged" if path.exists() else "is missing"
        raise ValueError(
            f"{path} {state}; start the run's command again with its `folder`, which makes it anew of the finished "
            "units."
        ) from error


def _flat(recipe: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{dotted name: value} of what is nested."""
    found: dict[str, Any] = {}
    for key, value in recipe.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _said(key: str, recipe: Mapping[str, Any]) -> str:
    return "unset" if "." in key and key not in recipe else repr(recipe.get(key))
