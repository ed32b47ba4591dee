"""Tables for people: Markdown laid out as Tables 7 to 14 of the paper, and a compact one for a terminal."""

from collections.abc import Sequence

import pandas as pd

from tfadvseg.reports.cells import (
    attack_title,
    attacks,
    clean_score,
    curve,
    grid,
    headline_epsilon,
    models,
    score_at,
    subject,
    white_box,
)

TERMINAL_WIDTH = 110


def iou_table(results: pd.DataFrame, attack: str) -> str:
    """Markdown table of absolute IoU in per cent: networks in ascending order of clean IoU, a column an epsilon."""
    table = grid(white_box(results), attack, "iou")
    rows = [[model, *map(number, row)] for model, row in zip(table.index, table.to_numpy(), strict=True)]
    return markdown_table(["Network \\ epsilon", *(f"{epsilon:g}" for epsilon in table.columns)], rows)


def headline_table(results: pd.DataFrame) -> str:
    """Markdown table at the headline epsilon: clean IoU and the IoU ratio under each attack, with 95 % intervals."""
    cells = white_box(results)
    epsilon = headline_epsilon(cells)
    rows = []
    for model in models(cells):
        clean = with_interval(*(clean_score(cells, model, column) for column in ("iou", "iou_low", "iou_high")))
        scores = [score_at(cells, model, attack, epsilon) for attack in attacks(cells)]
        ratios = [with_interval(s["iou_ratio"], s["iou_ratio_low"], s["iou_ratio_high"]) for s in scores]
        rows.append([model, clean, *ratios])
    return markdown_table(["Network", "Clean IoU", *map(attack_title, attacks(cells))], rows)


def headline(results: pd.DataFrame) -> str:
    """One sentence: under the attack that hurts most at the headline epsilon, who keeps the most IoU, who the least."""
    cells = white_box(results)
    epsilon = headline_epsilon(cells)
    ratios = {
        attack: {model: score_at(cells, model, attack, epsilon)["iou_ratio"] for model in models(cells)}
        for attack in attacks(cells)
    }
    means = pd.DataFrame(ratios, dtype=float).mean().dropna()
    if means.empty:
        return "No network was attacked."
    strongest = means.idxmin()
    ranked = pd.Series(ratios[strongest], dtype=float).dropna().sort_values(kind="stable")
    keeps = {model: f"{model} keeps {ratio:.1f} % of its clean IoU" for model, ratio in ranked.items()}
    opening = f"At epsilon {epsilon:g} the attack that hurts most is {attack_title(strongest)}: "
    if len(ranked) == 1:
        return f"{opening}{keeps[ranked.index[0]]}."
    return f"{opening}{keeps[ranked.index[-1]]} (the most), {keeps[ranked.index[0]]} (the least)."


def results_markdown(results: pd.DataFrame, figures: Sequence[str] = (), findings: Sequence[str] = ()) -> str:
    """The text of results.md. figures: paths of pictures to show; findings: warnings, a sentence each."""
    cells = white_box(results)
    parts = [f"# Robustness on {subject(cells)}", headline(cells)]
    if findings:
        parts.append("\n".join(["## Warnings", "", *(f"- {finding}" for finding in findings)]))
    parts += [
        f"## IoU ratio at epsilon {headline_epsilon(cells):g}",
        "IoU under attack in per cent of the same network's clean IoU; the clean IoU is in per cent. In brackets the "
        "95 % interval of a bootstrap over images, clean and attacked ones resampled together.",
        headline_table(cells),
    ]
    parts += [f"![IoU ratio against epsilon]({path})" for path in figures]
    parts += [
        "## IoU",
        "Mean IoU in per cent over the classes present. Each network is attacked by its own gradients; epsilon is the "
        "largest change of a pixel's channel in grey levels of 0..255, and 0 is the clean image. The 95 % bootstrap "
        "interval of every cell is in results.csv.",
    ]
    for attack in attacks(cells):
        parts += [f"### {attack_title(attack)}", iou_table(cells, attack)]
    return "\n\n".join(parts) + "\n"


def terminal_table(results: pd.DataFrame, width: int = TERMINAL_WIDTH) -> str:
    """Plain text: clean IoU and the IoU ratio at each epsilon, a line a network and attack, at most `width` wide.

    Epsilons that do not fit go on in a further block; a name too long for its column is cut short.
    """
    cells = white_box(results)
    lines = [f"IoU ratio (% of clean IoU), white-box, {subject(cells)}"]
    epsilons = sorted(cells.loc[cells["epsilon"] > 0, "epsilon"].unique())
    names = {model: model if len(model) <= 32 else f"{model[:29]}..." for model in models(cells)}
    titles = {attack: attack_title(attack)[:24] for attack in attacks(cells)}
    first = max(map(len, ["model", *names.values()]))
    second = max(map(len, ["attack", *titles.values()]))
    cell = max(5, *(len(f"{epsilon:g}") for epsilon in epsilons)) if epsilons else 5
    block = max(1, (width - first - second - 2 - 7) // (cell + 1))
    for start in range(0, max(1, len(epsilons)), block):
        shown = epsilons[start : start + block]
        header = "".join(f" {epsilon:>{cell}g}" for epsilon in shown)
        lines += ["", f"{'model':<{first}}  {'attack':<{second}} {'clean':>6}{header}"]
        for model, name in names.items():
            clean = number(clean_score(cells, model))
            for attack, title in titles.items() or {"": "-"}.items():
                ratios = curve(cells, model, attack)["iou_ratio"].reindex(shown)
                values = "".join(f" {number(ratio):>{cell}}" for ratio in ratios)
                lines.append(f"{name:<{first}}  {title:<{second}} {clean:>6}{values}")
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """One decimal, or a dash for what is missing."""
    return "-" if pd.isna(value) else f"{value:.1f}"


def with_interval(value: float, low: float, high: float) -> str:
    """As 71.2 [69.8, 72.6], without brackets where there is no interval."""
    known = not (pd.isna(value) or pd.isna(low) or pd.isna(high))
    return f"{number(value)} [{number(low)}, {number(high)}]" if known else number(value)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that is aligned as plain text too: the first column to the left, the others to the right."""
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(values):
        padded = [value.rjust(width) for value, width in zip(values, widths, strict=True)]
        padded[0] = values[0].ljust(widths[0])
        return f"| {' | '.join(padded)} |"

    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a terminal, without rules."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(values):
        padded = [value.rjust(width) for value, width in zip(values, widths, strict=True)]
        padded[0] = values[0].ljust(widths[0])
        return "  ".join(padded)

    return "\n".join(map(line, [header, *rows]))
