"""Figures of input transforms as defenses: Figures 6 to 8 of the paper."""

import functools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.cells import epsilons, in_order_of_the_paper, subject
from tfadvseg.reports.drawing import Drawing
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.results import NONE
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.names import TransformsDesign
from tfadvseg.studies.transforms.trials import Trials

OBLIVIOUS, ADAPTIVE = "Oblivious attack", "Adaptive attack (EOT)"
BEFORE = "Before the network"


def defense_figure(run: FinishedRun, trials: Trials, attack: str) -> Figure:
    """Two panels: the oblivious attack (Fig. 6), and the adaptive one (Fig. 7)."""
    figure, panels = plots.panels(2, height=3.6)
    for axes, adaptive in zip(panels, (False, True), strict=True):
        for name in trials.ends:
            defends = name in trials.transforms
            _draw(axes, trials, attack, name if adaptive and defends else NONE, name, dashed=adaptive and not defends)
    _finish(figure, panels, run, trials, attack, [OBLIVIOUS, ADAPTIVE])
    return figure


def transfer_figure(run: FinishedRun, trials: Trials, attack: str) -> Figure:
    """A panel for each transform that the attack is adapted to, a line for each before the network (Fig. 8)."""
    figure, panels = plots.panels(len(trials.transforms))
    for axes, expected in zip(panels, trials.transforms, strict=True):
        _draw(axes, trials, attack, NONE, NONE, dashed=True)
        for name in trials.transforms:
            _draw(axes, trials, attack, expected, name)
    headings = [f"Attack adapted to {transform_title(name)}" for name in trials.transforms]
    _finish(figure, panels, run, trials, attack, headings)
    return figure


def drawings(run: FinishedRun, trials: Trials, attack: str) -> list[Drawing]:
    """defense_<model>_<attack>, and transfer_<model>_<attack> where every adaptive attack met every transform."""
    about = f"{attack_title(attack)} on {trials.model}"
    defense = functools.partial(defense_figure, run, trials, attack)
    transfer = functools.partial(transfer_figure, run, trials, attack)
    found = [Drawing(f"defense_{trials.model}_{attack}", f"IoU behind each transform, {about}", defense)]
    if run.designed(TransformsDesign).cross:
        found.append(Drawing(f"transfer_{trials.model}_{attack}", f"IoU under adaptive attacks, {about}", transfer))
    return found


def attacks(run: FinishedRun) -> list[str]:
    """Those of the run that have an epsilon."""
    return in_order_of_the_paper(run.table.loc[run.table["epsilon"] > 0, "attack"].unique())


def _draw(axes: Axes, trials: Trials, attack: str, expected: str, seen: str, dashed: bool = False) -> None:
    """dashed: as what the others are compared with."""
    line = trials.line(attack, expected, seen)
    look = plots.look(trials.ends.index(seen))
    sizes = [epsilon or plots.clean_place(line.index[1:]) for epsilon in line.index]
    low, high = line["mean"] - line["spread"], line["mean"] + line["spread"]
    look = look._replace(line="--") if dashed else look
    plots.draw_curve(axes, sizes, line["mean"], low, high, look=look, label=transform_title(seen))


def _finish(
    figure: Figure, panels: Sequence[Axes], run: FinishedRun, trials: Trials, attack: str, headings: Sequence[str]
) -> None:
    for axes in panels:
        plots.epsilon_axis(axes, epsilons(run.table), with_clean=True)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("IoU (%)", fontsize=plots.SIZE)
    title = f"{attack_title(attack)} on {trials.model}, {subject(run.table)}"
    plots.finish(figure, panels, headings, title)
    plots.legend_beside(figure, panels[0], BEFORE)
