"""From the scenarios of a study to its finished run folder: what its pipelines have in common."""

import datetime
import json
import pathlib
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from absl import flags

from pipelines.common import attacking, objects
from pipelines.common.flags import recipe
from tfadvseg.data import Split, split_name
from tfadvseg.engine.arithmetic import arithmetic
from tfadvseg.engine.checks import scale_warnings
from tfadvseg.engine.collect import collect
from tfadvseg.engine.kept import KeptSource, save_findings
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import Shards, run
from tfadvseg.engine.scenario import Scenario, Source
from tfadvseg.models.spec import ModelSpec, how_read
from tfadvseg.runs.atomic import write_atomically
from tfadvseg.runs.examples import save_examples
from tfadvseg.runs.folder import RunFolder, reserved
from tfadvseg.runs.progress import Progress
from tfadvseg.runs.provenance import git_revision, source_digest, versions
from tfadvseg.studies.claims import UNMEASURED
from tfadvseg.studies.report import summary_text, write_report

FLAGS = flags.FLAGS

Extra = Callable[[Shards, RunFolder, OpenModels], None]
"""What a study measures beside its scenarios."""

Prepare = Callable[[Sequence[Scenario], RunFolder, OpenModels], Sequence[Scenario]]
"""Makes the scenarios that are run of those that are given, with what it works out in the run folder."""


def run_experiment(
    pipeline: str,
    study: str,
    scenarios: Sequence[Scenario],
    design: Mapping[str, Any],
    extra: Extra | None = None,
    keep_perturbations: bool = False,
    unused: Collection[str] = (),
    prepare: Prepare | None = None,
    attacked: Mapping[str, Any] | None = None,
) -> None:
    """Runs what is not finished yet, collects it, judges, draws and prints.

    study: its name in STUDIES. design: what it wants to know again of its scenarios when it judges and draws.
    keep_perturbations: whether those that are made stay in the run folder. unused: flags that mean nothing in this run
    and stay out of its recipe. prepare: what comes before the first unit. attacked: for the recipe, what decides the
    attacks where that is not what the flags of the attacks say, with `attacked_as` in words.
    """
    shards = objects.shards()
    for warning in scale_warnings([attack for scenario in scenarios for attack in scenario.protocol.attacks]):
        print(f"Warning: {warning}", file=sys.stderr, flush=True)  # before it costs hours; the report has it again
    with reserved(objects.output_folder(pipeline)) as path:
        networks = [model for scenario in scenarios for model in scenario.models]
        made = kept_digests([scenario.source for scenario in scenarios], shards.split) or attacked
        made = attacking.deciding_attacks() if made is None else made
        folder = open_folder(path, networks, unused, study=study, data=shards.split.fingerprint(), **made)
        models = OpenModels()
        scenarios = scenarios if prepare is None else prepare(scenarios, folder, models)
        progress = run(scenarios, shards, folder, FLAGS.xla, models, keep_perturbations)
        if extra is not None:
            extra(shards, folder, models)
        warnings = _collect(scenarios, shards, folder, design, progress, keep_perturbations)
        write_and_print_report(folder, warnings)


def _collect(
    scenarios: Sequence[Scenario], shards: Shards, folder: RunFolder, design: Mapping[str, Any], progress: Progress,
    keep_perturbations: bool,
) -> list[str]:  # fmt: skip
    """Writes what everything is judged and drawn from; returns the warnings."""
    dataset = objects.dataset()
    split, names = split_name(dataset, FLAGS.split), dataset.label_space.names
    collected = collect(scenarios, shards, folder, dataset.name, split, names)
    collected.results.save(folder.path / "cells.npz")
    save_examples(folder.path / "examples.npz", dataset.label_space, collected.examples)
    _write_json(folder, "design", design)
    _write_json(folder, "findings", collected.warnings)
    for source, own in collected.of_sources.items() if keep_perturbations else ():
        save_findings(folder.path, source, own)
    print(f"{collected.results.gradients.sum():,} image gradients; {progress.summary()}", file=sys.stderr)
    return collected.warnings


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


def kept_digests(sources: Sequence[Source], split: Split) -> dict[str, Any]:
    """For the recipe: what decides the numbers of sources whose perturbations were kept; nothing without them.

    ValueError where a photograph has none, before anything is opened."""
    kept = [source for source in sources if isinstance(source, KeptSource)]
    return {"kept": {source.name: source.contents(split.ids) for source in kept}} if kept else {}


def _write_json(folder: RunFolder, name: str, content: Any) -> None:
    text = json.dumps(content, indent=1).encode()
    write_atomically(folder.path / f"{name}.json", lambda file: file.write(text))


def _told(model: ModelSpec) -> bool:
    """Whether its reading says what its digest and its card do not."""
    return model.stranger or bool(model.mapping or model.reading.features)


def open_folder(
    path: pathlib.Path, models: Sequence[ModelSpec], unused: Collection[str] = (), **decisive: Any
) -> RunFolder:
    """The run folder, its recipe written or compared. unused: flags that decide nothing here. decisive: what else
    decides the numbers beside flags, models and machine."""
    whole = recipe(sys.argv[0], unused) | decisive | {
        "models": {model.name: model.digest for model in models},
        "readings": {model.name: how_read(model) for model in models if _told(model)},
        "versions": versions(),
        "source": source_digest(),
        "arithmetic": arithmetic(),
    }  # fmt: skip
    started = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
    notes = {"revision": git_revision(), "started": started, "command": sys.argv}
    return RunFolder(path, whole, notes)
