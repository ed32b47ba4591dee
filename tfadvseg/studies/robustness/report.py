"""What is drawn and told of networks under white-box attacks: Figures 2 to 4 and 14 to 16, Tables 7 to 14."""

import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfadvseg.reports import figures
from tfadvseg.reports.cells import attacks, headline_epsilon, models, subject, white_box
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table
from tfadvseg.reports.drawing import Drawing, pictures, save_drawings
from tfadvseg.reports.tables import headline_table, images_table, iou_table, own_norm_part, ratio_part
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN, images_text
from tfadvseg.studies.answer import LISTED
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.answer import answer, envelopes_of, told
from tfadvseg.studies.robustness.beside import beside_drawings, beside_part
from tfadvseg.studies.robustness.by_class import class_part
from tfadvseg.studies.robustness.by_region import region_part
from tfadvseg.studies.robustness.comparison import Kept, Lead, leads, least_kept, least_shown
from tfadvseg.studies.robustness.costs import cost_part
from tfadvseg.studies.robustness.detection import detection_part
from tfadvseg.studies.robustness.differences import all_pairs_part, differences_part
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.robustness.figures import BUYS, WORST, drawings
from tfadvseg.studies.robustness.hidden import hiding_part
from tfadvseg.studies.robustness.overview import architecture_part
from tfadvseg.studies.robustness.pairs import pairs
from tfadvseg.studies.robustness.worst import every_epsilon_part, worst_part
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, claims_part, warnings_part

BRIEF = 3
"""Of the part about the worst case, what a terminal shows: its heading, what it means, and its table."""
RATIO = (
    "IoU under attack in per cent of the same network's clean IoU; the clean IoU is in per cent. In brackets the 95 % "
    "interval of a bootstrap over images, clean and attacked ones resampled together; alike images are drawn as one."
)
IMAGES = (
    "NmIoU: the mean over the images of the mean IoU of each, in per cent, where the IoU elsewhere is of the pixels of "
    "all images together. Here small objects and single bad images weigh as much as any."
)
IOU = (
    "Mean IoU in per cent over the classes that occur in the labels. Each network is attacked by its own gradients; "
    "epsilon is {what} in grey levels of 0..255, and 0 is the clean image. The 95 % interval of every cell is in "
    "results.csv."
)
BOUNDS = {"linf": "the largest change of a pixel's channel", "l2": "the Euclidean norm of the change of an image"}
"""What epsilon is, by norm."""


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """worst_case, what_gradients_buy, beside_the_paper, iou_ratio, clean_against_ratio and iou_ratio_<attack>."""
    cells = cells_of(run)
    drawn = [*own_drawings(run, cells), *beside_drawings(run, cells), *figures.drawings(cells, sizes(run))]
    return save_drawings(drawn, folder)


def own_drawings(run: FinishedRun, cells: pd.DataFrame) -> list[Drawing]:
    """Of all that was run together."""
    return drawings(envelopes_of(run), headline_epsilon(cells), subject(cells))


def sizes(run: FinishedRun) -> dict[str, int]:
    """{network: its number of parameters}, 0 where nobody knows."""
    return {name: facts_of(run.design, name).parameters for name in run.table["model"].unique()}


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """The worst cases, ratios at one epsilon, then the IoU at all of them, by class and the other long tables, whether
    attacks are seen, then the claims."""
    cells, worst = cells_of(run), envelopes_of(run)
    epsilon, found = headline_epsilon(cells), attacks(cells)
    compared = pairs(run.evidence, models(cells), found, epsilon)
    own = own_drawings(run, cells)
    blocks: list[Block] = [*comparison_part(run, cells)]
    blocks += worst_part(worst, epsilon, _shown(own, WORST, shown))
    blocks += [*warnings_part(run), *differences_part(compared, run.evidence)]
    blocks += [*region_part(run), *hiding_part(run)]
    blocks += cost_part(worst, epsilon, _shown(own, BUYS, shown))
    blocks += architecture_part(run)
    if found:
        curves = pictures(figures.drawings(cells)[:1], shown)
        blocks += [Heading(f"IoU ratio at epsilon {epsilon:g}"), Paragraph(RATIO), headline_table(cells), *curves]
        blocks += [Heading(f"Mean over images at epsilon {epsilon:g}"), Paragraph(IMAGES), images_table(cells)]
        blocks += [Heading("IoU"), Paragraph(IOU.format(what=BOUNDS[run.settings.get("norm", "linf")]))]
    for attack in found:
        blocks += [Heading(attack_title(attack), 3), iou_table(cells, attack)]
    blocks += beside_part(run, cells, shown)
    blocks += [*class_part(run.evidence, cells, worst), *every_epsilon_part(worst)]
    blocks += [*all_pairs_part(compared, run.evidence), *detection_part(run.evidence, cells)]
    blocks += [*own_norm_part(cells), *claims_part(judgements)]
    return Document(f"Robustness on {subject(cells)}", blocks)


