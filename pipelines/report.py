"""Judges and draws a finished run again, without a model: tables, verdicts, figures and TensorBoard events.

    python -m pipelines.report runs/robustness/2026-01-31_12-00-00

A run that was made in shares (--shard) and of which all units are there is completed.

Ends with the run's table on stdout, and the paths of what was written.
"""

import pathlib

from absl import flags as absl_flags

from pipelines.common import flags, main
from pipelines.common.experiment import unfinished
from tfadvseg.engine.planned import Planned, planned
from tfadvseg.runs.folder import RunFolder, recipe_of, reserved
from tfadvseg.studies.report import summary_text, write_report
from tfadvseg.studies.run import FinishedRun

FLAGS = absl_flags.FLAGS
flags.define_output()


def run(words: list[str]) -> None:
    folders = [FLAGS.output] if FLAGS.output else words
    if len(folders) != 1:
        raise ValueError(f"Name the one run folder to judge and draw again; got {len(folders)}.")
    folder = pathlib.Path(folders[0])
    plan = None if (folder / "cells.npz").exists() else planned(folder)
    if plan is None:
        FinishedRun.read(folder)  # before anything is made in what may be no run folder
    with reserved(folder):
        if plan is not None:
            collect(plan, RunFolder(folder, recipe_of(folder), {}, together=True))
        written = write_report(folder)
    print(summary_text(folder))
    print("\n".join(map(str, written)))


def collect(plan: Planned, folder: RunFolder) -> None:
    """Makes what is judged and drawn of the units; ValueError where some are missing."""
    if missing := plan.missing(folder):
        raise ValueError(unfinished(plan, folder, len(missing)))
    plan.collect(folder)


if __name__ == "__main__":
    main.start(run, takes_arguments=True)
