"""The sandwich: what attacks leave from above, what is certified from below, over the norm of the perturbation."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.cells import subject
from tfadvseg.reports.drawing import Drawing
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.certificate.certified import Certified
from tfadvseg.studies.run import FinishedRun

NORM = "Euclidean norm of the perturbation (grey levels)"
ATTACKED, CERTIFIED, UNKNOWN = "smoothed, attacked: at most this", "smoothed, certified: at least this", "not known"
SEGCERTIFY, PLAIN = "smoothed, certified by SegCertify", "not smoothed, attacked: at most this"
DENSE = 600
"""Places at which the space between two step functions is filled."""


def sandwich_figure(run: FinishedRun, model: str, found: Sequence[Certified]) -> Figure:
    """Of one network: a panel a sigma. All lines are steps, since an attack of a norm counts for all larger ones, and
    what is certified at a norm for all smaller ones."""
    labels = [ATTACKED, CERTIFIED, UNKNOWN, SEGCERTIFY, PLAIN]
    figure, panels = plots.panels(len(found), abreast=3, margin=plots.room_beside(labels))
    end = 1.05 * max(max(one.norms[-1], np.nanmax(one.epsilons, initial=0.0)) for one in found)
    plain = plain_curve(run, model)
    for axes, one in zip(panels, found, strict=True):
        above, below = attacked_curve(run, one), certified_curve(run, one)
        x = np.linspace(0, end, DENSE)
        axes.fill_between(x, at(below, x, "left"), at(above, x, "right"), color="0.9", linewidth=0, label=UNKNOWN)
        for curve, look, label in ((plain, plots.look(6), PLAIN), (above, plots.look(1), ATTACKED)):
            steps = np.array([*curve, (end, curve[-1][1])])
            line = ":" if label == PLAIN else "-"
            axes.plot(*steps.T, drawstyle="steps-post", color=look.colour, linestyle=line, linewidth=1.6, label=label)
            axes.plot(*np.array(curve).T, linestyle="none", color=look.colour, marker=look.marker, markersize=5)
        look = plots.look(0)
        steps = np.array([*below, (end, 0.0)])
        axes.plot(*steps.T, drawstyle="steps-pre", color=look.colour, linewidth=1.6, label=CERTIFIED)
        axes.plot(
            [one.radius],
            [one.iou_at_radius(run.evidence)[0]],
            linestyle="none",
            marker="*",
            markersize=11,
            color=look.colour,
            label=SEGCERTIFY,
            zorder=3,
            clip_on=False,
        )
        axes.set_xlim(0, end)
        axes.set_ylim(0, 100)
        axes.set_xlabel(NORM, fontsize=plots.SIZE)
        axes.set_ylabel("IoU (%)", fontsize=plots.SIZE)
    headings = [f"Noise of sigma {one.sigma:g}" for one in found]
    plots.finish(figure, panels, headings, f"{model}, {subject(run.table)}")
    plots.legend_beside(figure, panels[0], "IoU of the network")
    return figure


def drawings(run: FinishedRun, found: Sequence[Certified]) -> list[Drawing]:
    """sandwich_<model>."""
    made = []
    for model in dict.fromkeys(one.model for one in found):
        own = [one for one in found if one.model == model]
        about = f"Certified IoU and IoU under attack, {model}"
        made.append(Drawing(f"sandwich_{model}", about, functools.partial(sandwich_figure, run, model, own)))
    return made


Curve = list[tuple[float, float]]
"""(norm, IoU in per cent), ascending from a norm of 0."""


def attacked_curve(run: FinishedRun, one: Certified) -> Curve:
    """What the strongest attack of at most each norm leaves the smoothed network."""
    norms = [0.0, *sorted({float(epsilon) for epsilon in one.epsilons if epsilon > 0})]
    return [(norm, float(one.attacked_iou(run.evidence, norm)[0])) for norm in norms]


def certified_curve(run: FinishedRun, one: Certified) -> Curve:
    """What is certified at each norm."""
    return [(float(norm), float(one.certified_iou(run.evidence, norm)[0])) for norm in one.norms]


def plain_curve(run: FinishedRun, model: str) -> Curve:
    """What the strongest attack of at most each norm leaves the network without noise."""
    cells = run.table[run.table["model"] == model]
    found = [(0.0, float(cells.loc[cells["attack"] == CLEAN, "iou"].iloc[0]))]
    for norm in run.epsilons:
        found.append((norm, min(found[-1][1], float(cells.loc[cells["epsilon"] == norm, "iou"].min()))))
    return found


def at(curve: Curve, x: np.ndarray, side: str) -> np.ndarray:
    """The steps at norms x. side: "right" where a value holds from its norm on; "left" where it holds up to it, and 0
    beyond the last."""
    norms, values = np.array(curve).T
    if side == "right":
        return values[np.searchsorted(norms, x, "right") - 1]
    return np.append(values, 0.0)[np.searchsorted(norms, x, "left")]
