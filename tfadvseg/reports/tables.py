"""Tables of white-box attacks: by network and epsilon as Tables 7 to 14 of the paper, and of all at one epsilon."""

from collections.abc import Mapping

import pandas as pd

from tfadvseg.reports.cells import (
    attacks,
    clean_score,
    curve,
    epsilons,
    grid,
    headline_epsilon,
    models,
    own_norm,
    score_at,
    white_box,
)
from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import BROKEN

FEW = 3
"""Networks of which one table can hold all attacks."""


def iou_table(results: pd.DataFrame, attack: str) -> Table:
    """Absolute IoU in per cent: networks in ascending order of clean IoU, a column an epsilon."""
    table = grid(white_box(results), attack, "iou")
    rows = [[model, *map(number, row)] for model, row in zip(table.index, table.to_numpy(), strict=True)]
    return Table(["Network \\ epsilon", *(f"{epsilon:g}" for epsilon in table.columns)], rows)


def headline_table(results: pd.DataFrame) -> Table:
    """At the headline epsilon: clean IoU and the IoU ratio under each attack, with 95 % intervals."""
    cells = white_box(results)
    epsilon, shown = headline_epsilon(cells), attacks(cells)
    rows = []
    for model in models(cells):
        clean = {column: clean_score(cells, model, column) for column in ("iou", "iou_low", "iou_high")}
        scores = [score_at(cells, model, attack, epsilon) for attack in shown]
        rows.append([model, interval(clean, "iou"), *(interval(score, "iou_ratio") for score in scores)])
    return Table(["Network", "Clean IoU", *map(attack_title, shown)], rows).upright("Attack")


def images_table(results: pd.DataFrame) -> Table:
    """At the headline epsilon: the mean over images of the mean IoU of each, clean and under each attack."""
    cells = white_box(results)
    epsilon, shown = headline_epsilon(cells), attacks(cells)
    rows = [
        [
            model,
            *map(number, [clean_score(cells, model, "iou"), clean_score(cells, model, "nmiou")]),
            *(number(score_at(cells, model, attack, epsilon)["nmiou"]) for attack in shown),
        ]
        for model in models(cells)
    ]
    return Table(["Network", "Clean IoU", "Clean NmIoU", *map(attack_title, shown)], rows).upright("Attack")


def ratio_table(results: pd.DataFrame) -> Table:
    """Clean IoU and the IoU ratio at each epsilon, a row a network and attack."""
    cells = white_box(results)
    shown, sizes = attacks(cells), epsilons(cells)
    rows = []
    for model in models(cells):
        clean = number(clean_score(cells, model))
        for attack in shown:
            ratios = curve(cells, model, attack)["iou_ratio"].reindex(sizes)
            rows.append([model, attack_title(attack), clean, *map(number, ratios)])
        if not shown:
            rows.append([model, "-", clean])
    return Table(["model", "attack", "clean", *(f"{epsilon:g}" for epsilon in sizes)], rows, labels=2)


def ratio_part(results: pd.DataFrame) -> list[Block]:
    """The ratios of all networks: of few in one table, of more in one for each attack, so that networks of one attack
    stand below each other."""
    cells = white_box(results)
    if len(models(cells)) <= FEW or not attacks(cells):
        return [ratio_table(cells)]
    blocks: list[Block] = []
    for attack in attacks(cells):
        ratios = grid(cells, attack, "iou_ratio").drop(columns=0.0)
        rows = [
            [model, number(clean_score(cells, model)), *map(number, row)]
            for model, row in zip(ratios.index, ratios.to_numpy(), strict=True)
        ]
        header = ["model", "clean", *(f"{epsilon:g}" for epsilon in ratios.columns)]
        blocks += [Heading(attack_title(attack), 3), Table(header, rows)]
    return blocks


def own_norm_part(results: pd.DataFrame) -> list[Block]:
    """A part about the attacks that find their own norm; nothing where there are none."""
    rows = [
        [
            row["model"],
            attack_title(row["attack"]),
            interval(row, "iou"),
            interval(row, "iou_ratio"),
            number(row["broken"]),
            f"{row['linf_median']:.2f}",
            f"{row['linf']:.2f}",
            number(row["l2"]),
            f"{row['gradients'] / row['images']:.0f}",
            f"{row['queries'] / row['images']:.0f}",
        ]
        for row in own_norm(white_box(results)).to_dict("records")
    ]
    header = ["Network", "Attack", "IoU", "IoU ratio", "Broken", "Median change", "Largest change", "Mean length"]
    header += ["Gradients", "Queries"]
    told = (
        "These attacks are given no epsilon: they look for a small perturbation themselves. Broken are the images, in "
        f"per cent, of which at most {BROKEN:g} % of the labelled pixels are right; what leads away from the network's "
        "own prediction may change all of it and set some pixels right. The change of an image is that of the value "
        "that changes most: its median and largest over the images, and the mean Euclidean length, are in grey levels "
        "and of all images, broken or not. Gradients and queries are per image and at most."
    )
    return [Heading("Attacks that find their own norm"), Paragraph(told), Table(header, rows, labels=2)] if rows else []


def interval(scores: Mapping[str, float], column: str) -> str:
    """A score with its 95 % interval."""
    return with_interval(*(scores[key] for key in (column, f"{column}_low", f"{column}_high")))
