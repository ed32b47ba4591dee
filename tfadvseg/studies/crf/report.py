"""What is drawn of networks with and without a dense CRF: Figures 9, 10 and 19 to 23 of the paper, from results.csv.

A network called `net` has its CRF under `net+crf` and variants of that under `net+crf,theta_alpha=1` and the like.
"""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfadvseg.reports.cells import CLEAN, attack_title, headline_epsilon, subject
from tfadvseg.reports.figures import COLOURS, LINES, MARKERS, SIZE, save_figure
from tfadvseg.reports.tables import markdown_table, plain_table, with_interval
from tfadvseg.reports.transforms import claims_table

CRF, SCALED = "+crf", "_scaled"
"""After a network's name: the same with a CRF; after an attack's: the same on logits divided by a temperature."""
GREEK = {"theta_alpha": "$\\theta_\\alpha$", "theta_beta": "$\\theta_\\beta$", "theta_gamma": "$\\theta_\\gamma$"}
UNTARGETED, TARGETED = ("fgsm", "ifgsm"), ("fgsm_ll", "ifgsm_ll")


def pairs(results: pd.DataFrame) -> list[tuple[str, str]]:
    """(network, the same with a CRF) in the order of the results."""
    names = list(results["model"].unique())
    return [(name, name + CRF) for name in names if name + CRF in names]


def moved(model: str) -> dict[str, float]:
    """What a variant's name says: {parameter: value}, empty for the experiment's own CRF."""
    return {key: float(value) for key, _, value in (part.partition("=") for part in model.split(",")[1:])}


def curve(results: pd.DataFrame, model: str, source: str, attack: str, column: str = "iou_ratio") -> pd.DataFrame:
    """A score with its interval by epsilon, of `model` under an attack made on `source`."""
    same = (results["model"] == model) & (results["source_model"] == source) & (results["attack"] == attack)
    columns = [name for name in (column, f"{column}_low", f"{column}_high") if name in results]
    return results[same].set_index("epsilon")[columns].sort_index()


