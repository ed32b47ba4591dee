"""From the encounters of an experiment to the finished part of its run folder: what its pipelines have in common."""

import datetime
import json
import sys
from collections.abc import Sequence

import pandas as pd

from pipelines import setting
from pipelines.setting import FLAGS
from tfadvseg import data
from tfadvseg.data.builders import fingerprint, load_examples
from tfadvseg.experiments.encounter import Encounter
from tfadvseg.experiments.gather import Found, gather
from tfadvseg.experiments.run import Shards, run
from tfadvseg.reports.examples import save_examples
from tfadvseg.reports.report import terminal_text, write_report
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.provenance import git_revision, versions
from tfadvseg.runs.results import Cell, table


def load_shards() -> Shards:
    """The images of --dataset, --split, --every and --limit."""
    dataset = data.named(FLAGS.dataset)
    examples = load_examples(dataset, FLAGS.data_dir, data.split_name(dataset, FLAGS.split)).shard(FLAGS.every, 0)
    images = len(examples) if not FLAGS.limit else min(FLAGS.limit, len(examples))
    return Shards(examples, images, FLAGS.batch_size)


def conduct(pipeline: str, encounters: Sequence[Encounter]) -> tuple[RunFolder, Found, pd.DataFrame]:
    """Runs what is not finished yet; writes results.csv, examples.npz and findings.json. Returns what was found."""
    dataset = data.named(FLAGS.dataset)
    split = data.split_name(dataset, FLAGS.split)
    models = {model.name: model.digest for e in encounters for model in (e.source, *(view.model for view in e.views))}
    recipe = setting.settings() | {
        "models": models,
        "data": fingerprint(dataset, FLAGS.data_dir),
        "versions": versions(),
    }
    started = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
    output = setting.output_folder(pipeline)
    folder = RunFolder(output, recipe, {"revision": git_revision(), "started": started, "command": sys.argv})

    shards = load_shards()
    progress = run(encounters, shards, folder, FLAGS.xla)
    found = gather(encounters, shards, folder, Cell(dataset.name, split, "", "", "clean", 0.0))

    results = table(found.rows)
    results.to_csv(folder.path / "results.csv", index=False)
    save_examples(folder.path / "examples.npz", dataset.labels, found.examples)
    (folder.path / "findings.json").write_text(json.dumps(found.findings, indent=1))
    print(f"{results.gradients.sum():,} image gradients; {progress.summary()}", file=sys.stderr)
    return folder, found, results


def conclude(folder: RunFolder, found: Found, results: pd.DataFrame) -> None:
    """Draws the report and prints its tables, the warnings, and where everything lies."""
    write_report(folder.path)
    print(terminal_text(results))
    for finding in found.findings:
        print(f"Warning: {finding}", file=sys.stderr)
    print(f"Results: {folder.path}/results.md, results.csv, figures/; tensorboard --logdir {folder.path}/tensorboard")


def write_claims(folder: RunFolder, claims: Sequence[dict[str, str]]) -> None:
    """claims.json for the report, and a line each on stderr."""
    (folder.path / "claims.json").write_text(json.dumps(claims, indent=1))
    for claim in claims:
        print(f"{claim['number']} {claim['model']}: {claim['statement']}: {claim['verdict']}", file=sys.stderr)
