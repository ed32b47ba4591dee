"""What more work buys: what each attack leaves of a network at one epsilon against what it takes for an image."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import resampled_iou
from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.metrics.worst_case import worst_case
from tfadvseg.reports.document import Block, Heading, Paragraph, Picture, Table
from tfadvseg.reports.numbers import number
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.robustness.envelope import Envelope

TOGETHER = (
    "An attacker with more to spend may run several attacks and keep, image by image, what suits the whole set worst: "
    "all that take up to so much work, and their work together."
)


@dataclasses.dataclass(frozen=True, eq=False)
class Bought:
    """What an attack by itself takes for one image, and the IoU ratio in per cent that it leaves. place: its own among
    the choices of the envelope."""

    attack: str
    place: int
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
        """Whether it asks the network for label maps."""
        return self.queries > 0


def bought(envelope: Envelope, epsilon: float) -> list[Bought]:
    """Of the attacks on the network itself at this epsilon, and of those that look for their own norm, whose images
    beyond it count as clean; the cheapest first. None of a run that did not count."""
    results, choices = envelope.evidence.results, envelope.choices
    limited = choices.limited(epsilon)
    found = []
    for place, (cell, number_of) in enumerate(zip(choices.cells, choices.numbers, strict=True)):
        gradients, forwards, queries = results.alone[number_of]
        own = cell.attack != CLEAN and cell.source_model == cell.model and cell.epsilon in (epsilon, None)
        if own and gradients + forwards + queries > 0:
            ratio = _ratio(envelope, Counts(*(part[place] for part in limited)))
            found.append(Bought(cell.attack, place, gradients, forwards, queries, ratio))
    return sorted(found, key=lambda one: one.work)


def frontier(found: Sequence[Bought]) -> list[Bought]:
    """Those that leave less than any that costs no more, the cheapest first."""
    kept: list[Bought] = []
    for one in sorted(found, key=lambda one: (one.work, float(one.ratio[0]))):
        if not kept or one.ratio[0] < kept[-1].ratio[0]:
            kept.append(one)
    return kept


@dataclasses.dataclass(frozen=True, eq=False)
class Together:
    """All attacks that by themselves take up to `dearest` an image, run one after the other. work: of all of them, in
    gradients. ratio: IoU ratio in per cent of the worst choice among them and the clean image, image by image."""

    dearest: float
    attacks: int
    work: float
    ratio: Score


def together(envelope: Envelope, epsilon: float) -> list[Together]:
    """What is left where every attack of up to so much work is run, for each work that some attack takes, ascending."""
    limited, every = envelope.choices.limited(epsilon), bought(envelope, epsilon)
    found: list[Together] = []
    known: list[np.ndarray] = []
    for dearest in sorted({one.work for one in every}):
        run = [one for one in every if one.work <= dearest]
        places = [0, *(one.place for one in run)]
        worst = worst_case(Counts(*(part[places] for part in limited)), known=known)
        known = [worst.choice]  # as the cheaper ones come first, so that more of them leave no more
        images = np.arange(len(worst.choice))
        chosen = Counts(*(part[np.array(places)[worst.choice], images] for part in limited))
        found.append(Together(dearest, len(run), sum(one.work for one in run), _ratio(envelope, chosen)))
    return found


def _ratio(envelope: Envelope, counts: Counts) -> Score:
    """Of counts [N, C] under attack."""
    weights = envelope.evidence.weights
    return iou_ratio(resampled_iou(counts, weights), resampled_iou(envelope.clean, weights))


def cost_part(found: Sequence[Envelope], epsilon: float, shown: Sequence[Picture] = ()) -> list[Block]:
    """The frontier of each network, and what several attacks leave together; nothing of a run in which no attack's own
    cost was counted."""
    rows: list[list[str]] = []
    sums: list[list[str]] = []
    for envelope in found:
        for one in frontier(bought(envelope, epsilon)):
            ratio = envelope.evidence.format(one.ratio, least=0.0)
            costs = (_count(one.gradients), _count(one.forwards), _count(one.queries), number(one.work))
            rows.append([envelope.model, attack_title(one.attack), *costs, ratio])
        for all_of in together(envelope, epsilon):
            ratio = envelope.evidence.format(all_of.ratio, least=0.0)
            sums.append([envelope.model, str(all_of.attacks), number(all_of.dearest), number(all_of.work), ratio])
    if not rows:
        return []
    told = (
        f"At epsilon {epsilon:g}, for each network the attacks on itself that leave less IoU than every cheaper one. "
        "Costs are those of one image, each attack run by itself; work is in gradients, of which a forward pass or a "
        "query of a black box counts as a half. Which of them leave less was read off these images and not tested."
    )
    header = ["Network", "Attack", "Gradients", "Forward passes", "Queries", "Work", "IoU ratio (%)"]
    part: list[Block] = [Heading("What more gradients buy"), Paragraph(told), *shown, Table(header, rows, labels=2)]
    if len(sums) > len(found):
        part += [
            Paragraph(TOGETHER),
            Table(["Network", "Attacks", "Work of each, at most", "Work of all", "IoU ratio (%)"], sums),
        ]
    return part


def _count(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:,.0f}"
