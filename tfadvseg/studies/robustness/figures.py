"""Envelopes over epsilon, and what more work buys: a panel a network."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tfadvseg.metrics.radii import HALF
from tfadvseg.metrics.scores import iou_ratio, mean_iou
from tfadvseg.reports import plots
from tfadvseg.reports.cells import in_order_of_the_paper
from tfadvseg.reports.drawing import Drawing
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.robustness.costs import Bought, Together, bought, frontier, together
from tfadvseg.studies.robustness.envelope import Envelope

WORST, BUYS = "worst_case", "what_gradients_buy"
ABREAST = 3
"""Panels beside each other where there are many."""
EDGE = "0.15"


def drawings(found: Sequence[Envelope], epsilon: float, title: str) -> list[Drawing]:
    """worst_case, where there are two epsilons or more, and what_gradients_buy, where costs were counted."""
    made = []
    if found and len(found[0].epsilons) > 1:
        made.append(Drawing(WORST, "Worst case over epsilon", functools.partial(envelope_figure, found, title)))
    if any(bought(one, epsilon) for one in found):
        draw = functools.partial(cost_figure, found, epsilon, title)
        made.append(Drawing(BUYS, f"IoU ratio at epsilon {epsilon:g} against the cost of an attack", draw))
    return made


def envelope_figure(found: Sequence[Envelope], title: str) -> Figure:
    """Of each network the worst case over epsilon, shaded down to its bound, and its attacks as thin lines."""
    names = _attacks(found)
    labels = ["worst case, down to its bound", *map(attack_title, names)]
    figure, panels = plots.panels(len(found), _abreast(found), width=3.4, height=2.7, margin=plots.room_beside(labels))
    for axes, envelope in zip(panels, found, strict=True):
        x = envelope.epsilons
        for index, attack in enumerate(names):
            line = _alone(envelope, attack)
            look = plots.look(index)
            axes.plot(list(line), list(line.values()), color=look.colour, linestyle=look.line, linewidth=1.0)
        worst = [envelope.ratio_of(point.worst.iou) for point in envelope.points]
        bound = [envelope.ratio_of(point.worst.bound) for point in envelope.points]
        axes.fill_between(x, bound, worst, color=EDGE, alpha=0.3, linewidth=0)
        axes.plot(x, worst, color=EDGE, linewidth=2.2)
        axes.axhline(HALF, color="0.6", linewidth=0.8, linestyle=":")
        radius = envelope.radius[0]
        if 0 < radius < np.inf:
            axes.plot([radius], [HALF], marker="o", color=EDGE, markersize=5)
        plots.epsilon_axis(axes, x)
        plots.ratio_axis(axes, float("nan"))
    plots.finish(figure, panels, [one.model for one in found], f"Worst case of all that was run, {title}")
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=EDGE, linewidth=2.2, label="worst case"),
        Patch(color=EDGE, alpha=0.3, linewidth=0, label="down to its bound"),
        Line2D([], [], color=EDGE, marker="o", markersize=5, linestyle="none", label="epsilon 50"),
    ]
    for index, attack in enumerate(names):
        look = plots.look(index)
        handles.append(Line2D([], [], color=look.colour, linestyle=look.line, label=attack_title(attack)))
    _legend(figure, handles)
    return figure


def cost_figure(found: Sequence[Envelope], epsilon: float, title: str) -> Figure:
    """Of each network what attacks leave against their work for an image, the frontier of those that leave less than
    every cheaper one, and what all of up to some work leave together."""
    points = {one.model: bought(one, epsilon) for one in found}
    names = in_order_of_the_paper(dict.fromkeys(one.attack for own in points.values() for one in own))
    labels = ["hollow: black box, by queries", *map(attack_title, names)]
    figure, panels = plots.panels(len(found), _abreast(found), width=3.4, height=2.7, margin=plots.room_beside(labels))
    sums = [together(one, epsilon) for one in found]
    works = [one.work for own in points.values() for one in own]
    works += [one.work for summed in sums for one in summed]
    top = plots.highest([float(one.ratio[0]) for own in points.values() for one in own])
    for axes, own, summed in zip(panels, points.values(), sums, strict=True):
        _draw_steps(axes, frontier(own), max(works), "-")
        _draw_steps(axes, summed, max(works), "--")
        for one in own:
            look = plots.look(names.index(one.attack))
            face = "white" if one.black_box else look.colour
            axes.plot(
                [one.work],
                [one.ratio[0]],
                color=look.colour,
                marker=look.marker,
                markersize=7,
                linestyle="none",
                markerfacecolor=face,
                markeredgewidth=1.4,
            )
        plots.size_axis(axes, "Work for an image (gradients)", works)
        plots.ratio_axis(axes, top, at_least=10)
    plots.finish(figure, panels, list(points), f"What more gradients buy at epsilon {epsilon:g}, {title}")
    black_box = any(one.black_box for own in points.values() for one in own)
    handles = [
        Line2D([], [], color="0.4", linewidth=1.4, label="least by one attack"),
        Line2D([], [], color="0.4", linewidth=1.4, linestyle="--", label="all attacks so far"),
    ]
    handles += [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", label=attack_title(name))
        for name, look in ((name, plots.look(index)) for index, name in enumerate(names))
    ]
    if black_box:
        hollow = Line2D([], [], color="0.4", marker="o", linestyle="none", markerfacecolor="white")
        hollow.set_label("hollow: black box, by queries")
        handles.append(hollow)
    _legend(figure, handles)
    return figure


def _draw_steps(axes: Axes, kept: Sequence[Bought] | Sequence[Together], most: float, line: str) -> None:
    """Steps down at each of them, on to the dearest of all."""
    x, y = [one.work for one in kept], [float(one.ratio[0]) for one in kept]
    if x:
        axes.step([*x, most], [*y, y[-1]], where="post", color="0.4", linewidth=1.4, linestyle=line)


def _alone(envelope: Envelope, attack: str) -> dict[float, float]:
    """{epsilon: IoU ratio} under one attack on the network itself."""
    found = {}
    for place, cell in enumerate(envelope.choices.cells):
        if cell.attack == attack and cell.source_model == cell.model and cell.epsilon:
            counts = envelope.choices.counts
            left = mean_iou(type(counts)(*(part[place] for part in counts)).total())
            found[cell.epsilon] = float(iou_ratio(left, mean_iou(envelope.clean.total())))
    return dict(sorted(found.items()))


def _attacks(found: Sequence[Envelope]) -> list[str]:
    own = (c for one in found for c in one.choices.cells if c.epsilon and c.source_model == c.model)
    return in_order_of_the_paper(dict.fromkeys(cell.attack for cell in own))


def _abreast(found: Sequence[Envelope]) -> int:
    return ABREAST if len(found) > 4 else 2


def _legend(figure: Figure, handles: Sequence[Line2D | Patch]) -> None:
    """Right of all panels."""
    legend = figure.legend(handles=handles, loc="outside right center", fontsize=plots.SIZE - 1, frameon=False)
    legend.set_alignment("left")
