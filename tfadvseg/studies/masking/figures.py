"""The attack that is doubted beside those that doubt it: what each of them leaves of a model."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.cells import subject
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.run import FinishedRun

Row = tuple[str, list[Score | None]]
"""What an attack is called, and the IoU ratio in per cent that it leaves each model, None where it was not tried."""
INCHES = 0.083
"""That a letter beside a row takes."""


def doubts_figure(run: FinishedRun, names: Sequence[str], rows: Sequence[Row]) -> Figure:
    """A panel a model, a row an attack: a point with its 95 % interval. The line and the shade are the first row's, the
    attack that is doubted: what lies left of them is stronger."""
    beside = INCHES * max(len(attack) for attack, _ in rows)
    figure, panels = plots.panels(len(names), abreast=3, width=3.6, height=0.4 + 0.3 * len(rows), margin=beside)
    top = 0.0
    for place, axes in enumerate(panels):
        for row, (_, lefts) in enumerate(rows):
            left = lefts[place]
            if left is None:
                continue
            look = plots.look(min(row, 1))
            low, high = run.evidence.interval(left)
            if row == 0:
                axes.axvline(left[0], color=look.colour, linewidth=1.0)
                axes.axvspan(low, high, color=look.colour, alpha=0.15, linewidth=0)
            axes.hlines(row, low, high, color=look.colour, linewidth=1.6)
            plots.draw_points(axes, [left[0]], [row], look=look, label="")
            top = max(top, plots.highest([left[0], high]))
        axes.set_yticks(range(len(rows)), [attack for attack, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(plots.RATIO, fontsize=plots.SIZE)
    for axes in panels:
        axes.set_xlim(0, max(100.0, 10.0 * np.ceil(top / 10)))
    title = f"The attack that is doubted (first row) and what doubts it, {subject(run.table)}"
    plots.finish(figure, panels, names, title)
    for place, axes in enumerate(panels):
        axes.tick_params(labelleft=place % 3 == 0)
    return figure
