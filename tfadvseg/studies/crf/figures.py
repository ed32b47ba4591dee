"""Figures of networks with and without a dense CRF: Figures 9, 10 and 19 to 23 of the paper."""

import functools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tfadvseg.reports import plots
from tfadvseg.reports.cells import clean_score, curve, epsilons, score_at, subject
from tfadvseg.reports.drawing import Drawing
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.names import TARGETED, UNTARGETED
from tfadvseg.studies.evidence import rank_correlation

GREEK = {"theta_alpha": "$\\theta_\\alpha$", "theta_beta": "$\\theta_\\beta$", "theta_gamma": "$\\theta_\\gamma$"}
MEASURES = {"mean_confidence": "Mean confidence (%)", "mean_entropy": "Mean entropy (nats)"}
WITHOUT = "without CRF"
PLAIN = plots.Look("#000000", "X", "--")
"""Of the network without the CRF, beside variants."""


def pair_figure(results: pd.DataFrame, pair: Pair) -> Figure:
    """Untargeted and targeted white-box attacks (Figs. 9 and 10); for each untargeted one, by whose gradient it meets
    the network with the CRF."""
    kinds = {"Untargeted, white-box": pair.among(UNTARGETED), "Targeted, white-box": pair.among(TARGETED)}
    kinds = {heading: attacks for heading, attacks in kinds.items() if attacks}
    untargeted = pair.among(UNTARGETED)
    figure, panels = plots.panels(len(kinds) + len(untargeted), width=5.2, height=3.7, margin=0)
    for axes, attacks in zip(panels, kinds.values(), strict=False):
        for place, attack in enumerate(attacks):
            for colour, (model, who) in enumerate([(pair.network, WITHOUT), (pair.crf, "with CRF")]):
                line, look = curve(results, model, attack), plots.look(colour)._replace(line=plots.LINES[place])
                plots.draw_curve(
                    axes,
                    line.index,
                    line["iou_ratio"],
                    line["iou_ratio_low"],
                    line["iou_ratio_high"],
                    look=look,
                    label=f"{attack_title(attack)}, {who}",
                )
    for axes, attack in zip(panels[len(kinds) :], untargeted, strict=True):
        for colour, (whose, (source, name)) in enumerate(_gradients(pair, attack).items(), start=1):
            line = curve(results, pair.crf, name, source)
            plots.draw_curve(axes, line.index, line["iou_ratio"], look=plots.look(colour), label=whose)
    for axes in panels:
        plots.epsilon_axis(axes, epsilons(results))
        plots.ratio_axis(axes, _top(results))
        plots.legend_inside(axes)
    headings = [*kinds, *(f"With CRF under {attack_title(attack)}, by whose gradient" for attack in untargeted)]
    plots.finish(figure, panels, headings, f"{pair.network} with and without a dense CRF, {subject(results)}")
    return figure


def sweep_figure(results: pd.DataFrame, pair: Pair) -> Figure:
    """IoU ratio under FGSM over epsilon for each variant: theta_alpha, theta_beta, and theta_gamma by spatial weight
    (Figs. 19 to 21). The dashed line is the network without the CRF."""
    groups = _groups(pair)
    figure, panels = plots.panels(len(groups), abreast=3, height=3.6, margin=0)
    for axes, lines in zip(panels, groups.values(), strict=True):
        for index, (label, model) in enumerate(lines.items()):
            line = curve(results, model, "fgsm")
            plots.draw_curve(axes, line.index, line["iou_ratio"], look=plots.look(index), label=label)
        plain = curve(results, pair.network, "fgsm")
        plots.draw_curve(axes, plain.index, plain["iou_ratio"], look=PLAIN, label=WITHOUT)
        plots.epsilon_axis(axes, epsilons(results))
        plots.ratio_axis(axes, _top(results))
        plots.legend_inside(axes)
    plots.finish(figure, panels, list(groups), f"FGSM on variants of {pair.crf}, {subject(results)}")
    return figure


