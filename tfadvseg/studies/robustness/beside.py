"""White-box attacks on networks beside the paper's on the same architectures: Tables 5 to 14, Figures 2, 3, 14, 15."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tfadvseg.reports import plots
from tfadvseg.reports.cells import attacks, clean_score, curve, epsilons, models
from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.drawing import Drawing, pictures
from tfadvseg.reports.numbers import number
from tfadvseg.reports.titles import attack_title, dataset_title, network_title
from tfadvseg.studies import beside
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.run import FinishedRun

DATASETS = (beside.CITYSCAPES, beside.VOC)
PRINTED_SIZES = ((1024, 512), (2048, 1024))
"""(width, height) of images of Cityscapes in Table 5, the one that the paper attacks first."""
FIGURE = "beside_the_paper"
OTHER = "0.78"
"""The grey of networks of which the other side has none."""
TOLD = (
    "The clean IoU, then the IoU ratio at each epsilon, both in per cent. The paper has the architecture's IoUs on "
    "Pascal VOC (Tables 7 to 10), on Cityscapes (Tables 11 to 14), or on both."
)
OF_SIZES = (
    "The paper attacks networks on Cityscapes at 1024 x 512 alone, so of the larger size it has only the clean "
    "IoU, and of E-Net not even that. Networks here have one size, that of their input."
)


def beside_part(run: FinishedRun, cells: pd.DataFrame, shown: Sequence[str]) -> list[Block]:
    """A figure, a table for each attack of the paper, and the sizes; nothing without a network of the paper's, or by
    another protocol."""
    forms, found = forms_of(run, cells), beside.attacks_of(run.settings, attacks(cells))
    if not forms or not found:
        return []
    blocks: list[Block] = [Heading(beside.TITLE), beside.told(TOLD), *pictures(beside_drawings(run, cells), shown)]
    for attack in found:
        place = beside.ATTACKS.index(attack)
        title = f"{attack_title(attack)}, with Tables {7 + place} and {11 + place} of the paper"
        blocks += [Heading(title, 3), ratio_table(cells, attack, forms)]
    if on_cityscapes := {name: form for name, form in forms.items() if form in beside.by_size()}:
        title = "Clean IoU by the size of the image, with Table 5 of the paper"
        blocks += [Heading(title, 3), image_size_table(cells, on_cityscapes), Paragraph(OF_SIZES)]
    sizes = {name: facts_of(run.design, name).parameters for name in forms}
    return [*blocks, Heading("Size in MB of 32-bit floats, with Table 6 of the paper", 3), size_table(sizes, forms)]


def beside_drawings(run: FinishedRun, cells: pd.DataFrame) -> list[Drawing]:
    """beside_the_paper, where there is anything to put there."""
    forms, found = forms_of(run, cells), beside.attacks_of(run.settings, attacks(cells))
    if not forms or not found:
        return []
    make = functools.partial(curves_figure, cells, found, forms)
    return [Drawing(FIGURE, "IoU ratio over epsilon, the paper's and here", make)]


def forms_of(run: FinishedRun, cells: pd.DataFrame) -> dict[str, str]:
    """{network of the run: the same architecture in Tables 7 to 14}, of those that have one and no CRF."""
    attacked = {network for _, _, network in beside.white_box()}
    facts = {name: facts_of(run.design, name) for name in models(cells)}
    return {name: own.architecture for name, own in facts.items() if own.architecture in attacked and not own.crf}


def ratio_table(cells: pd.DataFrame, attack: str, forms: dict[str, str]) -> Table:
    """Networks in ascending order of clean IoU, below each what the paper has of its architecture; a column an epsilon
    of either."""
    dataset, rows, sizes = cells.iloc[0]["dataset"], list[beside.Row](), {0.0, *epsilons(cells)}
    for model in models(cells):
        own = {0.0: clean_score(cells, model), **curve(cells, model, attack)["iou_ratio"].to_dict()}
        rows.append((beside.here(model, dataset, forms.get(model, "")), _written(own)))
        for printed_on, ious in _printed(attack, forms.get(model, "")).items():
            rows.append((beside.printed(forms[model], printed_on), _written(beside.ratios(ious))))
            sizes |= set(ious)
    columns = {size: f"{size:g}" if size else "Clean IoU" for size in sorted(sizes)}
    return beside.table("Network \\ epsilon", columns, rows)


def image_size_table(cells: pd.DataFrame, forms: dict[str, str]) -> Table:
    """The clean IoU here, and the paper's on Cityscapes at both of its sizes; a cell that it leaves open is empty."""
    columns: dict[Any, str] = {"here": f"Here on {dataset_title(cells.iloc[0]['dataset'])}"}
    columns |= {size: f"The paper on Cityscapes, {size[0]} x {size[1]}" for size in PRINTED_SIZES}
    rows = []
    for model, form in forms.items():
        ious: dict[Any, float] = {"here": clean_score(cells, model), **beside.by_size()[form]}
        rows.append((f"{network_title(form)} ({model})", {which: number(iou) for which, iou in ious.items()}))
    return beside.table("Network", columns, rows)


