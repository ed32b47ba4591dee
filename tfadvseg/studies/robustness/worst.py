"""What the envelopes say, in words and tables: the worst case at one epsilon, over all of them, and at each."""

from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.radii import HALF, radius_text
from tfadvseg.reports.document import Block, Heading, Paragraph, Picture, Table
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.results import CLEAN, NONE, Cell
from tfadvseg.studies.robustness.envelope import NORMS, Envelope, Point

TRANSFERRED = "Transferred"
"""What was made on another network, whatever the attack."""


def worst_part(found: Sequence[Envelope], epsilon: float, shown: Sequence[Picture] = ()) -> list[Block]:
    """The worst case at one epsilon, which attacks it takes, and what goes on over all epsilons; nothing where nothing
    was attacked."""
    found = sorted(found, key=lambda one: one.ratio_of(one.at(epsilon).worst.iou))
    if not found:
        return []
    told = (
        f"Of everything that a network was shown within epsilon {epsilon:g} in {NORMS[found[0].norm]}, clean images "
        "included, one thing is picked for each image, so that the least IoU is left of all images together. A search "
        "has found this choice; the least possible lies between it and the bound, below which no choice goes. Both are "
        "in per cent of the clean IoU, as is the worst of all attacks alone. In brackets the 95 % interval for other "
        "images under the same choice, which says nothing of attacks that were not run. The pixel accuracy is that of "
        "its own worst case."
    )
    blocks: list[Block] = [Heading("Worst case"), Paragraph(told), _headline(found, epsilon)]
    others = [one.model for one in found if not any(cell.source_model == one.model for cell in one.choices.cells[1:])]
    if others:
        blocks.append(
            Paragraph(
                "Shown only what was made on other networks, which says little of attacks on itself: "
                f"{', '.join(others)}."
            )
        )
    blocks += [Paragraph(f"What is picked at epsilon {epsilon:g}, in per cent of the images:"), _picked(found, epsilon)]
    if len(found[0].epsilons) > 1:
        least, most = (f"{end:g}" for end in (found[0].epsilons[0], found[0].epsilons[-1]))
        over = (
            f"Over log2 epsilon from {least} to {most}. The area under the worst case is 100 where nothing is lost. "
            f"Epsilon 50 is the radius at which {HALF:g} % of the clean IoU is left; its quartiles are those of single "
            "images, each by its own worst case."
        )
        blocks += [Paragraph(over), _over_epsilon(found)]
    return [*blocks, *shown]


def every_epsilon_part(found: Sequence[Envelope]) -> list[Block]:
    """The worst case of each network at each epsilon; nothing where there is one epsilon alone."""
    if not found or len(found[0].epsilons) < 2:
        return []
    header = ["Network", "Worst alone", "Epsilon", "IoU alone", "Worst case", "Bound", "Accuracy"]
    rows = []
    for envelope in found:
        for point in envelope.points:
            low, high = np.clip(envelope.evidence.interval(envelope.iou(point)), 0.0, 100.0)
            worst = with_interval(point.worst.iou, float(low), float(high))
            rows.append(
                [
                    envelope.model,
                    _alone(envelope, point),
                    f"{point.epsilon:g}",
                    number(point.alone_iou),
                    worst,
                    number(point.worst.bound),
                    number(point.worst.accuracy),
                ]
            )
    told = (
        "Mean IoU and pixel accuracy in per cent: under the one attack that leaves least by itself, at this epsilon or "
        "a smaller one, in the worst case that was found, and the bound below every choice."
    )
    return [Heading("Worst case at each epsilon"), Paragraph(told), Table(header, rows, labels=2)]


def title_of(cell: Cell) -> str:
    """What a network was shown, but for the epsilon."""
    if cell.attack == CLEAN:
        return "clean"
    expected = "" if cell.attack_transform == NONE else f" over {transform_title(cell.attack_transform)}"
    source = "" if cell.source_model == cell.model else f" on {cell.source_model}"
    return f"{attack_title(cell.attack)}{expected}{source}"


def _headline(found: Sequence[Envelope], epsilon: float) -> Table:
    rows = []
    for envelope in found:
        point = envelope.at(epsilon)
        alone, bound = (number(envelope.ratio_of(iou)) for iou in (point.alone_iou, point.worst.bound))
        worst = envelope.evidence.format(envelope.ratio(point), least=0.0)
        rows.append([envelope.model, _alone(envelope, point), alone, worst, bound, number(point.worst.accuracy)])
    return Table(["Network", "Worst alone", "Alone (%)", "Worst case (%)", "Bound (%)", "Accuracy (%)"], rows, labels=2)


def _alone(envelope: Envelope, point: Point) -> str:
    """The thing that leaves least by itself, with its epsilon where that is a smaller one."""
    cell = envelope.choices.cells[point.alone]
    own = f" at {cell.epsilon:g}" if cell.epsilon and cell.epsilon != point.epsilon else ""
    return title_of(cell) + own


def _picked(found: Sequence[Envelope], epsilon: float) -> Table:
    """Attacks of the network's own by name, whatever their epsilon."""
    shares: dict[str, dict[str, float]] = {}
    for envelope in found:
        own = shares.setdefault(envelope.model, {})
        for cell, share in envelope.shares(envelope.at(epsilon)).items():
            name = TRANSFERRED if cell.attack != CLEAN and cell.source_model != cell.model else title_of(cell)
            own[name] = own.get(name, 0.0) + share
    names = {name: max(own.get(name, 0.0) for own in shares.values()) for own in shares.values() for name in own}
    columns = sorted(names, key=lambda name: -names[name])
    rows = [[model, *(f"{own[name]:.0f}" if name in own else "-" for name in columns)] for model, own in shares.items()]
    return Table(["Network", *columns], rows)


def _over_epsilon(found: Sequence[Envelope]) -> Table:
    header = ["Network", "Area", "Epsilon 50", "Quartiles of the images"]
    rows = []
    for envelope in found:
        radius, low, high = (radius_text(one, envelope.epsilons) for one in envelope.radius)
        written = radius if envelope.evidence.units < 2 else f"{radius} [{low}, {high}]"
        images = ", ".join(radius_text(one, envelope.epsilons) for one in envelope.quartiles())
        rows.append([envelope.model, envelope.evidence.format(envelope.area, least=0.0), written, images])
    return Table(header, rows)
