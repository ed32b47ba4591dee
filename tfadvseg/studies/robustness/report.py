"""What is drawn and told of networks under white-box attacks: Figures 2 to 4 and Tables 7 to 14 of the paper."""

import pathlib
from collections.abc import Sequence

from tfadvseg.reports import figures
from tfadvseg.reports.cells import attacks, headline_epsilon, subject, white_box
from tfadvseg.reports.document import Block, Document, Heading, Paragraph
from tfadvseg.reports.drawing import pictures, save_drawings
from tfadvseg.reports.tables import headline, headline_table, iou_table, own_norm_part, ratio_table
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, claims_part, warnings_part

RATIO = (
    "IoU under attack in per cent of the same network's clean IoU; the clean IoU is in per cent. In brackets the 95 % "
    "interval of a bootstrap over images, clean and attacked ones resampled together."
)
IOU = (
    "Mean IoU in per cent over the classes present. Each network is attacked by its own gradients; epsilon is the "
    "largest change of a pixel's channel in grey levels of 0..255, and 0 is the clean image. The 95 % bootstrap "
    "interval of every cell is in results.csv."
)


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """iou_ratio, clean_against_ratio and iou_ratio_<attack>."""
    return save_drawings(figures.drawings(run.table), folder)


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """Ratios at one epsilon, then the IoU at all of them, then the claims."""
    cells = white_box(run.table)
    blocks: list[Block] = [Paragraph(headline(cells)), *warnings_part(run)]
    found = attacks(cells)
    if found:
        title = f"IoU ratio at epsilon {headline_epsilon(cells):g}"
        curves = pictures(figures.drawings(cells)[:1], shown)
        blocks += [Heading(title), Paragraph(RATIO), headline_table(cells), *curves, Heading("IoU"), Paragraph(IOU)]
    for attack in found:
        blocks += [Heading(attack_title(attack), 3), iou_table(cells, attack)]
    return Document(f"Robustness on {subject(cells)}", [*blocks, *own_norm_part(cells), *claims_part(judgements)])


def summary(run: FinishedRun) -> Document:
    """The ratios at all epsilons."""
    cells = white_box(run.table)
    title = f"IoU ratio (% of clean IoU), white-box, {subject(cells)}"
    return Document(title, [ratio_table(cells), *own_norm_part(cells)])


REPORT = Report(draw, document, summary)