def size_table(parameters: dict[str, int], forms: dict[str, str]) -> Table:
    """What the parameters take here, and in the paper for each data set, whose classes are others; in 2^20 bytes."""
    columns = {"here": "Here"} | {dataset: f"The paper on {dataset_title(dataset)}" for dataset in DATASETS}
    rows = []
    for model, form in forms.items():
        sizes = {dataset: beside.megabytes().get((dataset, form), math.nan) for dataset in DATASETS}
        sizes["here"] = 4 * parameters[model] / 2**20 or math.nan
        rows.append(
            (
                f"{network_title(form)} ({model})",
                {who: number(size) for who, size in sizes.items() if not math.isnan(size)},
            )
        )
    return beside.table("Network", columns, rows)


def curves_figure(cells: pd.DataFrame, shown: Sequence[str], forms: dict[str, str]) -> Figure:
    """A row an attack; side by side the paper's networks on each data set, and those here. Architectures that are on
    both sides have a colour, the others are grey."""
    both = list(dict.fromkeys(forms.values()))
    looks = {form: plots.look(place) for place, form in enumerate(both)}
    sides = [*DATASETS, ""]
    labels = [*map(network_title, both), "other networks"]
    figure, panels = plots.panels(
        len(shown) * len(sides), len(sides), width=3.6, height=3.1, margin=plots.room_beside(labels)
    )
    sizes = sorted({size for ious in beside.white_box().values() for size in ious if size} | {*epsilons(cells)})
    headings, highest = [], 0.0
    for axes, (attack, side) in zip(panels, [(attack, side) for attack in shown for side in sides], strict=True):
        where = f"the paper, {dataset_title(side)}" if side else f"here, {dataset_title(cells.iloc[0]['dataset'])}"
        headings.append(f"{attack_title(attack)}\n{where}")
        for form, line in _lines(cells, attack, side, forms):
            _draw(axes, line, looks.get(form))
            highest = max(highest, *(ratio for size, ratio in line.items() if size))
        plots.epsilon_axis(axes, sizes)
    for axes in panels:
        plots.ratio_axis(axes, highest)
    plots.finish(figure, panels, headings, "The same attacks on the same architectures; training and images differ")
    handles = []
    for form, look in looks.items():
        style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "linestyle": look.line}
        handles.append(Line2D([], [], label=network_title(form), **style))
    handles.append(Line2D([], [], color=OTHER, label=labels[-1]))
    legend = figure.legend(handles=handles, loc="outside right center", fontsize=plots.SIZE - 1, frameon=False)
    legend.set_alignment("left")
    return figure


def _lines(cells: pd.DataFrame, attack: str, side: str, forms: dict[str, str]) -> list[tuple[str, dict[float, float]]]:
    """(architecture, {epsilon: IoU ratio}) of all networks of a side; those with a colour last, so that they are
    before the others."""
    if side:
        printed = [
            (network, ious) for (name, on, network), ious in beside.white_box().items() if (name, on) == (attack, side)
        ]
        found = [(network, beside.ratios(ious)) for network, ious in printed]
    else:
        found = [(forms.get(model, ""), curve(cells, model, attack)["iou_ratio"].to_dict()) for model in models(cells)]
    return sorted(found, key=lambda pair: pair[0] in forms.values())


def _draw(axes: Axes, line: dict[float, float], look: plots.Look | None) -> None:
    x = [size for size in sorted(line) if size]
    y = [line[size] for size in x]
    if look is None:
        axes.plot(x, y, color=OTHER, linewidth=1.0)
    else:
        plots.draw_curve(axes, x, y, look=look, label="")


def _printed(attack: str, form: str) -> dict[str, dict[float, float]]:
    """{data set: {epsilon: IoU}} of an architecture."""
    keys = {dataset: (attack, dataset, form) for dataset in DATASETS}
    return {dataset: dict(beside.white_box()[key]) for dataset, key in keys.items() if key in beside.white_box()}


def _written(values: dict[float, float]) -> dict[float, str]:
    return {size: number(value) for size, value in values.items()}
