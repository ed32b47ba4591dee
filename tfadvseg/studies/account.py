"""What every report says of its run: what was attacked and how, what it took, and of what it was made."""

import math
import pathlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tfadvseg.command import command
from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.results import CLEAN, NONE, images_text
from tfadvseg.studies.run import FinishedRun

MODEL = "Model "
"""What a line about a model begins with."""


def attacked_part(run: FinishedRun) -> list[Block]:
    """Networks, images, attacks and epsilons; and the protocol, where the run attacked them itself."""
    first, table = run.results.cells[0], run.table
    attacks = ", ".join(map(attack_title, run.attacks)) or "none"
    epsilons = ", ".join(f"{epsilon:g}" for epsilon in run.epsilons)
    found = [
        f"Networks: {', '.join(dict.fromkeys(table['model']))}.",
        f"Images: {first.dataset} {first.split}, {images_text(run.evidence.images, run.evidence.units)}.",
        f"Attacks: {attacks}" + (f"; epsilon {epsilons} in grey levels of 0..255." if epsilons else "."),
    ]
    if "attacked_as" in run.settings:
        found.append(run.settings["attacked_as"])
    return [Bullets(found, heading="What was attacked, and how")]


def costs_part(run: FinishedRun) -> list[Block]:
    """By network and attack; nothing of a run that counted nothing."""
    counted = ["gradients", "forwards", "queries", "seconds"]
    costs = run.table.groupby(["source_model", "attack", "attack_transform"], sort=False)[counted].sum(min_count=1)
    if not costs["seconds"].sum() and not costs["gradients"].sum():
        return []
    rows = []
    for (model, attack, transform), cost in costs.iterrows():
        title = "Clean images" if attack == CLEAN else attack_title(attack)
        title += "" if transform == NONE else f" over {transform_title(transform)}"
        rows.append([model, title, *(_count(cost[key]) for key in counted[:3]), f"{cost['seconds']:.1f}"])
    told = (
        "What the run took on all images together. Attacks that share their steps share their cost, which then stands "
        "with the first of them; seconds are those of the machine that made each part."
    )
    header = ["Made on", "What", "Gradients", "Forward passes", "Queries", "Seconds"]
    return [Heading("Costs"), Paragraph(told), Table(header, rows, labels=2)]


def costs_of_jobs(runs: Mapping[str, FinishedRun]) -> list[Block]:
    """What each job of a programme took, and all of them. runs: by the job's name."""
    counted = ["gradients", "forwards", "queries", "seconds"]
    costs = pd.DataFrame({name: run.table[counted].sum(min_count=1) for name, run in runs.items()}).T
    if not len(costs):
        return []
    costs.loc["all of them"] = costs.sum(min_count=1)
    images = {name: str(run.evidence.images) for name, run in runs.items()}
    rows = [
        [name, images.get(name, ""), *(_count(cost[key]) for key in counted[:3]), f"{cost['seconds']:,.1f}"]
        for name, cost in costs.iterrows()
    ]
    told = (
        "Seconds are those of the machines that made each part. Graphs that are traced, figures and starts come on top."
    )
    header = ["Job", "Photographs", "Gradients", "Forward passes", "Queries", "Seconds"]
    return [Heading("Costs"), Paragraph(told), Table(header, rows)]


def provenance_of_jobs(runs: Mapping[str, FinishedRun]) -> list[Block]:
    """What the recipes of a programme's jobs say, once where they say the same, and the command of each. runs: by the
    job's name."""
    said: dict[str, list[str]] = {}
    for name, run in runs.items():
        for line in _made_of(run):
            said.setdefault(line, []).append(name)
    same = [line for line, names in said.items() if len(names) == len(runs)]
    models = [line for line in said if line.startswith(MODEL) and line not in same]
    other = [f"{line} ({', '.join(names)})" for line, names in said.items() if line not in (*same, *models)]
    commands = [
        f"{name}, started {run.notes.started or 'at a time that is not known'}: {typed}"
        for name, run in runs.items()
        if (typed := _typed(run.notes.command))
    ]
    parts = Bullets([*models, *same, *other], "Provenance"), Bullets(commands, "Commands")
    return [part for part in parts if part.items]


def provenance_part(run: FinishedRun) -> list[Block]:
    """What recipe.json says of models, data, source, libraries, machine and command, as far as it says it."""
    told = [*_made_of(run), *_begun(run)]
    return [Bullets(told, heading="Provenance")] if told else []


def _made_of(run: FinishedRun) -> list[str]:
    """All of it that decides numbers."""
    said = run.settings
    digests = [f"{MODEL}{name}: {digest}." for name, digest in said.get("models", {}).items()]
    known = {
        "Photographs and labels": said.get("data"),
        "Source of tfadvseg that decides numbers": said.get("source"),
        "Revision": run.notes.revision,
        "Versions": _listed(said.get("versions", {})),
        "Arithmetic": _listed(said.get("arithmetic", {})),
    }
    return [*digests, *(f"{what}: {value}." for what, value in known.items() if value)]


def _begun(run: FinishedRun) -> list[str]:
    """When, and by which command."""
    known = {"Started": run.notes.started, "Command": _typed(run.notes.command)}
    return [f"{what}: {value}." for what, value in known.items() if value]


def _typed(words: Sequence[str]) -> str:
    """A command as somebody would type it: a pipeline by its name, wherever its file lies."""
    if not words:
        return ""
    file = pathlib.PurePath(words[0])
    program = command(file.stem) if file.parent.name == "pipelines" else shlex.quote(words[0])
    return " ".join([program, *map(shlex.quote, words[1:])])


def _listed(values: Mapping[str, Any]) -> str:
    """As "python 3.11.7, numpy 2.4.6"; what is empty is left out."""
    return ", ".join(
        f"{name} {_listed(value) if isinstance(value, Mapping) else value}" for name, value in values.items() if value
    )


def _count(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}"
