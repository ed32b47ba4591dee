"""A model's robustness as a card: a page with Hugging Face's metadata, RobustBench's fields, Model Card Toolkit's JSON.

The last two know classification alone. RobustBench's accuracies are mean IoUs here: `clean_acc` on clean images,
`reported` what the strongest attack leaves by itself, `autoattack_acc` the worst case over all attacks, one picked for
each image, which is what an ensemble such as AutoAttack measures.
"""

import json
import math
import pathlib
from typing import Any

from tfadvseg.atomic import write_atomically
from tfadvseg.release.front_matter import front_matter
from tfadvseg.release.robustness import Line, Number, Robustness, Worst
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.numbers import number, with_interval

FOLDER = pathlib.Path("assets.extra") / "robustness"
"""Where a SavedModel has its cards; card.json beside it is another one, which says how the model is read."""
SCHEMA = "0.0.2"
"""Of Model Card Toolkit."""
THREATS = {"linf": "Linf", "l2": "L2"}
"""RobustBench's words for norms."""


def files(one: Robustness) -> dict[str, str]:
    """{name: text} of the three forms."""
    return {
        "card.md": card_md(one),
        "card.json": _json(robustbench(one)),
        "model_card.json": _json(model_card(one)),
    }


def write(one: Robustness, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes the three files into a folder, each whole or not at all, and touches nothing else there."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / name, text) for name, text in files(one).items()]


def _written(path: pathlib.Path, text: str) -> pathlib.Path:
    write_atomically(path, lambda file: file.write(text.encode()))
    return path


def card_md(one: Robustness) -> str:
    """The page."""
    return (
        front_matter({"pipeline_tag": "image-segmentation", "model-index": [_index(one)]})
        + "\n"
        + markdown(Document(f"Robustness of {one.name}", _blocks(one)))
    )


def robustbench(one: Robustness) -> dict[str, Any]:
    """By RobustBench's field names, whose numbers are text; at the epsilon by which models are compared."""
    strongest, worst = one.strongest(one.epsilon), one.worst_at(one.epsilon)
    reason = one.masked.opening if one.masked else "Nobody has looked for a masked gradient; pipelines.masking does."
    return {
        "name": one.name,
        "dataset": one.dataset,
        "architecture": one.architecture,
        "eps": f"{one.epsilon:g}/255",
        "clean_acc": _text(one.clean.value),
        "reported": _text(strongest.iou.value) if strongest else None,
        "autoattack_acc": _text(worst.iou.value) if worst else None,
        "unreliable": one.unreliable,
        "unreliable_reason": reason,
        "threat_model": THREATS[one.norm],
        "metric": "mean IoU in per cent",
        "intervals": {
            "clean_acc": _ends(one.clean),
            "reported": _ends(strongest.iou) if strongest else None,
            "autoattack_acc": _ends(worst.iou) if worst else None,
        },
        "bound": _text(worst.bound) if worst else None,
        "images": one.images,
        "groups": one.groups,
        "digest": one.digest,
        "protocol": one.protocol,
    }


def model_card(one: Robustness) -> dict[str, Any]:
    """By Model Card Toolkit's schema; ends of intervals are metrics of their own, for which it has no other place."""
    slices = [("clean", one.clean)]
    slices += [(_slice(line), line.iou) for line in one.lines]
    slices += [(_slice(worst), worst.iou) for worst in one.worst]
    metrics = [
        {"type": kind, "value": value, "slice": name}
        for name, own in slices
        for kind, value in zip(("mean_iou", "mean_iou_low", "mean_iou_high"), own, strict=True)
        if math.isfinite(value)
    ]
    return {
        "schema_version": SCHEMA,
        "model_details": {
            "name": one.name,
            "overview": f"How robust {one.name} is to adversarial attacks.",
            "documentation": f"{one.protocol} Scores are mean IoUs in per cent.".strip(),
            "version": {"name": one.digest},
        },
        "model_parameters": {
            "model_architecture": one.architecture,
            "data": [{"name": one.dataset, "description": f"Evaluated on {one.split}, {one.images_text}."}],
        },
        "quantitative_analysis": {"performance_metrics": metrics},
        "considerations": {"limitations": [{"description": text} for text in _limits(one)]},
    }


def _blocks(one: Robustness) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(_opening(one)),
        Heading("Data and protocol"),
        Paragraph(
            f"Measured on {one.split} of {one.dataset}, {one.images_text}. {one.protocol} Epsilon is in grey levels of "
            f"0..255 and bounds {one.norm_text} of what was added."
        ),
        Heading("What attacks leave"),
        Paragraph(
            "Mean IoU in per cent, and the same in per cent of the clean IoU, with 95 % intervals of a bootstrap over "
            "images."
        ),
        _table(one),
    ]
    if one.worst:
        blocks += [
            Heading("Worst case"),
            Paragraph(
                "One attack is picked for each image, so that the least is left of all together. A search found it; no "
                "choice among these attacks leaves less than the bound."
            ),
            Table(
                ["Epsilon", "Mean IoU (%)", "Of clean (%)", "Bound (%)"],
                [[f"{w.epsilon:g}", _shown(w.iou), _shown(w.ratio), number(w.bound)] for w in one.worst],
            ),
        ]
    blocks.append(Heading("Masked gradients"))
    if one.masked:
        blocks += [Paragraph(one.masked.opening), Bullets(one.masked.grounds)]
    else:
        blocks.append(Paragraph("Nobody has looked whether its gradient is masked, as pipelines.masking does."))
    blocks.append(Bullets(_limits(one), heading="Limits"))
    blocks.append(Paragraph(f"Model {one.name}, digest {one.digest or 'unknown'}; data {one.data or 'unknown'}."))
    return blocks


