"""IoU ratio of networks under white-box attacks: against epsilon (Figs. 2, 3, 14 to 16), against clean IoU (Fig. 4) and
against the number of parameters."""

import functools
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
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
SHADED = 4
"""Networks whose intervals can be told apart where they are shaded, and whose two kinds of attacks."""
KINDS = {"Untargeted": ("fgsm", "ifgsm"), "Targeted": ("fgsm_ll", "ifgsm_ll")}
"""{what attacks want: the single-step one, the iterative one}."""


def ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio against epsilon: a panel an attack, a line a network.

    95 % intervals are shaded; of many networks, which would hide each other, a panel has none, and the figure against
    clean IoU shows them at one epsilon."""
    cells = white_box(results)
    figure, panels = plots.panels(len(shown), margin=_room(cells))
    top, names = _top(cells), models(cells)
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(names):
            line = curve(cells, model, attack)
            ends = (line["iou_ratio_low"], line["iou_ratio_high"]) if len(names) <= SHADED else ()
            plots.draw_curve(
                axes, line.index, line["iou_ratio"], *ends, look=plots.look(index), label=_label(cells, model)
            )
        plots.epsilon_axis(axes, epsilons(cells))
        plots.ratio_axis(axes, top)
    plots.finish(figure, panels, list(map(attack_title, shown)), f"White-box attacks, {subject(cells)}")
    plots.legend_beside(figure, panels[0], LEGEND)
    return figure


def kinds_figure(results: pd.DataFrame) -> Figure:
    """IoU ratio against epsilon: a panel the untargeted attacks, one the targeted ones, in each two lines a network."""
    cells = white_box(results)
    kinds = {kind: pair for kind, pair in KINDS.items() if set(pair) <= set(attacks(cells))}
    longest = [f"{_label(cells, model)}, single-step" for model in models(cells)]
    figure, panels = plots.panels(len(kinds), margin=plots.room_beside([LEGEND, *longest]))
    top = _top(cells)
    for axes, pair in zip(panels, kinds.values(), strict=True):
        for index, model in enumerate(models(cells)):
            for attack, line, step in zip(pair, plots.LINES[:2], ("single-step", "iterative"), strict=True):
                drawn, look = curve(cells, model, attack), plots.look(index)._replace(line=line)
                label = f"{_label(cells, model)}, {step}"
                plots.draw_curve(axes, drawn.index, drawn["iou_ratio"], look=look, label=label)
        plots.epsilon_axis(axes, epsilons(cells))
        plots.ratio_axis(axes, top)
    plots.finish(figure, panels, list(kinds), f"White-box attacks, {subject(cells)}")
    plots.legend_beside(figure, panels[0], LEGEND)
    return figure


def clean_against_ratio_figure(results: pd.DataFrame, shown: Sequence[str]) -> Figure:
    """IoU ratio at the headline epsilon against clean IoU: a panel an attack, a point a network, 95 % intervals."""
    cells = white_box(results)

    def clean(model: str) -> tuple[float, float, float]:
        return clean_score(cells, model), clean_score(cells, model, "iou_low"), clean_score(cells, model, "iou_high")

    figure, panels = _points(cells, shown, clean)
    for axes in panels:
        plots.score_axis(axes, "Clean IoU (%)")
    return figure


def parameters_against_ratio_figure(
    results: pd.DataFrame, shown: Sequence[str], parameters: Mapping[str, int]
) -> Figure:
    """IoU ratio at the headline epsilon against the number of parameters: a panel an attack, a point a network whose
    number is known, 95 % intervals."""
    cells = white_box(results)
    cells = cells[cells["model"].isin([name for name, number in parameters.items() if number])]

    def millions(model: str) -> tuple[float, float, float]:
        return (parameters[model] / 1e6,) * 3

    figure, panels = _points(cells, shown, millions)
    for axes in panels:
        plots.size_axis(axes, "Parameters (millions)", [parameters[model] / 1e6 for model in models(cells)])
    return figure


def _points(
    cells: pd.DataFrame, shown: Sequence[str], place: Callable[[str], tuple[float, float, float]]
) -> tuple[Figure, list[Axes]]:
    """The figure and its panels, an attack each; place: network -> (x, the ends of its interval)."""
    epsilon = headline_epsilon(cells)
    figure, panels = plots.panels(len(shown), margin=_room(cells))
    top = _top(cells[cells["epsilon"] == epsilon])
    for axes, attack in zip(panels, shown, strict=True):
        for index, model in enumerate(models(cells)):
            look, (x, low, high) = plots.look(index), place(model)
            score = score_at(cells, model, attack, epsilon)
            plots.draw_points(axes, [x], [score["iou_ratio"]], look=look, label=_label(cells, model))
            axes.vlines(x, score["iou_ratio_low"], score["iou_ratio_high"], color=look.colour, linewidth=1.2)
            axes.hlines(score["iou_ratio"], low, high, color=look.colour, linewidth=1.2)
        plots.ratio_axis(axes, top, at_least=10)
    plots.finish(figure, panels, list(map(attack_title, shown)), f"Epsilon {epsilon:g}, {subject(cells)}")
    plots.legend_beside(figure, panels[0], LEGEND)
    return figure, panels


def drawings(results: pd.DataFrame, parameters: Mapping[str, int] | None = None) -> list[Drawing]:
    """iou_ratio (all attacks), clean_against_ratio, parameters_against_ratio (of two networks or more whose number is
    known), single_step_and_iterative (of few networks, where there are both) and iou_ratio_<attack>; none where nothing
    has an epsilon. parameters: of each network, 0 where nobody knows."""
    cells = white_box(results)
    found, names, sizes = attacks(cells), models(cells), parameters or {}
    if not found:
        return []
    against = "IoU ratio against"
    made = [
        Drawing("iou_ratio", f"{against} epsilon", functools.partial(ratio_figure, cells, found)),
        Drawing(
            "clean_against_ratio", f"{against} clean IoU", functools.partial(clean_against_ratio_figure, cells, found)
        ),
    ]
    if sum(bool(sizes.get(name)) for name in names) > 1:
        sized = functools.partial(parameters_against_ratio_figure, cells, found, sizes)
        made.append(Drawing("parameters_against_ratio", f"{against} the number of parameters", sized))
    if len(names) <= SHADED and any(set(pair) <= set(found) for pair in KINDS.values()):
        kinds = functools.partial(kinds_figure, cells)
        made.append(Drawing("single_step_and_iterative", f"{against} epsilon, single-step and iterative", kinds))
    for attack in found:
        alone = functools.partial(ratio_figure, cells, [attack])
        made.append(Drawing(f"iou_ratio_{attack}", f"{against} epsilon under {attack_title(attack)}", alone))
    return made


def _top(cells: pd.DataFrame) -> float:
    attacked = cells.loc[cells["epsilon"] > 0, ["iou_ratio", "iou_ratio_high"]]
    return plots.highest(attacked.to_numpy().ravel())


def _room(cells: pd.DataFrame) -> float:
    return plots.room_beside([LEGEND, *(_label(cells, model) for model in models(cells))])


def _label(cells: pd.DataFrame, model: str) -> str:
    clean = clean_score(cells, model)
    return model if pd.isna(clean) else f"{model} ({clean:.1f})"
