"""Attacked here, broken there: what attacks in a region leave inside of it and outside."""

import numpy as np

from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.numbers import with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN, Cell, Results
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun

TOLD = (
    "Nothing but the pixels of the region could change. IoU ratios in per cent of the whole images, of the pixels "
    "inside of the region and of those outside, each of the clean IoU of the same pixels, with 95 % intervals. What "
    "falls outside is broken from afar, through what the network sees of the surroundings of a pixel. "
)
OF_A_CLASS = (
    "A network predicts nothing but the one class inside of such a region, so all others that are labelled there have "
    "an IoU of 0 to begin with, and the ratio inside says little and may exceed 100: read the share of right pixels. "
)
NAMED = ("Network", "Attack", "Epsilon")
RIGHT = "Pixels that are predicted rightly, in per cent of those that are labelled, with 95 % intervals."


def region_part(run: FinishedRun) -> list[Block]:
    """Tables of the clean parts, of the IoU ratios and of the right pixels, a row a network, attack and epsilon;
    nothing of a run without a region."""
    parts = {name: Evidence(own) for name, own in run.results.parts().items()}
    if not parts:
        return []
    told = TOLD + (OF_A_CLASS if "class" in run.settings.get("region", {}) else "") + "All numbers: region.csv."
    tables: list[Block] = [_clean(run.results, parts), _ratios(parts), Paragraph(RIGHT), _right(parts)]
    return [Heading("Attacked here, broken there"), Paragraph(told), *tables]


def _clean(results: Results, parts: dict[str, Evidence]) -> Table:
    """How large the region is, and the clean IoU of each part."""
    assert results.region is not None
    rows = []
    for k, cell in enumerate(results.cells):
        if cell.attack == CLEAN and cell.trial == 0:
            share, empty = 100 * results.region[k].sum() / results.pixels[k].sum(), int((results.region[k] == 0).sum())
            scores = [_told(evidence, evidence.iou(**cell.where), 100.0) for evidence in parts.values()]
            rows.append([cell.model, f"{share:.1f}", str(empty), *scores])
    return Table(["Network", "Region (% of pixels)", "Images without", *(f"Clean IoU {name}" for name in parts)], rows)


def _ratios(parts: dict[str, Evidence]) -> Table:
    rows = [
        [*_named(cell), *(_told(evidence, evidence.ratio(**cell.where), np.inf) for evidence in parts.values())]
        for cell in parts["whole"].results.cells
        if cell.attack != CLEAN and cell.trial == 0
    ]
    return Table([*NAMED, *map(str.title, parts)], rows, labels=2)


def _right(parts: dict[str, Evidence]) -> Table:
    rows = [
        [*_named(cell), *(_told(evidence, evidence.accuracy(**cell.where), 100.0) for evidence in parts.values())]
        for cell in parts["whole"].results.cells
        if cell.trial == 0
    ]
    return Table([*NAMED, *map(str.title, parts)], rows, labels=2)


def _named(cell: Cell) -> list[str]:
    """Network, attack and epsilon of a row."""
    shown = cell.model if cell.model == cell.source_model else f"{cell.model}, shown what breaks {cell.source_model}"
    title = "clean" if cell.attack == CLEAN else attack_title(cell.attack)
    return [shown, title, "own" if cell.epsilon is None else f"{cell.epsilon:g}"]


def _told(evidence: Evidence, score: Score, most: float) -> str:
    """With its interval, within what it can be."""
    low, high = np.clip(evidence.interval(score), 0.0, most)
    return with_interval(float(score[0]), float(low), float(high))