def pair_figure(results: pd.DataFrame, unary: str, crf: str) -> Figure:
    """Untargeted white-box attacks, what transfers to the CRF, and targeted ones (Figs. 9 and 10)."""
    found = results["attack"].unique()
    figure = Figure(figsize=(13.2, 5.4), layout="constrained")
    panels = figure.subplots(1, 3, sharex=True, sharey=True)
    own = [(unary, unary, "without CRF"), (crf, crf, "with CRF")]
    for axes, shown, heading in ((panels[0], UNTARGETED, "Untargeted"), (panels[2], TARGETED, "Targeted")):
        for i, attack in enumerate(attack for attack in shown if attack in found):
            for j, (model, source, who) in enumerate(own):
                line = curve(results, model, source, attack)
                _line(axes, line, f"{attack_title(attack)}, {who}", colour=j, line_style=i)
        _finish(axes, f"{heading}, white box")
    for i, attack in enumerate(attack for attack in UNTARGETED if attack in found):
        ways = [(crf, crf, attack, "own gradient"), (crf, unary, attack, "gradient without CRF")]
        if attack + SCALED in found:
            ways += [(crf, crf, attack + SCALED, "own, scaled"), (crf, unary, attack + SCALED, "without CRF, scaled")]
        for j, (model, source, name, who) in enumerate(ways):
            _line(
                panels[1],
                curve(results, model, source, name),
                f"{attack_title(attack)}, {who}",
                colour=j + 1,
                line_style=i,
                shaded=False,
            )
    _finish(panels[1], "Network with CRF, by whose gradient")
    for axes in panels:
        axes.legend(fontsize=SIZE - 3, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    panels[0].set_ylabel("IoU ratio (%)", fontsize=SIZE)
    figure.suptitle(f"{unary} with and without a dense CRF, {subject(results)}", x=0.01, ha="left", fontsize=SIZE)
    return figure


def sweep_figure(results: pd.DataFrame, crf: str) -> Figure:
    """IoU ratio under FGSM over epsilon for each variant: theta_alpha, theta_beta, and theta_gamma by spatial weight
    (Figs. 19 to 21). The dashed line is the network without the CRF."""
    panels = _panels_of_sweep(results, crf)
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.5 * columns, 0.6 + 3.7 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for spare in grid.ravel()[len(panels) :]:
        spare.remove()
    unary = crf.removesuffix(CRF)
    for axes, (heading, lines) in zip(grid.ravel(), panels.items(), strict=False):
        for i, (label, model) in enumerate(lines.items()):
            _line(axes, curve(results, model, model, "fgsm"), label, colour=i, shaded=False)
        plain = curve(results, unary, unary, "fgsm")
        axes.plot(plain.index, plain["iou_ratio"], color="0.35", linestyle="--", linewidth=1.3, label="without CRF")
        _finish(axes, heading)
        axes.legend(fontsize=SIZE - 3, frameon=False)
    for axes in grid[:, 0]:
        axes.set_ylabel("IoU ratio (%)", fontsize=SIZE)
    figure.suptitle(f"FGSM on variants of {crf}, {subject(results)}", x=0.01, ha="left", fontsize=SIZE)
    return figure


def certainty_figure(results: pd.DataFrame, crf: str, column: str) -> Figure:
    """Confidence (Fig. 22) or entropy (Fig. 23) against IoU ratio under FGSM: a panel an epsilon, a point a variant.

    Titles have Spearman's correlation over the variants; its interval is among the claims (C79).
    """
    unary = crf.removesuffix(CRF)
    variants = [model for model in results["model"].unique() if model.startswith(crf + ",")]
    epsilons = [0.0, *sorted(results.loc[results["attack"] == "fgsm", "epsilon"].unique())]
    columns = min(3, len(epsilons))
    rows = -(-len(epsilons) // columns)
    figure = Figure(figsize=(4.2 * columns, 0.6 + 3.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for spare in grid.ravel()[len(epsilons) :]:
        spare.remove()
    kinds = {"theta_alpha": "o", "theta_beta": "s", "theta_gamma": "^"}
    for axes, epsilon in zip(grid.ravel(), epsilons, strict=False):
        for i, (kind, marker) in enumerate(kinds.items()):
            points = np.array([_point(results, v, epsilon, column) for v in variants if kind in moved(v)])
            if len(points):
                label = f"{GREEK[kind]} varied" if kind != "theta_gamma" else f"{GREEK[kind]}, weight varied"
                axes.plot(*points.T, linestyle="none", marker=marker, color=COLOURS[i], label=label, markersize=6)
        axes.plot(*_point(results, unary, epsilon, column), linestyle="none", marker="X", color="#7030A0", markersize=9,
                  label="without CRF")  # fmt: skip
        known = np.array([_point(results, variant, epsilon, column) for variant in variants])
        rank = pd.DataFrame(np.unique(known, axis=0)).corr("spearman").iloc[0, 1]
        heading = "Clean" if epsilon == 0 else f"Epsilon {epsilon:g}"
        _finish_plain(axes, heading if np.isnan(rank) else f"{heading}, rank correlation {rank:+.2f}")
        axes.set_xlabel("IoU (%)" if epsilon == 0 else "IoU ratio (%)", fontsize=SIZE - 1)
    title = "Mean probability of the predicted class (%)" if column == "mean_confidence" else "Mean entropy (nats)"
    for axes in grid[:, 0]:
        axes.set_ylabel(title, fontsize=SIZE - 1)
    grid[0, 0].legend(fontsize=SIZE - 3, frameon=False)
    figure.suptitle(f"FGSM on variants of {crf}, {subject(results)}", x=0.01, ha="left", fontsize=SIZE)
    return figure


def draw_crf(results: pd.DataFrame, folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Writes crf_<network>, and crf_sweep_, crf_confidence_, crf_entropy_<network> where variants were run."""
    paths = []
    for unary, crf in pairs(results):
        paths += save_figure(pair_figure(results, unary, crf), folder, f"crf_{unary}")
        if any(moved(model) for model in results["model"].unique() if model.startswith(crf + ",")):
            paths += save_figure(sweep_figure(results, crf), folder, f"crf_sweep_{unary}")
            for column, name in (("mean_confidence", "confidence"), ("mean_entropy", "entropy")):
                paths += save_figure(certainty_figure(results, crf, column), folder, f"crf_{name}_{unary}")
    return paths


def pair_table(results: pd.DataFrame, unary: str, crf: str, table=markdown_table) -> str:
    """IoU ratio at the headline epsilon with 95 % intervals, a row an attack: who made it, and whom it met."""
    epsilon = headline_epsilon(results)
    attacks = [a for a in results["attack"].unique() if a != CLEAN and not a.endswith(SCALED)]
    rows = [["clean IoU", _clean(results, unary), "-", _clean(results, crf), "-", "-", "-"]]
    for attack in attacks:
        whose = ((unary, unary), (crf, crf), (crf, unary))
        ways = [(*who, name) for who in whose for name in (attack, attack + SCALED)]
        cells = [curve(results, *way).reindex([epsilon]).iloc[0] for way in ways]
        rows.append([attack_title(attack), *(with_interval(*cell) for cell in cells)])
    header = [f"Epsilon {epsilon:g}", "Without CRF", "scaled", "With CRF", "scaled", "by gradient without", "scaled"]
    return table(header, rows)


def crf_markdown(
    results: pd.DataFrame, figures: Sequence[str], findings: Sequence[str], claims: Sequence[dict[str, str]],
    masking: Mapping[str, str],
) -> str:  # fmt: skip
    """The text of results.md of an experiment with CRFs; claims and verdicts by network."""
    parts = [f"# Dense CRFs, {subject(results)}"]
    for unary, crf in pairs(results):
        parts += [f"## {unary}", masking.get(unary, ""), "IoU ratio in per cent, with 95 % bootstrap intervals over "
                  "images.", pair_table(results, unary, crf)]  # fmt: skip
        own = [claim for claim in claims if claim["model"] == unary]
        if own:
            parts += ["### What the paper claims", claims_table(own)]
    if findings:
        parts.append("\n".join(["## Warnings", "", *(f"- {finding}" for finding in findings)]))
    parts += [f"![{path}]({path})" for path in figures]
    return "\n\n".join(part for part in parts if part) + "\n"


def terminal_crf(results: pd.DataFrame) -> str:
    """The tables for a terminal, a network after the other."""
    parts = [f"IoU ratio (%) with 95 % intervals, {subject(results)}"]
    for unary, crf in pairs(results):
        parts += [unary, pair_table(results, unary, crf, plain_table)]
    return "\n\n".join(parts) + "\n"


def _panels_of_sweep(results: pd.DataFrame, crf: str) -> dict[str, dict[str, str]]:
    """{heading: {label: model}}."""
    panels: dict[str, dict[str, str]] = {}
    for model in results["model"].unique():
        values = moved(model) if model.startswith(crf + ",") else {}
        for name in ("theta_alpha", "theta_beta"):
            if name in values:
                panels.setdefault(f"{GREEK[name]} varied", {})[f"{GREEK[name]} = {values[name]:g}"] = model
        if "theta_gamma" in values:
            heading = f"{GREEK['theta_gamma']} varied, spatial weight {values['spatial_weight']:g}"
            panels.setdefault(heading, {})[f"{GREEK['theta_gamma']} = {values['theta_gamma']:g}"] = model
    return panels


def _point(results: pd.DataFrame, model: str, epsilon: float, column: str) -> tuple[float, float]:
    """(IoU ratio, or IoU where epsilon is 0; the score) of a model under FGSM on itself."""
    attack = CLEAN if epsilon == 0 else "fgsm"
    same = (results["model"] == model) & (results["attack"] == attack) & (results["epsilon"] == epsilon)
    own = results[same & ((results["source_model"] == model) | (attack == CLEAN))].iloc[0]
    scale = 100 if column == "mean_confidence" else 1
    return own["iou" if epsilon == 0 else "iou_ratio"], scale * own[column]


def _clean(results: pd.DataFrame, model: str) -> str:
    own = results[(results["model"] == model) & (results["attack"] == CLEAN)].iloc[0]
    return with_interval(own["iou"], own["iou_low"], own["iou_high"])


def _line(axes: Axes, line: pd.DataFrame, label: str, colour: int, line_style: int = 0, shaded: bool = True) -> None:
    if line.empty:
        return
    look = {
        "color": COLOURS[colour % len(COLOURS)], "marker": MARKERS[colour % len(MARKERS)],
        "linestyle": LINES[line_style % len(LINES)],
    }  # fmt: skip
    axes.plot(line.index, line["iou_ratio"], label=label, markersize=5, linewidth=1.6, **look)
    if shaded:
        axes.fill_between(
            line.index, line["iou_ratio_low"], line["iou_ratio_high"], color=look["color"], alpha=0.12, linewidth=0
        )


def _finish(axes: Axes, heading: str) -> None:
    epsilons = sorted({float(x) for line in axes.lines for x in line.get_xdata()})
    axes.set_xscale("log", base=2)
    axes.set_xticks(epsilons, [f"{epsilon:g}" for epsilon in epsilons])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Epsilon (grey levels of 255)", fontsize=SIZE)
    axes.tick_params(labelbottom=True, labelleft=True)
    _finish_plain(axes, heading)


def _finish_plain(axes: Axes, heading: str) -> None:
    axes.set_title(heading, fontsize=SIZE)
    axes.tick_params(labelsize=SIZE - 2)
    if axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(color="0.88", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