def _shown(drawn: Sequence[Drawing], name: str, shown: Sequence[str]) -> list[Picture]:
    return pictures([one for one in drawn if one.name == name], shown)


def summary(run: FinishedRun) -> Document:
    """The ratios at all epsilons, and what they come to."""
    cells, worst, epsilon = cells_of(run), envelopes_of(run), headline_epsilon(cells_of(run))
    title = f"IoU ratio (% of clean IoU), white-box, {subject(cells)}"
    parts = [*comparison_part(run, cells), *worst_part(worst, epsilon)[:BRIEF], *region_part(run), *hiding_part(run)]
    parts += [*architecture_part(run), *own_norm_part(cells)]
    return Document(title, [*ratio_part(cells), *parts])


def cells_of(run: FinishedRun) -> pd.DataFrame:
    """The white-box cells with the scores and intervals of the evidence, of several trials those of their mean, so that
    tables, figures, sentences and claims have the same numbers."""
    cells = white_box(run.table)
    scores = pd.DataFrame([_scores(run.evidence, cell) for cell in cells.to_dict("records")], index=cells.index)
    return cells.assign(**{column: scores[column] for column in scores})


def comparison_part(run: FinishedRun, cells: pd.DataFrame) -> list[Block]:
    """What each network keeps at most, and which of them can be told apart."""
    epsilon, found, evidence = headline_epsilon(cells), attacks(cells), run.evidence
    kept = least_kept(evidence, models(cells), found, epsilon)
    if not kept:
        return [Paragraph("No network was attacked within a given epsilon.")]
    many = len(kept) > LISTED
    left = [f"{k.model} {evidence.format(k.score, least=0.0)} % ({attack_title(k.attack)})" for k in kept]
    each = f"from {left[0]} to {left[-1]}" if many else "; ".join(left)
    known = f"the worst of these {len(found)} attacks on each network leaves" if len(found) > 1 else "the attack leaves"
    on = images_text(evidence.images, evidence.units)
    opening = (
        f"At epsilon {epsilon:g} {known} of the clean IoU, on {on}: {each}. A stronger attack, or one "
        "chosen for each image (below), may leave less, so networks keep at most this."
    )
    found_leads = leads(evidence, kept)
    if found_leads and found_leads[0].level > 95 and evidence.units > 1:
        opening += (
            f" Below, intervals of differences are of {found_leads[0].level:.4g} %, since any two of the {len(kept)} "
            "networks might have been compared."
        )
    pairs = [] if many else [told(lead, run) for lead in found_leads]
    pairs += [transferred(kept, source, run) for kept, source in least_shown(evidence, found, epsilon)]
    listed = [_table_of(kept, found_leads, run)] if many else []
    return [Paragraph(opening), *listed, *([Bullets(pairs)] if pairs else [])]


def _table_of(kept: Sequence[Kept], found: Sequence[Lead], run: FinishedRun) -> Table:
    """What each network keeps at most, and how much more the last of them."""
    behind = {lead.less: run.evidence.format(lead.difference, "+.1f", level=lead.level) for lead in found}
    apart = {lead.less: "yes" if lead.told_apart else "no" for lead in found}
    rows = [
        [
            k.model,
            attack_title(k.attack),
            run.evidence.format(k.score, least=0.0),
            behind.get(k.model, "-"),
            apart.get(k.model, "-"),
        ]
        for k in kept
    ]
    return Table(["Network", "Worst attack", "Kept (%)", f"{kept[-1].model} keeps more", "Told apart"], rows, labels=2)


def transferred(kept: Kept, source: str, run: FinishedRun) -> str:
    """What a network keeps that was only shown what was made on another."""
    left = run.evidence.format(kept.score, least=0.0)
    return (
        f"{kept.model} cannot be attacked by its own gradient; of what was made on {source}, "
        f"{attack_title(kept.attack)} leaves it {left} %, which says little of attacks on itself."
    )


REPORT = Report(draw, document, summary, answer)


def _scores(evidence: Evidence, cell: Mapping[str, Any]) -> dict[str, float]:
    """IoU and IoU ratio with their intervals, as results.csv names them."""
    where = {key: cell[key] for key in ("model", "attack", "attack_transform", "inference_transform")}
    if cell["attack"] != CLEAN:
        own_norm = math.isnan(cell["epsilon"])
        where |= {"source_model": cell["model"], "epsilon": None if own_norm else cell["epsilon"]}
    found: dict[str, float] = {}
    for name, score, most in (("iou", evidence.iou(**where), 100.0), ("iou_ratio", evidence.ratio(**where), math.inf)):
        low, high = np.clip(evidence.interval(score), 0.0, most)
        found |= {name: float(score[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
    return found
