"""Judges and draws a finished run again, without a model: page, tables, verdicts, figures and TensorBoard events.

    python -m pipelines.report runs/robustness/2026-01-31_12-00-00

A run that was made in shares (--shard) and of which all units are there is completed.

Ends with the run's table on stdout, and the paths of what was written.
"""

from absl import flags as absl_flags

from tfadvseg.engine.planned import Planned, planned
from tfadvseg.runs.folder import RunFolder, claimed, recipe_of
from tfadvseg.runs.provenance import source_digest
from tfadvseg.runs.scratch import on_disk
from tfadvseg.runs.store import store_of
from tfadvseg.studies.report import summary_text, write_report
from tfadvseg.studies.run import refuse_unfinished

from .common import flags, main
from .common.experiment import unfinished

FLAGS = absl_flags.FLAGS
flags.define_output()


def run(words: list[str]) -> None:
    folders = [FLAGS.output] if FLAGS.output else words
    if len(folders) != 1:
        raise ValueError(f"Name the one run folder to judge and draw again; got {len(folders)}.")
    store = store_of(folders[0])
    plan = None if store.exists("cells.npz") else planned(store)
    if plan is None:
        refuse_unfinished(store)  # before anything is made in what may be no run folder
    with claimed(store):
        if plan is not None:
            collect(plan, RunFolder(store, recipe_of(store), {}, together=True))
        with on_disk(store) as folder:
            written = [path.relative_to(folder) for path in write_report(folder)]
            print(summary_text(folder))
    print("\n".join(f"{store}/{path.as_posix()}" for path in written))


def collect(plan: Planned, folder: RunFolder) -> None:
    """Makes what is judged and drawn of the units; ValueError where some are missing."""
    if missing := plan.missing(folder):
        raise ValueError(unfinished(plan, folder, len(missing)))
    if recipe_of(folder.store).get("source") != source_digest():
        raise ValueError(
            f"The units of {folder.store} were made by another version of this program, and only that completes them; "
            "recipe.json names its revision."
        )
    plan.collect(folder)


if __name__ == "__main__":
    main.start(run, takes_arguments=True)
