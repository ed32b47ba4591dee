"""What is drawn of input transforms as defenses: Figures 5 to 8 and Table 2 of the paper, from results.csv."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfadvseg.reports.cells import CLEAN, attack_title, headline_epsilon, subject
from tfadvseg.reports.figures import COLOURS, MARKERS, SIZE, save_figure
from tfadvseg.reports.tables import markdown_table, number, plain_table

NONE = "none"
TITLES = {NONE: "no transform", "jpeg": "JPEG", "jpeg_simulated": "simulated JPEG", "blur": "blur", "hsv": "HSV jitter"}
_WHERE = ["attack", "epsilon", "attack_transform", "inference_transform"]


def transform_title(transform: str) -> str:
    """The name of a transform for people."""
    return TITLES.get(transform, transform)


def has_transforms(results: pd.DataFrame) -> bool:
    """Whether any cell has a transform at either end."""
    return bool((results[["attack_transform", "inference_transform"]].fillna(NONE) != NONE).any(axis=None))


def over_trials(results: pd.DataFrame, model: str) -> pd.DataFrame:
    """One network's IoU in per cent: mean and spread (two standard deviations of the population) over the trials.

    Indexed by attack, epsilon, attack_transform and inference_transform; clean images have the attack "clean".
    """
    own = results[results["model"] == model].fillna({"attack_transform": NONE, "inference_transform": NONE})
    groups = own.groupby(_WHERE, sort=False)["iou"]
    return pd.DataFrame({"mean": groups.mean(), "spread": 2 * groups.std(ddof=0)})


def transforms(results: pd.DataFrame) -> list[str]:
    """The transforms before the network, none first, in the order in which they were run."""
    found = results["inference_transform"].fillna(NONE).unique()
    return [NONE, *(name for name in found if name != NONE)]


def line(scores: pd.DataFrame, attack: str, expected: str, inference: str) -> pd.DataFrame:
    """Mean and spread by epsilon, 0 (clean images) first; empty where the cells were not run."""
    rows = {}
    for kind, epsilon, known, seen in scores.index:
        same = seen == inference and (kind == CLEAN or (kind == attack and known == expected))
        if same:
            rows[epsilon] = scores.loc[(kind, epsilon, known, seen)]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "spread"]).sort_index()
    return found if len(found) > 1 else found.iloc[:0]


def defense_figure(results: pd.DataFrame, model: str, attack: str) -> Figure:
    """Two panels: the attack does not know the transform (Fig. 6), and expects it (Fig. 7)."""
    scores, names = over_trials(results, model), transforms(results)
    figure = Figure(figsize=(10.6, 4.3), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, aware in zip(panels, (False, True), strict=True):
        for name in names:
            _line(axes, line(scores, attack, name if aware else NONE, name), name, names, dashed=aware)
        _finish(axes, "The attack expects the transform" if aware else "The attack does not know the transform")
    _finish_figure(figure, panels[0], f"{attack_title(attack)} on {model}, {subject(results)}")
    return figure


def transfer_figure(results: pd.DataFrame, model: str, attack: str) -> Figure:
    """A panel for each transform that the attack expects, a line for each before the network (Fig. 8)."""
    scores, names = over_trials(results, model), transforms(results)
    expected = [name for name in names if name != NONE]
    rows = -(-len(expected) // 2)
    figure = Figure(figsize=(10.6, 0.8 + 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in panels[len(expected) :]:
        spare.remove()
    for axes, known in zip(panels, expected, strict=False):
        _line(axes, line(scores, attack, NONE, NONE), NONE, names, dashed=True)
        for name in expected:
            _line(axes, line(scores, attack, known, name), name, names)
        _finish(axes, f"The attack expects {transform_title(known)}")
    _finish_figure(figure, panels[0], f"{attack_title(attack)} on {model}, {subject(results)}")
    return figure


def draw_transforms(results: pd.DataFrame, folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Writes defense_<model>_<attack>, and transfer_... where the pairs were run; returns the paths."""
    paths = []
    for model in results["model"].unique():
        for attack in _attacks(results):
            paths += save_figure(defense_figure(results, model, attack), folder, f"defense_{model}_{attack}")
            if is_crossed(results):
                paths += save_figure(transfer_figure(results, model, attack), folder, f"transfer_{model}_{attack}")
    return paths


def is_crossed(results: pd.DataFrame) -> bool:
    """Whether attacks that expect one transform met another one."""
    known, seen = (results[f"{end}_transform"].fillna(NONE) for end in ("attack", "inference"))
    return bool(((known != NONE) & (seen != known)).any())


def defense_table(results: pd.DataFrame, model: str, attack: str, table=markdown_table) -> str:
    """IoU at the headline epsilon, a row a transform: clean, under the plain attack, under the one that expects it."""
    scores, epsilon = over_trials(results, model), headline_epsilon(results)
    rows = []
    for name in transforms(results):
        cells = [(CLEAN, 0.0, NONE, name), (attack, epsilon, NONE, name)]
        cells += [(attack, epsilon, name, name)] if name != NONE else []
        rows.append(
            [transform_title(name), *(_mean_and_spread(scores, cell) for cell in cells), *["-"] * (3 - len(cells))]
        )
    return table(["Before the network", "Clean", "Attack does not know", "Attack expects it"], rows)


