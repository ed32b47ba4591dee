"""A finished run, as studies judge and draw it: what its folder holds, without a model."""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from tfadvseg.json_text import as_typed, fields_of, parsed
from tfadvseg.runs import initial_gradients
from tfadvseg.runs.folder import RECIPE, recipe_of, whole
from tfadvseg.runs.results import Results, rows, table
from tfadvseg.runs.store import Disk, Store
from tfadvseg.studies.evidence import Evidence

T = TypeVar("T")
SETTINGS: Mapping[str, Any] = {
    "study": str, "data": str, "source": str, "attacked_as": str, "norm": str, "hidden": str, "models": dict[str, str],
    "readings": dict[str, str], "region": dict[str, str], "versions": dict[str, Any], "arithmetic": dict[str, Any],
}  # fmt: skip
"""What is read of recipes whoever wrote them, by type."""
DESIGN = "design.json"
"""In a run folder."""


@dataclasses.dataclass(frozen=True)
class Notes:
    """Of recipe.json, what decides no number: the commit, when a run was started, and the words of its command."""

    revision: str = ""
    started: str = ""
    command: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """folder: the run folder. study: its name in STUDIES. design: what the study wrote down of its scenarios
    (design.json). settings: the recipe. results: cells.npz. warnings: a sentence each."""

    folder: pathlib.Path
    study: str
    design: Mapping[str, Any]
    settings: Mapping[str, Any]
    results: Results
    warnings: tuple[str, ...]

    @classmethod
    def read(cls, folder: str | pathlib.Path) -> "FinishedRun":
        """What is in a run folder; ValueError where the run has not finished."""
        folder = pathlib.Path(folder)
        settings = refuse_unfinished(Disk(folder))
        design, warnings, results = (
            whole(folder / name, read)
            for name, read in ((DESIGN, _object), ("findings.json", _sentences), ("cells.npz", Results.read))
        )
        return cls(folder, settings["study"], design, settings, results, warnings)

    def designed(self, kind: type[T]) -> T:
        """What the design says of the fields of a dataclass of a study; ValueError where it says nothing of one that is
        needed, or something of another type."""
        try:
            return fields_of(kind, self.design, DESIGN)
        except ValueError as error:
            raise ValueError(
                f"{self.folder}/{DESIGN} is damaged ({error}); start the run's command again with its `folder`, which "
                "makes it anew of the finished units."
            ) from error

    @functools.cached_property
    def notes(self) -> Notes:
        """What recipe.json says that decides no number."""
        found: Notes = whole(
            self.folder / RECIPE, lambda path: fields_of(Notes, _object(path).get("notes", {}), "notes")
        )
        return found

    @functools.cached_property
    def starts(self) -> Mapping[str, np.ndarray]:
        """What attacks started from (`runs.initial_gradients`), of the images of the run."""
        return initial_gradients.read(self.folder, len(self.results.ids))

    @functools.cached_property
    def evidence(self) -> Evidence:
        """Scores with their resamples."""
        return Evidence(self.results)

    @property
    def doubts(self) -> tuple[str, ...]:
        """The warnings, and which photographs were left out."""
        return (*self.warnings, *([self.results.left_out_text()] if self.results.left_out else []))

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        """results.csv."""
        return table(rows(self.results))

    @property
    def attacks(self) -> list[str]:
        """Names of the attacks, in their order."""
        return [name for name in self.table["attack"].unique() if name != "clean"]

    @property
    def epsilons(self) -> list[float]:
        """Of the attacked cells, in ascending order."""
        return sorted({cell.epsilon for cell in self.results.cells if cell.epsilon})


def refuse_unfinished(folder: Store) -> dict[str, Any]:
    """The recipe of a finished run; ValueError where it is none of a study, or has not finished."""
    if not folder.exists("recipe.json"):
        raise ValueError(f"{folder} is no run folder: it holds no recipe.json.")
    if not folder.exists("cells.npz"):
        raise ValueError(f"{folder} holds no cells.npz: its run has not finished; go on with it first.")
    settings = recipe_of(folder)
    if "study" not in settings:
        raise ValueError(f"{folder} is no run folder of a study: its recipe.json names none.")
    try:
        typed = {name: as_typed(kind, settings[name], name) for name, kind in SETTINGS.items() if name in settings}
    except ValueError as error:
        raise ValueError(f"The recipe.json of {folder} is damaged: {error}") from error
    return settings | typed


def _object(path: pathlib.Path) -> dict[str, Any]:
    found = parsed(path.read_text())
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no object.")
    return found


def _sentences(path: pathlib.Path) -> tuple[str, ...]:
    found: tuple[str, ...] = as_typed(tuple[str, ...], parsed(path.read_text()), path.name)
    return found
