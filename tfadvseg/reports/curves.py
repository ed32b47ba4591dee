"""Attacks step by step, drawn and as events: loss, changed labels and IoU after each step, of a few photographs."""

import functools
from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.document import Block, Heading, Paragraph
from tfadvseg.reports.drawing import Drawing, pictures
from tfadvseg.reports.events import Events, Scalar, run_name
from tfadvseg.reports.titles import attack_title

PANELS = {"loss": "Cross-entropy (nats)", "changed": "Changed labels (%)", "iou": "IoU (%)"}
"""{column of curves.csv: its axis}."""
TOLD = (
    "Each attack was run again on these photographs, and the network watched: what it makes of each iterate. The "
    "cross-entropy is to the labels that attacks are given, also for those that lead elsewhere. Step 0 is where an "
    "attack begins, and the point at the end what it returns, which for some is the best of their iterates. Dotted "
    "lines part the stages of attacks that have several."
)

MOST = 8
"""Photographs in a figure; curves.csv has all."""


def drawings(table: pd.DataFrame) -> list[Drawing]:
    """steps_<network>: of each network in curves.csv."""
    return [
        Drawing(f"steps_{model}", f"{model}: attacks step by step", functools.partial(steps_figure, own))
        for model, own in table.groupby("model", sort=False)
    ]


def part(table: pd.DataFrame, shown: Sequence[str]) -> list[Block]:
    """Of a report: what the figures say, and those that lie at one of these paths."""
    return [Heading("Attacks step by step"), Paragraph(TOLD), *pictures(drawings(table), shown)]


def steps_figure(own: pd.DataFrame) -> Figure:
    """Of one network: a row of panels for each of the first MOST photographs, a line an attack."""
    images, attacks = list(own["image"].unique())[:MOST], list(own["attack"].unique())
    labels = {name: _label(name, own.loc[own["attack"] == name, "epsilon"].iloc[0]) for name in attacks}
    figure, panels = plots.panels(
        len(images) * len(PANELS),
        len(PANELS),
        width=3.0,
        height=2.3,
        margin=plots.room_beside(list(labels.values())),
        share_y="col",
    )
    headings = []
    for place, axes in enumerate(panels):
        image, (column, title) = images[place // len(PANELS)], list(PANELS.items())[place % len(PANELS)]
        for index, name in enumerate(attacks):
            line = own[(own["image"] == image) & (own["attack"] == name)]
            look = plots.look(index)
            x, y = line["step"].to_numpy(), line[column].to_numpy()
            axes.plot(
                x,
                y,
                color=look.colour,
                linestyle=look.line,
                linewidth=1.4,
                marker=look.marker,
                markersize=5,
                markevery=[-1],
                label=labels[name],
            )
            for begin in line["step"][line["stage"].diff() > 0]:
                axes.axvline(begin - 0.5, color=look.colour, linewidth=0.8, linestyle=":")
        plots.steps_axis(axes, title)
        headings.append(image if column == "loss" else "")
    plots.finish(figure, panels, headings, f"{own['model'].iloc[0]}: attacks step by step")
    plots.legend_beside(figure, panels[0], "Attack")
    return figure


def events(table: pd.DataFrame) -> Iterator[Events]:
    """A run steps/<network>/<attack>_<epsilon> each, so that a chart compares them; its axis is the step."""
    for (model, attack, epsilon), own in table.groupby(["model", "attack", "epsilon"], sort=False):
        scalars = [
            Scalar(f"steps_{column}/{image}", int(step), float(value), f"{title} after each step of an attack.")
            for column, title in {**PANELS, "linf": "Largest change (grey levels)"}.items()
            for image, step, value in zip(own["image"], own["step"], own[column], strict=True)
        ]
        yield Events(f"steps/{run_name(model)}/{attack}_{epsilon:g}", scalars)


def _label(attack: str, epsilon: float) -> str:
    return f"{attack_title(attack)}, epsilon {epsilon:g}"
