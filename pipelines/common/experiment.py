"""From the scenarios of a study to its finished run folder: what its pipelines have in common."""

import datetime
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import flags

from pipelines.common import objects
from pipelines.common.flags import recipe
from tfadvseg.data import split_name
from tfadvseg.engine.arithmetic import arithmetic
from tfadvseg.engine.collect import collect
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import Shards, run
from tfadvseg.engine.scenario import Scenario
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.atomic import write_atomically
from tfadvseg.runs.examples import save_examples
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.provenance import git_revision, source_digest, versions
from tfadvseg.studies.claims import UNMEASURED
from tfadvseg.studies.report import summary_text, write_report

FLAGS = flags.FLAGS

Extra = Callable[[Shards, RunFolder, OpenModels], None]
"""What a study measures beside its scenarios."""


def run_experiment(
    pipeline: str, study: str, scenarios: Sequence[Scenario], design: Mapping[str, Any], extra: Extra | None = None
) -> None:
    """Runs what is not finished yet, collects it, judges, draws and prints.

    study: its name in STUDIES. design: what it wants to know again of its scenarios when it judges and draws.
    """
    shards, dataset = objects.shards(), objects.dataset()
    networks = [model for scenario in scenarios for model in scenario.models]
    folder = open_folder(pipeline, networks, study=study, data=shards.split.fingerprint())
    models = OpenModels()
    progress = run(scenarios, shards, folder, FLAGS.xla, models)
    if extra is not None:
        extra(shards, folder, models)

    names = dataset.label_space.names
    collected = collect(scenarios, shards, folder, dataset.name, split_name(dataset, FLAGS.split), names)
    collected.results.save(folder.path / "cells.npz")
    save_examples(folder.path / "examples.npz", dataset.label_space, collected.examples)
    _write_json(folder, "design", design)
    _write_json(folder, "warnings", collected.warnings)
    print(f"{collected.results.gradients.sum():,} image gradients; {progress.summary()}", file=sys.stderr)
    write_and_print_report(folder, collected.warnings)


def write_and_print_report(folder: RunFolder, warnings: Sequence[str]) -> None:
    """Draws everything, and prints tables, verdicts, warnings and where everything lies."""
    write_report(folder.path)
    print(summary_text(folder.path))
    for claim in json.loads((folder.path / "claims.json").read_text()):
        if claim["verdict"] != UNMEASURED:
            print(f"{claim['number']} {claim['about']}: {claim['statement']}: {claim['verdict']}", file=sys.stderr)
    for warning in warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    print(f"Results: {folder.path}/results.md, results.csv, figures/; tensorboard --logdir {folder.path}/tensorboard")


def _write_json(folder: RunFolder, name: str, content: Any) -> None:
    text = json.dumps(content, indent=1).encode()
    write_atomically(folder.path / f"{name}.json", lambda file: file.write(text))


def open_folder(pipeline: str, models: Sequence[ModelSpec], **decisive: Any) -> RunFolder:
    """The run folder, its recipe written or compared. decisive: what else decides the numbers beside flags, models and
    machine."""
    whole = recipe(sys.argv[0]) | decisive | {
        "models": {model.name: model.digest for model in models},
        "versions": versions(),
        "source": source_digest(),
        "arithmetic": arithmetic(),
    }  # fmt: skip
    started = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
    notes = {"revision": git_revision(), "started": started, "command": sys.argv}
    return RunFolder(objects.output_folder(pipeline), whole, notes)