def certainty_figure(results: pd.DataFrame, pair: Pair, measure: str) -> Figure:
    """Confidence (Fig. 22) or entropy (Fig. 23) against IoU ratio under FGSM: a panel an epsilon, a point a variant.

    Headings have Spearman's correlation over the variants; its interval is among the claims (C79).
    """
    sizes = [0.0, *curve(results, pair.network, "fgsm").index]
    figure, panels = plots.panels(len(sizes), abreast=3, margin=1.8, share_x=False)
    headings = []
    for axes, epsilon in zip(panels, sizes, strict=True):
        for index, (parameter, label) in enumerate(_moved(pair).items()):
            points = [_point(results, model, epsilon, measure) for model in pair.along(parameter)]
            plots.draw_points(axes, *zip(*points, strict=True), look=plots.look(index), label=label)
        ratio, value = _point(results, pair.network, epsilon, measure)
        plots.draw_points(axes, [ratio], [value], look=PLAIN, label=WITHOUT)
        plots.score_axis(axes, "IoU (%)" if epsilon == 0 else plots.RATIO)
        axes.set_ylabel(MEASURES[measure], fontsize=plots.SIZE)
        headings.append(_heading(results, pair, epsilon, measure))
    plots.finish(figure, panels, headings, f"FGSM on variants of {pair.crf}, {subject(results)}")
    plots.legend_beside(figure, panels[0], "Variants")
    return figure


def drawings(results: pd.DataFrame, pair: Pair) -> list[Drawing]:
    """crf_<network> of the paper's attacks; crf_sweep_, crf_confidence_ and crf_entropy_<network> of variants."""
    name, found = pair.network, list[Drawing]()
    if pair.among((*UNTARGETED, *TARGETED)):
        made = functools.partial(pair_figure, results, pair)
        found.append(Drawing(f"crf_{name}", f"IoU ratio of {name} with and without a dense CRF", made))
    if pair.pair.variants:
        swept = functools.partial(sweep_figure, results, pair)
        found.append(Drawing(f"crf_sweep_{name}", f"IoU ratio of variants of {pair.crf} under FGSM", swept))
        for measure, word in (("mean_confidence", "confidence"), ("mean_entropy", "entropy")):
            certain = functools.partial(certainty_figure, results, pair, measure)
            told = f"Mean {word} of variants of {pair.crf} against their IoU ratio"
            found.append(Drawing(f"crf_{word}_{name}", told, certain))
    return found


def _gradients(pair: Pair, attack: str) -> dict[str, tuple[str, str]]:
    """{in words: (source model, attack)} of what meets the network with the CRF."""
    ways = {"its own": (pair.crf, attack), "without CRF": (pair.network, attack)}
    if scaled := pair.scaled.get(attack):
        ways |= {"its own, scaled logits": (pair.crf, scaled), "without CRF, scaled logits": (pair.network, scaled)}
    return ways


def _groups(pair: Pair) -> dict[str, dict[str, str]]:
    """{heading of a panel: {label: variant}}."""
    groups: dict[str, dict[str, str]] = {}
    for model, values in pair.pair.variants.items():
        for name in ("theta_alpha", "theta_beta"):
            if name in values:
                groups.setdefault(f"{GREEK[name]} varied", {})[f"{GREEK[name]} = {values[name]:g}"] = model
        if "theta_gamma" in values:
            heading = f"{GREEK['theta_gamma']} varied, spatial weight {values['spatial_weight']:g}"
            groups.setdefault(heading, {})[f"{GREEK['theta_gamma']} = {values['theta_gamma']:g}"] = model
    return groups


def _moved(pair: Pair) -> Mapping[str, str]:
    """{parameter that variants differ in: label}."""
    found = {name: f"{symbol} varied" for name, symbol in GREEK.items() if pair.along(name)}
    return found | {"theta_gamma": f"{GREEK['theta_gamma']}, weight varied"} if "theta_gamma" in found else found


def _heading(results: pd.DataFrame, pair: Pair, epsilon: float, measure: str) -> str:
    points = np.array([_point(results, model, epsilon, measure) for model in pair.distinct()])
    (rank,) = rank_correlation(points[:, :1], points[:, 1:])
    heading = "Clean" if epsilon == 0 else f"Epsilon {epsilon:g}"
    return heading if np.isnan(rank) else f"{heading}, rank correlation {rank:+.2f}"


def _point(results: pd.DataFrame, model: str, epsilon: float, measure: str) -> tuple[float, float]:
    """(IoU ratio, or IoU where epsilon is 0; the measure) of a model under FGSM on itself."""
    scale = 100 if measure == "mean_confidence" else 1
    if epsilon == 0:
        return clean_score(results, model), scale * clean_score(results, model, measure)
    score = score_at(results, model, "fgsm", epsilon)
    return score["iou_ratio"], scale * score[measure]


def _top(results: pd.DataFrame) -> float:
    return plots.highest(results.loc[results["epsilon"] > 0, "iou_ratio_high"])
