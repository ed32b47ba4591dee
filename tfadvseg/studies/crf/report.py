"""What is drawn and told of networks with and without a dense CRF: Figures 9, 10 and 19 to 23 of the paper."""

import pathlib
from collections.abc import Sequence

import pandas as pd

from tfadvseg.reports.cells import clean_score, headline_epsilon, in_order_of_the_paper, score_at, subject
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import pictures, save_drawings
from tfadvseg.reports.tables import interval, own_norm_part
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.answer import listed
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.crf.beside import beside_part
from tfadvseg.studies.crf.claims import Pair, pairs_of
from tfadvseg.studies.crf.figures import drawings
from tfadvseg.studies.crf.masking import masking
from tfadvseg.studies.crf.names import CrfDesign
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, claims_part, warnings_part


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """The figures of all pairs."""
    return [path for pair in pairs_of(run) for path in save_drawings(drawings(run.table, pair), folder)]


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """A part for each pair, then the claims."""
    blocks = warnings_part(run)
    for pair in pairs_of(run):
        blocks += [*_part(run, pair), *pictures(drawings(run.table, pair), shown)]
    blocks += beside_part(run, pairs_of(run))
    title = f"Dense CRFs, {subject(run.table)}"
    return Document(title, [*blocks, *own_norm_part(run.table), *claims_part(judgements)])


def summary(run: FinishedRun) -> Document:
    """The same without pictures, claims and warnings."""
    blocks = [block for pair in pairs_of(run) for block in _part(run, pair)]
    return Document(f"Dense CRFs, {subject(run.table)}", [*blocks, *own_norm_part(run.table)])


def pair_table(results: pd.DataFrame, pair: Pair) -> Table:
    """IoU ratio at the headline epsilon with 95 % intervals, a row an attack: who made it, and whom it met."""
    epsilon = headline_epsilon(results)
    clean = [
        interval({key: clean_score(results, model, key) for key in ("iou", "iou_low", "iou_high")}, "iou")
        for model in (pair.network, pair.crf)
    ]
    rows = [["Clean IoU", *clean, "-"]]
    for attack in in_order_of_the_paper(pair.attacks):
        scaled = {f"{attack_title(attack)}, scaled": pair.scaled[attack]} if attack in pair.scaled else {}
        for title, name in ({attack_title(attack): attack} | scaled).items():
            met = [(pair.network, pair.network), (pair.crf, pair.crf), (pair.crf, pair.network)]
            scores = [score_at(results, model, name, epsilon, source) for model, source in met]
            rows.append([title, *(interval(score, "iou_ratio") for score in scores)])
    return Table(["Attack", "Without CRF", "With CRF", "With CRF, by gradient without"], rows)


def answer(run: FinishedRun) -> list[str]:
    """Whether each CRF masks the gradient; those that do first."""
    found = sorted(((masking(pair), pair.network) for pair in pairs_of(run)), key=lambda pair: pair[0].gravity)
    return listed([f"{network}: {one.opening}" for one, network in found], "networks")


REPORT = Report(draw, document, summary, answer)


def _part(run: FinishedRun, pair: Pair) -> list[Block]:
    """What became of one network: whether its CRF masks the gradient, and the ratios."""
    found = masking(pair)
    epsilon = headline_epsilon(run.table)
    told = (
        "IoU under attack in per cent of the same network's clean IoU; the clean IoU is in per cent. In brackets the "
        "95 % interval of a bootstrap over images. By gradient without: made on the network without the CRF, shown to "
        "the one with it."
    )
    if pair.scaled:
        told += f" Scaled: the same attack on logits divided by {run.designed(CrfDesign).temperature:g}."
    return [
        Heading(pair.network),
        Heading("Does the CRF mask the gradient?", 3),
        Paragraph(found.opening),
        Bullets(found.grounds),
        Heading(f"IoU ratio at epsilon {epsilon:g}", 3),
        Paragraph(told),
        pair_table(run.table, pair),
    ]
