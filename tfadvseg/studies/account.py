"""What every report says of its run: what was attacked and how, what it took, and of what it was made."""

import math
import shlex
from collections.abc import Mapping
from typing import Any

from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.results import CLEAN, NONE, images_text
from tfadvseg.studies.run import FinishedRun


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


def provenance_part(run: FinishedRun) -> list[Block]:
    """What recipe.json says of models, data, source, libraries, machine and command, as far as it says it."""
    said, notes = run.settings, run.notes
    digests = [f"Model {name}: {digest}." for name, digest in said.get("models", {}).items()]
    known = {
        "Photographs and labels": said.get("data"),
        "Source of tfadvseg that decides numbers": said.get("source"),
        "Revision": notes.get("revision"),
        "Versions": _listed(said.get("versions", {})),
        "Arithmetic": _listed(said.get("arithmetic", {})),
        "Started": notes.get("started"),
        "Command": shlex.join(notes.get("command", [])),
    }
    told = [*digests, *(f"{what}: {value}." for what, value in known.items() if value)]
    return [Bullets(told, heading="Provenance")] if told else []


def _listed(values: Mapping[str, Any]) -> str:
    """As "python 3.11.7, numpy 2.4.6"; what is empty is left out."""
    return ", ".join(
        f"{name} {_listed(value) if isinstance(value, Mapping) else value}" for name, value in values.items() if value
    )


def _count(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}"