def _opening(one: Robustness) -> str:
    strongest, worst = one.strongest(one.epsilon), one.worst_at(one.epsilon)
    told = f"{one.name} has a mean IoU of {_shown(one.clean)} % on clean images."
    if strongest:
        told += (
            f" At epsilon {one.epsilon:g} {strongest.attack} leaves {_shown(strongest.iou)} %, the least of all "
            "attacks by itself"
        )
        told += f", and the worst of them on each image {_shown(worst.iou)} %." if worst else "."
    return told


def _table(one: Robustness) -> Table:
    rows = [["clean", "0", _shown(one.clean), "100.0"]]
    for line in one.lines:
        epsilon = "its own" if line.epsilon is None else f"{line.epsilon:g}"
        rows.append([line.attack, epsilon, _shown(line.iou), _shown(line.ratio)])
    return Table(["Attack", "Epsilon", "Mean IoU (%)", "Of clean (%)"], rows)


def _limits(one: Robustness) -> list[str]:
    """What these numbers do not say."""
    found = [
        "Attacks that were not run may leave less, so the model keeps at most this.",
        "Intervals say what other images of the same kind would change, not how the model does on other data.",
    ]
    if one.groups < 2:
        found.append("One group of images knows no interval.")
    if one.lines and all("made on" in line.attack for line in one.lines):
        found.append("The model itself was not attacked, only shown what was made on others.")
    if one.unreliable:
        found.append("Its gradient is masked, so attacks by it say too much of its robustness.")
    elif one.unreliable is None:
        found.append("Whether its gradient is masked is not known; if it is, these numbers say too much.")
    return [*found, *one.warnings]


def _index(one: Robustness) -> dict[str, Any]:
    """Hugging Face's model-index."""
    named = [("clean", one.clean)] + [(_slice(line), line.iou) for line in one.lines]
    named += [(_slice(worst), worst.iou) for worst in one.worst]
    metrics = [
        {"type": "mean_iou", "value": round(own.value, 2), "name": f"Mean IoU (%), {name}", "args": _args(own)}
        for name, own in named
        if math.isfinite(own.value)
    ]
    dataset = {"type": one.dataset, "name": one.dataset, "split": one.split}
    task = {"type": "image-segmentation", "name": "Semantic segmentation under adversarial attacks"}
    return {"name": one.name, "results": [{"task": task, "dataset": dataset, "metrics": metrics}]}


def _args(own: Number) -> dict[str, Any]:
    ends = _ends(own)
    return {"low": ends[0], "high": ends[1]} if ends else {}


def _slice(one: Line | Worst) -> str:
    what = one.attack if isinstance(one, Line) else "worst case"
    return what if one.epsilon is None else f"{what} at epsilon {one.epsilon:g}"


def _shown(own: Number) -> str:
    return with_interval(*own)


def _text(value: float) -> str | None:
    return f"{value:.2f}" if math.isfinite(value) else None


def _ends(own: Number) -> list[float] | None:
    return [round(own.low, 2), round(own.high, 2)] if math.isfinite(own.low) else None


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=1, allow_nan=False) + "\n"
