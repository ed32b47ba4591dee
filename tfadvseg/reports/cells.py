"""What a report takes from results.csv: its white-box cells, in the order of the paper.

IoU, IoU ratio and accuracy are per cent; epsilon is in grey levels of 0..255. Anything may be missing (NaN).
"""

from collections.abc import Iterable

import pandas as pd

from tfadvseg.reports.titles import ATTACKS
from tfadvseg.runs.results import CLEAN, NONE, images_text

HEADLINE_EPSILON = 8.0
"""Where networks are compared by one number, as in Fig. 4 and Tables 1 and 2 of the paper."""

SCORES = (
    "iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high", "nmiou", "pixel_accuracy",
    "mean_confidence", "mean_entropy", "images", "groups", "linf", "linf_median", "l2", "broken", "gradients",
    "queries",
)  # fmt: skip
_CELL = ["dataset", "split", "model", "source_model", "attack", "epsilon", "attack_transform", "inference_transform"]


def white_box(results: pd.DataFrame) -> pd.DataFrame:
    """Clean rows, and rows in which a network is attacked by its own gradients with no transform at either end, or with
    one in the attack where the run has it in no other way.

    The columns that say what a cell is, and SCORES, each the mean over trials; applied twice it changes nothing more.
    The ends of intervals are means as well, which are not the ends of an interval of the mean: a study that has trials
    puts those in their place. epsilon is NaN for attacks that find their own norm.
    """
    own = (results["source_model"] == results["model"]) | (results["attack"] == CLEAN)
    cells = results[own & (results["inference_transform"] == NONE)]
    plain = cells["attack_transform"] == NONE
    either_way = plain.groupby([cells["model"], cells["attack"], cells["epsilon"]], dropna=False).transform("any")
    cells = cells[plain | ~either_way]
    cells = cells.assign(source_model=cells["model"], epsilon=cells["epsilon"].astype(float))
    return cells.groupby(_CELL, sort=False, as_index=False, dropna=False)[list(SCORES)].mean()


def models(cells: pd.DataFrame) -> list[str]:
    """Networks in ascending order of clean IoU, those without one last."""
    clean = cells[cells["attack"] == CLEAN].set_index("model")["iou"]
    return sorted(cells["model"].unique(), key=lambda name: (pd.isna(clean.get(name)), clean.get(name, 0.0), name))


def attacks(cells: pd.DataFrame) -> list[str]:
    """Attacks that have an epsilon: those of the paper in its order, then any other in order of appearance."""
    return in_order_of_the_paper(cells.loc[cells["epsilon"] > 0, "attack"].unique())


def in_order_of_the_paper(names: Iterable[str]) -> list[str]:
    """Attacks of the paper first, the others behind them as they come."""
    found = list(names)
    return [name for name in ATTACKS if name in found] + [name for name in found if name not in ATTACKS]


def epsilons(cells: pd.DataFrame) -> list[float]:
    """Those of the attacks, ascending."""
    return sorted(cells.loc[cells["epsilon"] > 0, "epsilon"].unique())


def headline_epsilon(cells: pd.DataFrame) -> float:
    """HEADLINE_EPSILON where it was run, else the largest epsilon."""
    found = epsilons(cells)
    return HEADLINE_EPSILON if HEADLINE_EPSILON in found else float(max(found, default=0.0))


def clean_score(cells: pd.DataFrame, model: str, column: str = "iou") -> float:
    """A score of one network on clean images; NaN where there is none."""
    values = cells.loc[(cells["attack"] == CLEAN) & (cells["model"] == model), column]
    return float(values.iloc[0]) if len(values) else float("nan")


def curve(cells: pd.DataFrame, model: str, attack: str, source: str | None = None) -> pd.DataFrame:
    """SCORES of one network under one attack on `source`, by default itself, indexed by ascending epsilon > 0."""
    made = (cells["attack"] == attack) & (cells["source_model"] == (source or model))
    chosen = made & (cells["model"] == model) & (cells["epsilon"] > 0)
    return cells[chosen].set_index("epsilon")[list(SCORES)].sort_index()


def score_at(
    cells: pd.DataFrame, model: str, attack: str, epsilon: float, source: str | None = None
) -> dict[str, float]:
    """SCORES of one cell; NaN where it was not run."""
    return curve(cells, model, attack, source).reindex([epsilon]).iloc[0].astype(float).to_dict()


def grid(cells: pd.DataFrame, attack: str, column: str) -> pd.DataFrame:
    """One score, a row a network (as in `models`) and a column an epsilon of this attack, 0 (clean) first."""
    rows = {
        model: {0.0: clean_score(cells, model, column), **curve(cells, model, attack)[column].to_dict()}
        for model in models(cells)
    }
    table = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return table[sorted(table.columns)]


def own_norm(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of attacks that find their own norm, network by network."""
    chosen = cells[cells["epsilon"].isna()]
    order = {name: place for place, name in enumerate(models(cells))}
    return chosen.sort_values("model", key=lambda names: names.map(order), kind="stable")


def subject(cells: pd.DataFrame) -> str:
    """What was measured, e.g. "camvid validation, 101 images in 5 groups of alike ones"."""
    first = cells.iloc[0]
    return f"{first['dataset']} {first['split']}, {images_text(int(first['images']), int(first['groups']))}"
