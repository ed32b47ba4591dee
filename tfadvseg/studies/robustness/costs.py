"""What more work buys: what each attack leaves of a network at one epsilon against what it takes for an image."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.intervals import resampled_iou
from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.reports.document import Block, Heading, Paragraph, Picture, Table
from tfadvseg.reports.numbers import number
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.robustness.envelope import Envelope


@dataclasses.dataclass(frozen=True, eq=False)
class Bought:
    """What an attack by itself takes for one image, and the IoU ratio in per cent that it leaves."""

    attack: str
    gradients: float
    forwards: float
    queries: float
    ratio: Score

    @property
    def work(self) -> float:
        """In gradients, of which a forward pass or a query is about a half."""
        return self.gradients + 0.5 * (self.forwards + self.queries)

    @property
    def black_box(self) -> bool:
        return self.queries > 0


def bought(envelope: Envelope, epsilon: float) -> list[Bought]:
    """Of the attacks on the network itself at this epsilon, and of those that look for their own norm, whose images
    beyond it count as clean; the cheapest first. None of a run that did not count."""
    results, choices = envelope.evidence.results, envelope.choices
    limited = choices.limited(epsilon)
    clean = resampled_iou(envelope.clean, envelope.evidence.weights)
    found = []
    for place, (cell, number_of) in enumerate(zip(choices.cells, choices.numbers, strict=True)):
        gradients, forwards, queries = results.alone[number_of]
        own = cell.attack != CLEAN and cell.source_model == cell.model and cell.epsilon in (epsilon, None)
        if own and gradients + forwards + queries > 0:
            counts = type(limited)(*(part[place] for part in limited))
            ratio = iou_ratio(resampled_iou(counts, envelope.evidence.weights), clean)
            found.append(Bought(cell.attack, gradients, forwards, queries, ratio))
    return sorted(found, key=lambda one: one.work)


def frontier(found: Sequence[Bought]) -> list[Bought]:
    """Those that leave less than any that costs no more, the cheapest first."""
    kept: list[Bought] = []
    for one in sorted(found, key=lambda one: (one.work, float(one.ratio[0]))):
        if not kept or one.ratio[0] < kept[-1].ratio[0]:
            kept.append(one)
    return kept


def cost_part(found: Sequence[Envelope], epsilon: float, shown: Sequence[Picture] = ()) -> list[Block]:
    """The frontier of each network; nothing of a run in which no attack's own cost was counted."""
    rows = []
    for envelope in found:
        for one in frontier(bought(envelope, epsilon)):
            ratio = envelope.evidence.format(one.ratio, least=0.0)
            costs = (_count(one.gradients), _count(one.forwards), _count(one.queries), number(one.work))
            rows.append([envelope.model, attack_title(one.attack), *costs, ratio])
    if not rows:
        return []
    told = (
        f"At epsilon {epsilon:g}, for each network the attacks on itself that leave less IoU than every cheaper one. "
        "Costs are those of one image, each attack run by itself; work is in gradients, of which a forward pass or a "
        "query of a black box counts as a half. Which of them leave less was read off these images and not tested."
    )
    header = ["Network", "Attack", "Gradients", "Forward passes", "Queries", "Work", "IoU ratio (%)"]
    return [Heading("What more gradients buy"), Paragraph(told), *shown, Table(header, rows, labels=2)]


def _count(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:,.0f}"
