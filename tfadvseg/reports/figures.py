"""IoU ratio against epsilon (Figs. 2, 3, 14, 15) and against clean IoU (Fig. 4) of networks under white-box attacks."""

import functools
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.cells import (
    attacks,
    clean_score,
    curve,
    epsilons,
    headline_epsilon,
    models,
    score_at,
    subject,
    white_box,
)
from tfadvseg.reports.drawing import Drawing
from tfadvseg.reports.titles import attack_title

LEGEND = "Network (clean IoU, %)"


def ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio against epsilon: a panel an attack, a line a network with its 95 % interval shaded."""
    cells = white_box(results)
    figure, panels = plots.panels(len(shown), margin=_room(cells))
    top = _top(cells)
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(models(cells)):
            line = curve(cells, model, attack)
            plots.draw_curve(
                axes, line.index, line["iou_ratio"], line["iou_ratio_low"], line["iou_ratio_high"],
                look=plots.look(index), label=_label(cells, model),
            )  # fmt: skip
        plots.epsilon_axis(axes, epsilons(cells))
        plots.ratio_axis(axes, top)
    plots.finish(figure, panels, list(map(attack_title, shown)), f"White-box attacks, {subject(cells)}")
    plots.legend_beside(figure, panels[0], LEGEND)
    return figure


def clean_against_ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio at the headline epsilon against clean IoU: a panel an attack, a point a network, 95 % intervals."""
    cells = white_box(results)
    epsilon = headline_epsilon(cells)
    figure, panels = plots.panels(len(shown), margin=_room(cells))
    top = _top(cells[cells["epsilon"] == epsilon])
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(models(cells)):
            look = plots.look(index)
            clean, low, high = (clean_score(cells, model, column) for column in ("iou", "iou_low", "iou_high"))
            score = score_at(cells, model, attack, epsilon)
            plots.draw_points(axes, [clean], [score["iou_ratio"]], look=look, label=_label(cells, model))
            axes.vlines(clean, score["iou_ratio_low"], score["iou_ratio_high"], color=look.colour, linewidth=1.2)
            axes.hlines(score["iou_ratio"], low, high, color=look.colour, linewidth=1.2)
        plots.score_axis(axes, "Clean IoU (%)")
        plots.ratio_axis(axes, top, at_least=10)
    plots.finish(figure, panels, list(map(attack_title, shown)), f"Epsilon {epsilon:g}, {subject(cells)}")
    plots.legend_beside(figure, panels[0], LEGEND)
    return figure


def drawings(results: pd.DataFrame) -> list[Drawing]:
    """iou_ratio (all attacks), clean_against_ratio and iou_ratio_<attack>; none where nothing has an epsilon."""
    cells = white_box(results)
    found = attacks(cells)
    if not found:
        return []
    compared = functools.partial(clean_against_ratio_figure, cells, found)
    return [
        Drawing("iou_ratio", "IoU ratio against epsilon", functools.partial(ratio_figure, cells, found)),
        Drawing("clean_against_ratio", "IoU ratio against clean IoU", compared),
        *(
            Drawing(
                f"iou_ratio_{attack}", f"IoU ratio against epsilon under {attack_title(attack)}",
                functools.partial(ratio_figure, cells, [attack]),
            )
            for attack in found
        ),
    ]  # fmt: skip


def _top(cells: pd.DataFrame) -> float:
    attacked = cells.loc[cells["epsilon"] > 0, ["iou_ratio", "iou_ratio_high"]]
    return plots.highest(attacked.to_numpy().ravel())


def _room(cells: pd.DataFrame) -> float:
    return plots.room_beside([LEGEND, *(_label(cells, model) for model in models(cells))])


def _label(cells: pd.DataFrame, model: str) -> str:
    clean = clean_score(cells, model)
    return model if pd.isna(clean) else f"{model} ({clean:.1f})"
