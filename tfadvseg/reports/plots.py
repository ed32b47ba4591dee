"""How all figures look: colours, panels, curves, axes and legends.

Matplotlib's object interface only: nothing here touches pyplot or a display.
"""

import math
import textwrap
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

# Okabe and Ito (2008) without the yellow, which is lost on white: told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*", "h", "d")
LineStyle = Literal["-", "--", ":"]
LINES: tuple[LineStyle, ...] = ("-", "--", ":")
SIZE = 11
"""Points of the letters."""
HEADING = 42
"""Letters of a heading for which a panel of the default width has room."""
EPSILON, RATIO = "Epsilon (grey levels of 255)", "IoU ratio (%)"
"""Axes that many figures have."""


class Look(NamedTuple):
    """Of a curve, or of the points of one."""

    colour: str
    marker: str
    line: LineStyle


def look(index: int) -> Look:
    """Of the thing at this place, which looks the same in all panels of a figure."""
    line = LINES[index // len(COLOURS) % len(LINES)]
    return Look(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], line)


def panels(
    count: int,
    abreast: int = 2,
    width: float = 4.2,
    height: float = 3.3,
    margin: float = 2.2,
    share_x: bool = True,
    share_y: bool | Literal["col"] = True,
) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels. width, height: of each, margin: beside all, in inches. share_y: "col" where only
    those below each other have one y axis."""
    columns = min(abreast, count)
    rows = math.ceil(count / columns)
    layout = ConstrainedLayoutEngine(wspace=0.04, hspace=0.04)
    figure = Figure(figsize=(width * columns + margin, 0.6 + height * rows), layout=layout)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y).ravel()
    for spare in grid[count:]:
        spare.remove()
    return figure, list(grid[:count])


def draw_curve(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
    *,
    look: Look,
    label: str,
) -> None:
    """A curve with its points, and shaded what lies between `low` and `high`; nothing where there is no point."""
    if not len(x):
        return
    axes.plot(
        x, y, label=label, color=look.colour, marker=look.marker, linestyle=look.line, markersize=5.5, linewidth=1.6
    )
    if low is not None and high is not None:
        axes.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0)


def draw_points(axes: Axes, x: Sequence[float], y: Sequence[float], *, look: Look, label: str) -> None:
    """Points without a curve, before all lines."""
    axes.plot(x, y, label=label, color=look.colour, marker=look.marker, linestyle="none", markersize=8, zorder=3)


def epsilon_axis(axes: Axes, epsilons: Sequence[float], with_clean: bool = False) -> None:
    """A tick an epsilon, each twice the other as far apart as any two such; the clean images before all of them."""
    places = {epsilon: f"{epsilon:g}" for epsilon in epsilons}
    if with_clean:
        places = {clean_place(epsilons): "clean"} | places
    least, most = min(places), max(places)
    gap = (most / least) ** (1 / 14)  # so that the labels of neighbours do not touch
    shown = [least]
    for place in places:
        if place >= shown[-1] * gap and place != least:
            shown.append(place)
    axes.set_xscale("log", base=2)
    axes.set_xticks(shown, [places[place] for place in shown])
    axes.minorticks_off()
    axes.set_xlim(least / 1.3, most * 1.3)
    axes.set_xlabel(EPSILON, fontsize=SIZE)


def clean_place(epsilons: Sequence[float]) -> float:
    """Where clean images stand on an axis of these epsilons, on which 0 has no place."""
    return min(epsilons, default=1.0) / 2


def ratio_axis(axes: Axes, highest: float, at_least: float = 100) -> None:
    """y from 0 to the next full 10 % above all that is drawn."""
    top = at_least if math.isnan(highest) else max(at_least, 10.0 * math.ceil(highest / 10))
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MultipleLocator(20 if top > 50 else 10))
    axes.set_ylabel(RATIO, fontsize=SIZE)


def score_axis(axes: Axes, label: str) -> None:
    """x of a score whose values lie anywhere."""
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.set_xlabel(label, fontsize=SIZE)


def steps_axis(axes: Axes, label: str) -> None:
    """x of whole steps, and y of what is measured after each."""
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("Steps", fontsize=SIZE)
    axes.set_ylabel(label, fontsize=SIZE)


def size_axis(axes: Axes, label: str, sizes: Sequence[float]) -> None:
    """x of sizes that differ by orders of magnitude: each twice the other as far apart as any two such."""
    axes.set_xscale("log")
    least, most = min(sizes), max(sizes)
    axes.set_xlim(least / 1.5, most * 1.5)
    steps = (1, 2, 5) if most < 30 * least else (1,)
    powers = range(math.floor(math.log10(least / 1.5)), math.ceil(math.log10(most * 1.5)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    ticks = [tick for tick in ticks if least / 1.5 <= tick <= most * 1.5]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(label, fontsize=SIZE)


def finish(figure: Figure, shown: Sequence[Axes], headings: Sequence[str], title: str) -> None:
    """What all panels have: a heading, grid lines, numbers on both axes; and the figure its title. A long heading has
    several lines, since it would otherwise reach into that of the next panel."""
    for axes, heading in zip(shown, headings, strict=True):
        lines = [textwrap.fill(line, HEADING, break_long_words=False) for line in heading.splitlines()]
        axes.set_title("\n".join(lines), fontsize=SIZE + 1)
        axes.tick_params(labelsize=SIZE - 1, labelbottom=True, labelleft=True)
        axes.grid(color="0.88", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=SIZE + 1)


def legend_beside(figure: Figure, axes: Axes, title: str) -> None:
    """One legend for all panels, right of them: what is in `axes`."""
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(
        handles,
        labels,
        loc="outside right center",
        title=title,
        fontsize=SIZE - 1,
        frameon=False,
        title_fontsize=SIZE - 1,
    )
    legend.set_alignment("left")


def room_beside(labels: Sequence[str]) -> float:
    """Inches that a legend of these labels takes."""
    return 0.8 + 0.083 * max(map(len, labels), default=0)


def legend_inside(axes: Axes) -> None:
    """A legend of its own in the corner where curves that fall with epsilon are not."""
    if axes.lines:
        axes.legend(fontsize=SIZE - 2, loc="lower left", handlelength=2.6, framealpha=0.8, edgecolor="none")


def highest(values: ArrayLike) -> float:
    """The largest of them that is known; NaN where none is."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    return float(known.max()) if known.size else float("nan")
