"""IoU ratio against epsilon (Figs. 2, 3, 14, 15) and against clean IoU (Fig. 4), drawn from results.csv.

Matplotlib's object interface only: nothing here touches pyplot or a display. Redrawing gives the same bytes.
"""

import math
import pathlib
from collections.abc import Sequence

import matplotlib.ticker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tfadvseg.reports.cells import (
    attack_title,
    attacks,
    clean_score,
    curve,
    headline_epsilon,
    models,
    score_at,
    subject,
    white_box,
)

# Okabe and Ito (2008) without the yellow, which is lost on white: told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*", "h", "d")
LINES = ("-", "--", ":")
SIZE = 11


def style(index: int) -> dict[str, str]:
    """Colour, marker and line of the network at this place in ascending order of clean IoU, the same in all figures."""
    line = LINES[index // len(COLOURS) % len(LINES)]
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)], "linestyle": line}


def ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio against epsilon: a panel an attack, a line a network with its 95 % interval shaded."""
    cells = white_box(results)
    figure, panels = _panels(shown)
    epsilons = sorted(cells.loc[cells["epsilon"] > 0, "epsilon"].unique())
    top = _top(cells, at_least=100)
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(models(cells)):
            line = curve(cells, model, attack)
            look = style(index)
            axes.plot(line.index, line["iou_ratio"], label=_label(cells, model), markersize=5.5, linewidth=1.6, **look)
            low, high = line["iou_ratio_low"], line["iou_ratio_high"]
            axes.fill_between(line.index, low, high, color=look["color"], alpha=0.15, linewidth=0)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(matplotlib.ticker.FixedLocator(epsilons))
        axes.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda epsilon, _: f"{epsilon:g}"))
        axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
        _finish(axes, attack, top)
    _name_axes(panels, "Epsilon (grey levels of 255)")
    _finish_figure(figure, panels[0], f"White-box attacks, {subject(cells)}")
    return figure


def clean_against_ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio at the headline epsilon against clean IoU: a panel an attack, a point a network, 95 % intervals."""
    cells = white_box(results)
    epsilon = headline_epsilon(cells)
    figure, panels = _panels(shown)
    top = _top(cells[cells["epsilon"] == epsilon], at_least=10)
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(models(cells)):
            look = {**style(index), "linestyle": "none"}
            clean, score = clean_score(cells, model), score_at(cells, model, attack, epsilon)
            axes.plot([clean], [score["iou_ratio"]], label=_label(cells, model), markersize=8, zorder=3, **look)
            bar = {"color": look["color"], "linewidth": 1.2}
            axes.vlines(clean, score["iou_ratio_low"], score["iou_ratio_high"], **bar)
            axes.hlines(
                score["iou_ratio"], *(clean_score(cells, model, f"iou_{end}") for end in ("low", "high")), **bar
            )
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, steps=[1, 2, 5, 10]))
        _finish(axes, attack, top)
    _name_axes(panels, "Clean IoU (%)")
    _finish_figure(figure, panels[0], f"Epsilon {epsilon:g}, {subject(cells)}")
    return figure


def draw_figures(results: pd.DataFrame, folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Writes iou_ratio (all attacks), clean_against_ratio and iou_ratio_<attack> as PNG and PDF; returns the paths."""
    found = attacks(white_box(results))
    paths = []
    if found:
        paths += save_figure(ratio_figure(results, found), folder, "iou_ratio")
        paths += save_figure(clean_against_ratio_figure(results, found), folder, "clean_against_ratio")
    for attack in found:
        paths += save_figure(ratio_figure(results, [attack]), folder, f"iou_ratio_{attack}")
    return paths


def save_figure(figure: Figure, folder: str | pathlib.Path, name: str, dpi: int = 180) -> list[pathlib.Path]:
    """Writes <name>.png and <name>.pdf without dates or versions inside, so that they are the same bytes each time."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
    figure.savefig(png, dpi=dpi, metadata={"Software": None})
    figure.savefig(pdf, dpi=dpi, metadata={"Creator": None, "Producer": None, "CreationDate": None})
    return [png, pdf]


def figure_pixels(figure: Figure, dpi: int = 110) -> np.ndarray:
    """The drawn figure, uint8 RGB [H, W, 3]."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _panels(shown: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each name, two abreast where there is more than one."""
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    width, height = (6.8, 4.0) if columns == 1 else (10.6, 0.8 + 3.3 * rows)
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for spare in panels[len(shown) :]:
        spare.remove()
    return figure, list(panels[: len(shown)])


def _top(cells: pd.DataFrame, at_least: float) -> float:
    """Upper end of the axis of IoU ratios: the next full 10 % above every ratio and interval."""
    highest = cells.loc[cells["epsilon"] > 0, ["iou_ratio", "iou_ratio_high"]].max().max()
    return at_least if pd.isna(highest) else max(at_least, 10.0 * math.ceil(highest / 10.0))


def _label(cells: pd.DataFrame, model: str) -> str:
    clean = clean_score(cells, model)
    return model if pd.isna(clean) else f"{model} ({clean:.1f})"


def _finish(axes: Axes, attack: str, top: float) -> None:
    axes.set_title(attack_title(attack), fontsize=SIZE + 1)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(matplotlib.ticker.MultipleLocator(20 if top > 50 else 10))
    axes.tick_params(labelsize=SIZE - 1, labelbottom=True, labelleft=True)
    axes.grid(color="0.88", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _name_axes(panels: Sequence[Axes], x: str) -> None:
    for axes in panels:
        axes.set_xlabel(x, fontsize=SIZE)
        axes.set_ylabel("IoU ratio (%)", fontsize=SIZE)


def _finish_figure(figure: Figure, panel: Axes, title: str) -> None:
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=SIZE)
    handles, labels = panel.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside right center", title="Network (clean IoU, %)", fontsize=SIZE - 1, frameon=False
    )
    legend.get_title().set_fontsize(SIZE - 1)
