"""A finished run, as studies judge and draw it: what its folder holds, without a model."""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tfadvseg.json_text import parsed
from tfadvseg.runs.folder import RECIPE, recipe_of, whole
from tfadvseg.runs.results import Results, rows, table
from tfadvseg.runs.store import Disk, Store
from tfadvseg.studies.evidence import Evidence

SETTINGS: Mapping[str, type] = {"study": str, "data": str, "attacked_as": str, "norm": str, "models": dict}
"""What is read of recipes whoever wrote them, by type."""


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
            for name, read in (("design.json", _object), ("findings.json", _list), ("cells.npz", Results.read))
        )
        return cls(folder, settings["study"], design, settings, results, tuple(map(str, warnings)))

    @functools.cached_property
    def notes(self) -> Mapping[str, Any]:
        """What recipe.json says that decides no number, such as the command; nothing where it does not."""
        return whole(self.folder / RECIPE, lambda path: dict(_object(path).get("notes", {})))

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
    for name, kind in SETTINGS.items():
        if not isinstance(settings.get(name, kind()), kind):
            raise ValueError(f"The recipe.json of {folder} is damaged: {name} is {settings[name]!r}.")
    return settings


def _object(path: pathlib.Path) -> dict[str, Any]:
    found = parsed(path.read_text())
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no object.")
    return found


def _list(path: pathlib.Path) -> list[Any]:
    found = parsed(path.read_text())
    if not isinstance(found, list):
        raise ValueError(f"{path} holds no list.")
    return found
