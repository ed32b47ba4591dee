"""A run folder: recipe.json, units/ and what is drawn from them. Finished work is never lost and never mixed."""

import json
import os
import pathlib
import shutil
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfadvseg.runs.atomic import write_atomically


class RunFolder:
    """The folder of one run. Opening it anew with the same recipe goes on; another recipe is refused.

    recipe: everything that decides the numbers. notes: what is worth knowing beside it (revision, time), not compared.
    Raises ValueError where the folder cannot be written or belongs to another recipe.
    """

    def __init__(self, folder: str | os.PathLike, recipe: Mapping[str, Any], notes: Mapping[str, Any]):
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
            if worked:
                self._compare(_recipe(record), now)
            else:
                text = json.dumps({"recipe": now, "notes": dict(notes)}, indent=1)
                write_atomically(record, lambda file: file.write(text.encode()))
        except OSError as error:
            raise ValueError(
                f"The run folder {self.path} cannot be written ({error.strerror}); choose another `folder`."
            ) from error

    def _compare(self, before: dict, now: dict) -> None:
        differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        if differing:
            key = differing[0]
            raise ValueError(
                f"{self.path} belongs to a run of another recipe: {key} was {before.get(key)!r} and is now "
                f"{now.get(key)!r}; choose another `folder` or repeat that recipe."
            )

    def decide(self, question: str, answer: Callable[[], Any]) -> Any:
        """What an earlier start of the run answered, so that a measured choice stays the same; else answers now."""
        path = self.units / f"{question}.json"
        if not path.exists():
            text = json.dumps(answer())
            write_atomically(path, lambda file: file.write(text.encode()))
        return json.loads(path.read_text())

    def has(self, unit: str) -> bool:
        """Whether the unit is finished."""
        return (self.units / f"{unit}.npz").exists()

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
            with np.load(path, allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise ValueError(f"The finished unit {path} is damaged ({error}); delete it and start again.") from error


def _recipe(record: pathlib.Path) -> dict:
    try:
        return dict(json.loads(record.read_text())["recipe"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{record} is damaged; choose another `folder`.") from error
