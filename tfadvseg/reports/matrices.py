"""Matrices as heat maps: a number in each cell, some with a frame, some in bold."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

from tfadvseg.reports import plots

COLOURS = "YlOrRd_r"
"""Dark is low; its lightness rises all the way, so it can be read in grey."""
FRAME = plots.COLOURS[0]
LETTER = 0.083
"""Inches of a letter of a label."""


def matrix_panels(
    count: int, rows: Sequence[str], columns: Sequence[str], abreast: int = 2
) -> tuple[Figure, list[Axes]]:
    """A figure of so many matrices with these labels."""
    across = min(abreast, count)
    down = -(-count // across)
    beside = LETTER * max(map(len, rows))
    below = 0.75 * LETTER * max(map(len, columns))
    width, height = max(2.2, 0.72 * len(columns)), max(1.2, 0.5 * len(rows))
    layout = ConstrainedLayoutEngine(wspace=0.04, hspace=0.06)
    figure = Figure(
        figsize=(across * width + beside + (across - 1) * 0.3 + 1.6, down * (height + 0.5) + below + 1.0), layout=layout
    )
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    for spare in grid[count:]:
        spare.remove()
    for index, axes in enumerate(grid[:count]):
        axes.tick_params(labelleft=index % across == 0, labelbottom=index + across >= count)
    return figure, list(grid[:count])


def draw_matrix(
    axes: Axes,
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    framed: Collection[tuple[int, int]],
    bold: Collection[tuple[int, int]],
    top: float,
) -> AxesImage:
    """Of values [R, C] from 0 to `top`; framed, bold: (row, column) pairs."""
    image = axes.imshow(values, cmap=COLOURS, norm=Normalize(0, top), aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            continue
        axes.text(
            column,
            row,
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=plots.SIZE - 1,
            color="black" if value > 0.42 * top else "white",
            fontweight="bold" if (row, column) in bold else "normal",
        )
    for row, column in framed:
        frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=FRAME, linewidth=2.5, clip_on=False)
        axes.add_patch(frame)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(labelsize=plots.SIZE - 1, length=0)
    axes.spines[:].set_visible(False)
    return image
