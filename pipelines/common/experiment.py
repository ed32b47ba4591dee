"""From the scenarios of a study to its finished run folder: what its pipelines have in common."""

import collections
import datetime
import json
import pathlib
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from absl import flags

from tfadvseg.command import command
from tfadvseg.data import Split, split_name
from tfadvseg.engine import cost
from tfadvseg.engine.checks import scale_warnings
from tfadvseg.engine.curves import Curves
from tfadvseg.engine.experiment import Experiment, Extra
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.planned import Planned
from tfadvseg.engine.posted import terms
from tfadvseg.engine.run import carry_out
from tfadvseg.engine.scenario import Scenario, Source
from tfadvseg.engine.share import WHOLE
from tfadvseg.models.spec import ModelSpec, how_read
from tfadvseg.reports.cells import HEADLINE_EPSILON
from tfadvseg.reports.document import Document, Paragraph, Table
from tfadvseg.reports.terminal import terminal
from tfadvseg.runs.folder import InUse, RunFolder, claimed
from tfadvseg.runs.provenance import git_revision
from tfadvseg.runs.results import Results
from tfadvseg.runs.scratch import on_disk
from tfadvseg.runs.store import Store
from tfadvseg.studies.claims import UNMEASURED
from tfadvseg.studies.report import summary_text, write_report

from . import attacking, machines, objects
from .flags import recipe

FLAGS = flags.FLAGS

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
    share, store = machines.share(), objects.output_store(pipeline)
    alone = share == WHOLE
    with claimed(store, "" if alone else str(share)) as exclusive:
        dataset = objects.dataset()
        networks = [model for scenario in scenarios for model in scenario.models]
        made = kept_digests([scenario.source for scenario in scenarios], shards.split) or attacked
        made = attacking.deciding_attacks() if made is None else made
        folder = open_folder(
            store,
            networks,
            unused,
            together=not exclusive,
            study=study,
            data=shards.split.fingerprint(),
            shown=shown(scenarios),
            **made,
        )
        models = OpenModels()
        scenarios = scenarios if prepare is None else prepare(scenarios, folder, models)
        extras = (*([extra] if extra else []), *curves(scenarios))
        experiment = Experiment(tuple(scenarios), shards, FLAGS.xla, keep_perturbations, extras)
        plan = Planned(experiment, dataset.name, split_name(dataset, FLAGS.split), dataset.label_space, design)
        plan.save(folder)
        if "dry_run" in FLAGS and FLAGS.dry_run:  # a tile is fitted by then, so pipelines.universal has no such flag
            print(terminal(cost_document(plan, folder)))
            return
        with machines.crew(experiment, folder, models, share) as crew:
            progress = carry_out(experiment, folder, crew, share)
        print(progress.summary(), file=sys.stderr)
        if alone:
            collect_and_report(plan, folder)
    if not alone:
        complete(plan, folder)


def curves(scenarios: Sequence[Scenario]) -> list[Curves]:
    """What --curves asks for."""
    wanted = FLAGS.curves if "curves" in FLAGS else 0
    return [Curves(tuple(scenarios), wanted, HEADLINE_EPSILON)] if wanted else []


def cost_document(plan: Planned, folder: RunFolder) -> Document:
    """What a run takes, part by part, and how much of that is finished."""
    images, finished = len(plan.experiment.shards.split), folder.finished()
    shown = collections.Counter[str]()
    for job in plan.experiment.jobs.values():
        shown[job.part.name] += len(job.ids)
    rows = [[part.name, f"{part.work:,.1f}", f"{part.work * shown[part.name]:,.0f}"] for part in plan.experiment.parts]
    whole, left = cost.work(plan.experiment), cost.work(plan.experiment, finished)
    told = (
        f"{whole:,.0f} gradients for {images} images, a forward pass counted as a half; of these {left:,.0f} are still "
        "to be done."
    )
    table = Table(["Part", "Gradients an image", "Gradients"], rows)
    return Document(f"What {folder.store} takes", [table, Paragraph(told)])


def complete(plan: Planned, folder: RunFolder) -> None:
    """Collects and reports a run that is made in shares, unless something is missing, or another process does it."""
    if missing := plan.missing(folder):
        print(f"{unfinished(plan, folder, len(missing))} The last share to end completes the run.", file=sys.stderr)
        return
    try:
        with claimed(folder.store):
            collect_and_report(plan, folder)
    except InUse:
        print(f"All {len(plan.names)} units are finished; another process completes {folder.store}.", file=sys.stderr)


def unfinished(plan: Planned, folder: RunFolder, missing: int) -> str:
    """How much there is, and what to do."""
    count = len(plan.names)
    return (
        f"{folder.store} has {count - missing} of {count} units. Once all are there, {command('report')} "
        f"{folder.store} completes it; a share that was interrupted goes on by its own command."
    )


def collect_and_report(plan: Planned, folder: RunFolder) -> None:
    """Of units that are all finished."""
    warnings = plan.collect(folder)
    with on_disk(folder.store) as place:
        gradients, beside = Results.read(place / "cells.npz").gradients.sum(), cost.beside_attacks(plan.experiment)
        more = f", and the work of {beside:,.0f} beside the attacks, a forward pass counted as a half" if beside else ""
        print(f"{gradients:,} image gradients{more}", file=sys.stderr)
        write_and_print_report(place, warnings)
    store = folder.store
    print(f"Results: {store}/report.html, results.md, results.csv, figures/; tensorboard --logdir {store}/tensorboard")


def write_and_print_report(folder: pathlib.Path, warnings: Sequence[str]) -> None:
    """Draws everything, and prints tables, verdicts and warnings."""
    write_report(folder)
    print(summary_text(folder))
    for claim in json.loads((folder / "claims.json").read_text()):
        if claim["verdict"] != UNMEASURED:
            print(f"{claim['number']} {claim['about']}: {claim['statement']}: {claim['verdict']}", file=sys.stderr)
    for warning in warnings:
        print(f"Warning: {warning}", file=sys.stderr)


def kept_digests(sources: Sequence[Source], split: Split) -> dict[str, Any]:
    """For the recipe: what decides the numbers of sources whose perturbations were kept; nothing without them.

    ValueError where a photograph has none, before anything is opened."""
    kept = [source for source in sources if isinstance(source, KeptSource)]
    return {"kept": {source.name: source.contents(split.ids) for source in kept}} if kept else {}


def shown(scenarios: Sequence[Scenario]) -> dict[str, list[str]]:
    """For the recipe: whom a unit of each scenario has shown its attacks, in the order of its numbers."""
    return {scenario.name: [target.text for target in scenario.targets] for scenario in scenarios}


def _told(model: ModelSpec) -> bool:
    """Whether its reading says what its digest and its card do not."""
    return model.stranger or bool(model.mapping or model.reading.features)


def open_folder(
    store: Store,
    models: Sequence[ModelSpec],
    unused: Collection[str] = (),
    together: bool = False,
    **decisive: Any,
) -> RunFolder:
    """The run folder, its recipe written or compared. unused: flags that decide nothing here. together: whether others
    may open it at the same moment. decisive: what else decides the numbers beside flags, models and machine."""
    whole = (
        recipe(sys.argv[0], unused)
        | decisive
        | terms()
        | {
            "models": {model.name: model.digest for model in models},
            "readings": {model.name: how_read(model) for model in models if _told(model)},
        }
    )
    started = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
    notes = {"revision": git_revision(), "started": started, "command": sys.argv}
    return RunFolder(store, whole, notes, together)
