"""Groups of bars with intervals, one group a place on the x axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tfadvseg.reports import plots

HATCHES = ("", "///", "...")
"""Of the things beyond as many as there are colours."""
GROUP = 0.84
"""Of the distance between two groups, what the bars of one take."""


def draw_bars(
    axes: Axes, place: int, of: int, values: np.ndarray, low: np.ndarray, high: np.ndarray, *, index: int, edged: bool
) -> None:
    """A bar in each group, the `place`-th of so many; NaN is no bar, and NaN ends are no interval.

    index: of the thing, which decides how it looks. edged: with a black edge.
    """
    width = GROUP / of
    x = np.arange(len(values)) + (place - (of - 1) / 2) * width
    axes.bar(x, values, 0.92 * width, **_look(index), **_edge(edged))
    known = np.isfinite(low) & np.isfinite(high)
    axes.vlines(x[known], low[known], high[known], color="0.25", linewidth=0.9)


def groups_axis(axes: Axes, labels: Sequence[str], title: str) -> None:
    """x with a label for each group."""
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(title, fontsize=plots.SIZE)


def bars_legend(figure: Figure, labels: Sequence[str], title: str, edged: str) -> None:
    """Right of all panels. labels: of the things by their index; edged: what bars with an edge are."""
    handles = [Patch(**_look(index), label=label) for index, label in enumerate(labels)]
    handles.append(Patch(facecolor="white", label=edged, **_edge(True)))
    legend = figure.legend(
        handles=handles,
        loc="outside right center",
        title=title,
        fontsize=plots.SIZE - 1,
        frameon=False,
        title_fontsize=plots.SIZE - 1,
    )
    legend.set_alignment("left")


def _look(index: int) -> dict[str, Any]:
    cycle = index // len(plots.COLOURS)
    return {"facecolor": plots.COLOURS[index % len(plots.COLOURS)], "hatch": HATCHES[cycle % len(HATCHES)]}


def _edge(edged: bool) -> dict[str, Any]:
    return {"edgecolor": "black", "linewidth": 1.4} if edged else {"edgecolor": "white", "linewidth": 0.0}
