"""Figures of transfer: the matrices as heat maps, and bars over epsilon as in Figures 17 and 18 of the paper."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.bars import bars_legend, draw_bars, groups_axis
from tfadvseg.reports.cells import subject
from tfadvseg.reports.drawing import Drawing
from tfadvseg.reports.matrices import draw_matrix, matrix_panels
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer.matrix import Matrix

SOURCE, OWN = "Examples made on", "the network itself (white-box)"


def matrix_figure(matrices: Sequence[Matrix], about: str) -> Figure:
    """A panel an attack: rows are networks, columns what examples were made on; white-box framed, the strongest of the
    others in each row in bold."""
    rows, columns = matrices[0].rows, matrices[0].columns
    figure, panels = matrix_panels(len(matrices), rows, columns)
    values = [np.array([[float(m.ratio(s, r)[0]) for s in columns] for r in rows]) for m in matrices]
    top = max(100.0, plots.highest(np.ravel(values)))
    framed = [(rows.index(row), columns.index(row)) for row in matrices[0].white_box]
    for axes, matrix, own in zip(panels, matrices, values, strict=True):
        strongest = {row: matrix.strongest(row) for row in rows}
        bold = [(rows.index(row), columns.index(source)) for row, source in strongest.items() if source is not None]
        image = draw_matrix(axes, own, rows, columns, framed=framed, bold=bold, top=top)
        axes.set_title(attack_title(matrix.attack), fontsize=plots.SIZE + 1)
    bar = figure.colorbar(image, ax=panels, shrink=0.8, pad=0.02)
    bar.set_label(plots.RATIO, fontsize=plots.SIZE)
    bar.outline.set_visible(False)
    figure.supxlabel(SOURCE, fontsize=plots.SIZE)
    figure.supylabel("Evaluated on", fontsize=plots.SIZE)
    figure.suptitle(
        f"Epsilon {matrices[0].epsilon:g}, {about}\nframed: white-box; bold: strongest of the others in a row",
        x=0.01,
        horizontalalignment="left",
        fontsize=plots.SIZE + 1,
    )
    return figure


def bar_figure(matrix: Matrix, epsilons: Sequence[float], about: str) -> Figure:
    """A panel a network, a group of bars an epsilon, a bar a source with its 95 % interval; the last is white-box."""
    figure, panels = plots.panels(
        len(matrix.rows),
        width=max(4.2, 0.16 * len(epsilons) * (1 + len(matrix.columns))),
        margin=plots.room_beside([SOURCE, OWN, *matrix.columns]),
    )
    most = []
    for axes, row in zip(panels, matrix.rows, strict=True):
        bars = [*matrix.foreign(row), *([row] if row in matrix.columns else [])]
        for place, source in enumerate(bars):
            scores = [matrix.at(epsilon).ratio(source, row) for epsilon in epsilons]
            measured = np.array([score[0] for score in scores])
            low, high = np.transpose([matrix.evidence.interval(score) for score in scores])
            draw_bars(
                axes,
                place,
                len(bars),
                measured,
                np.maximum(low, 0.0),
                high,
                index=matrix.columns.index(source),
                edged=source == row,
            )
            most += [*measured, *high]
    headings = [f"Evaluated on {row}" for row in matrix.rows]
    plots.finish(figure, panels, headings, f"{attack_title(matrix.attack)}, {about}")
    for axes in panels:
        plots.ratio_axis(axes, plots.highest(most))
        groups_axis(axes, [f"{epsilon:g}" for epsilon in epsilons], plots.EPSILON)
    bars_legend(figure, matrix.columns, SOURCE, OWN)
    return figure


def matrix_drawing(matrices: Sequence[Matrix], run: FinishedRun) -> Drawing:
    """transfer_matrix."""
    make = functools.partial(matrix_figure, matrices, subject(run.table))
    return Drawing("transfer_matrix", "IoU ratio of each network on examples made on each", make)


def bar_drawing(matrix: Matrix, run: FinishedRun) -> Drawing:
    """transfer_<attack>."""
    make = functools.partial(bar_figure, matrix, run.epsilons, subject(run.table))
    return Drawing(f"transfer_{matrix.attack}", f"IoU ratio under transferred {attack_title(matrix.attack)}", make)