def transfer_table(results: pd.DataFrame, model: str, attack: str, table=markdown_table) -> str:
    """IoU at the headline epsilon: a row a transform before the network, a column one that is expected (Table 2)."""
    scores, epsilon = over_trials(results, model), headline_epsilon(results)
    names = [*(name for name in transforms(results) if name != NONE), NONE]
    rows = [
        [transform_title(seen), *(_mean_and_spread(scores, (attack, epsilon, known, seen)) for known in names)]
        for seen in names
    ]
    return table(["Before the network \\ expected by the attack", *map(transform_title, names)], rows)


def transform_markdown(
    results: pd.DataFrame, figures: Sequence[str], findings: Sequence[str], claims: Sequence[dict[str, str]]
) -> str:
    """The text of results.md of an experiment with transforms; claims as Claim has them, each with its network."""
    epsilon = headline_epsilon(results)
    parts = [f"# Input transforms as defenses, {subject(results)}", *(headlines(results))]
    if findings:
        parts.append("\n".join(["## Warnings", "", *(f"- {finding}" for finding in findings)]))
    for model in results["model"].unique():
        for attack in _attacks(results):
            parts += [
                f"## {model}, {attack_title(attack)}, epsilon {epsilon:g}",
                "IoU in per cent; the mean over the trials +- two standard deviations over them, where there are "
                "several.",
                defense_table(results, model, attack),
            ]
            if is_crossed(results):
                parts.append(transfer_table(results, model, attack))
            own = [c for c in claims if (c["model"], c["attack"]) == (model, attack)]
            if own:
                parts += ["### What the paper claims", claims_table(own)]
    parts += [f"![{path}]({path})" for path in figures]
    return "\n\n".join(parts) + "\n"


def claims_table(claims: Sequence[dict[str, str]]) -> str:
    """Markdown: claim, verdict, what was measured with its 95 % interval over images."""
    keys = ("number", "statement", "verdict", "measured")
    lines = ["| Claim | Statement | Here | Measured |", "| :-- | :-- | :-- | :-- |"]
    return "\n".join([*lines, *(f"| {' | '.join(claim[key] for key in keys)} |" for claim in claims)])


def headlines(results: pd.DataFrame) -> list[str]:
    """For each network and attack a sentence: what the best defense brings, before and after the attack knows it."""
    epsilon, found = headline_epsilon(results), []
    for model in results["model"].unique():
        scores = over_trials(results, model)
        for attack in _attacks(results):
            plain = scores["mean"].get((attack, epsilon, NONE, NONE), np.nan)
            unaware = {name: scores["mean"].get((attack, epsilon, NONE, name), np.nan) for name in transforms(results)}
            best = max(unaware, key=lambda name: (unaware[name], name))
            aware = scores["mean"].get((attack, epsilon, best, best), np.nan)
            clean = scores["mean"].get((CLEAN, 0.0, NONE, NONE), np.nan)
            sentence = (
                f"{attack_title(attack)} at epsilon {epsilon:g} takes {model} from {number(clean)} to {number(plain)} "
                f"% IoU. The transform that helps most is {transform_title(best)}: {number(unaware[best])} % against "
                "an attack that does not know it"
            )
            found.append(sentence + (f", {number(aware)} % against one that expects it." if aware == aware else "."))
    return found


def terminal_transforms(results: pd.DataFrame) -> str:
    """The tables for a terminal, a network and an attack after the other."""
    parts = [f"IoU (%) +- two standard deviations over the trials, {subject(results)}"]
    for model in results["model"].unique():
        for attack in _attacks(results):
            parts += [f"{model}, {attack_title(attack)}, epsilon {headline_epsilon(results):g}"]
            parts.append(defense_table(results, model, attack, plain_table))
            if is_crossed(results):
                parts.append(transfer_table(results, model, attack, plain_table))
    return "\n\n".join(parts) + "\n"


def _attacks(results: pd.DataFrame) -> list[str]:
    return [name for name in results["attack"].unique() if name != CLEAN]


def _mean_and_spread(scores: pd.DataFrame, cell: tuple) -> str:
    if cell not in scores.index:
        return "-"
    mean, spread = scores.loc[cell]
    return f"{number(mean)} +- {number(spread)}" if cell[3] != NONE else number(mean)


def _line(axes: Axes, scores: pd.DataFrame, name: str, names: Sequence[str], dashed: bool = False) -> None:
    if scores.empty:
        return
    index = names.index(name)
    places = np.arange(len(scores))
    style = "--" if name == NONE and dashed else "-"
    look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)], "linestyle": style}
    axes.plot(places, scores["mean"], label=transform_title(name), markersize=5.5, linewidth=1.6, **look)
    low, high = scores["mean"] - scores["spread"], scores["mean"] + scores["spread"]
    axes.fill_between(places, low, high, color=look["color"], alpha=0.15, linewidth=0)
    axes.set_xticks(places, [f"{epsilon:g}" for epsilon in scores.index])


def _finish(axes: Axes, heading: str) -> None:
    axes.set_title(heading, fontsize=SIZE + 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Epsilon (grey levels of 255; 0: clean)", fontsize=SIZE)
    axes.set_ylabel("IoU (%)", fontsize=SIZE)
    axes.tick_params(labelsize=SIZE - 1, labelbottom=True, labelleft=True)
    axes.grid(color="0.88", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _finish_figure(figure: Figure, panel: Axes, heading: str) -> None:
    figure.suptitle(heading, x=0.01, horizontalalignment="left", fontsize=SIZE)
    handles, labels = panel.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside right center", title="Before the network", fontsize=SIZE - 1, frameon=False
    )
    legend.get_title().set_fontsize(SIZE - 1)
