"""Networks that the jobs of a programme measure and that nobody has yet, such as ensembles over scales: made once of
each network, beside the jobs' folders."""

import pathlib
from collections.abc import Mapping

from absl import flags

from tfadvseg.lock import locked
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.programme import Export, Job

from . import children
from .commands import PACKAGE

FLAGS = flags.FLAGS
MAKING = 3600.0
"""Seconds that a share waits for another one which makes them."""
AS_READ = ("reading", "signature", "intensity_range", "channel_order", "model_output")
"""Flags that say how a network is read. An export is made by them, and then has this package's own convention."""


def apart() -> str:
    """Why no job may measure networks as they are beside exports, "" where one may."""
    said = next((name for name in AS_READ if FLAGS[name].present), "")
    return f"has an export beside networks, and --{said} is of these alone; use reading.json files" if said else ""


def place(export: Export, folder: pathlib.Path, models: Mapping[str, ModelSpec]) -> pathlib.Path:
    """Where it lies; another network, or the same trained anew, has another place. folder: --output. models: {word:
    network}."""
    return folder / "models" / models[export.network].digest / export.name


def is_made(place: pathlib.Path) -> bool:
    """Not so where an export was killed, which leaves a folder without a version."""
    return any(place.glob("[0-9]*/saved_model.pb"))


def make(job: Job, folder: pathlib.Path, models: Mapping[str, ModelSpec], log: pathlib.Path) -> tuple[int, str]:
    """(exit code, sentence) of the first that could not be made; (0, "") where all are there."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".models.lock", MAKING):
        for export in job.exports:
            own = place(export, folder, models)
            if not is_made(own):
                arguments = [
                    f"--models={export.network}",
                    *export.flags,
                    *(FLAGS[name].serialize() for name in (*AS_READ, "trust") if FLAGS[name].present),
                    f"--name={export.name}",
                    f"--models_folder={own.parent}",
                ]
                code, sentence = children.finish(f"{PACKAGE}.export", arguments, log)
                if code:
                    return code, sentence
    return 0, ""
