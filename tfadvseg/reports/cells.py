"""What a report takes from results.csv: its white-box cells, in the order and with the names of the paper.

IoU, IoU ratio and accuracy are per cent; epsilon is in grey levels of 0..255. Anything may be missing (NaN).
"""

import pathlib

import pandas as pd

CLEAN = "clean"
"""The `attack` of the rows that hold each network's scores on images nobody touched, at epsilon 0."""

ATTACK_TITLES = {
    "fgsm": "FGSM",
    "fgsm_ll": "FGSM ll",
    "ifgsm": "Iterative FGSM",
    "ifgsm_ll": "Iterative FGSM ll",
}
"""The attacks of the paper, in its order; any other attack follows under its own name."""

HEADLINE_EPSILON = 8.0
"""Where networks are compared by one number, as in Fig. 4 and Tables 1 and 2 of the paper."""

SCORES = (
    "iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high", "pixel_accuracy",
    "mean_confidence", "mean_entropy", "images",
)  # fmt: skip
_TEXT = ("dataset", "split", "model", "source_model", "attack", "attack_transform", "inference_transform")


def read_results(path: str | pathlib.Path) -> pd.DataFrame:
    """results.csv, one row a cell, with names kept as text even where they look like numbers."""
    return pd.read_csv(path, dtype=dict.fromkeys(_TEXT, str))


def white_box(results: pd.DataFrame) -> pd.DataFrame:
    """Clean rows, and rows in which a network is attacked by its own gradients with no transformation at either end.

    The columns that say what a cell is, and SCORES, each the mean over trials; applied twice it changes nothing more.
    Raises ValueError where a column is missing or the rows come from more than one dataset or split.
    """
    missing = [name for name in (*_TEXT, "epsilon", *SCORES) if name not in results]
    if missing:
        raise ValueError(f"results.csv lacks the columns: {', '.join(missing)}.")
    plain = (results[["attack_transform", "inference_transform"]].fillna("none") == "none").all(axis=1)
    own = (results["source_model"] == results["model"]) | (results["attack"] == CLEAN)
    cells = results[plain & own]
    sets = cells[["dataset", "split"]].drop_duplicates()
    if len(sets) > 1:
        names = ", ".join("/".join(row) for row in sets.itertuples(index=False))
        raise ValueError(f"A report is about one dataset and split; results.csv holds {names}.")
    cells = cells.assign(source_model=cells["model"], attack_transform="none", inference_transform="none")
    return cells.groupby([*_TEXT, "epsilon"], sort=False, as_index=False)[list(SCORES)].mean()


def models(cells: pd.DataFrame) -> list[str]:
    """Networks in ascending order of clean IoU, those without one last."""
    clean = cells[cells["attack"] == CLEAN].set_index("model")["iou"]
    return sorted(cells["model"].unique(), key=lambda name: (pd.isna(clean.get(name)), clean.get(name, 0.0), name))


def attacks(cells: pd.DataFrame) -> list[str]:
    """Attacks that were run: those of the paper in its order, then any other in order of appearance."""
    found = [name for name in cells["attack"].unique() if name != CLEAN]
    return [name for name in ATTACK_TITLES if name in found] + [name for name in found if name not in ATTACK_TITLES]


def attack_title(attack: str) -> str:
    """The name of an attack for people."""
    return ATTACK_TITLES.get(attack, attack)


def headline_epsilon(cells: pd.DataFrame) -> float:
    """HEADLINE_EPSILON where it was run, else the largest epsilon."""
    epsilons = cells["epsilon"].unique()
    return HEADLINE_EPSILON if HEADLINE_EPSILON in epsilons else float(max(epsilons, default=0.0))


def clean_score(cells: pd.DataFrame, model: str, column: str = "iou") -> float:
    """A score of one network on clean images; NaN where there is none."""
    values = cells.loc[(cells["attack"] == CLEAN) & (cells["model"] == model), column]
    return float(values.iloc[0]) if len(values) else float("nan")


def curve(cells: pd.DataFrame, model: str, attack: str) -> pd.DataFrame:
    """SCORES of one network under one attack, indexed by ascending epsilon > 0."""
    chosen = (cells["model"] == model) & (cells["attack"] == attack) & (cells["epsilon"] > 0)
    return cells[chosen].set_index("epsilon")[list(SCORES)].sort_index()


def grid(cells: pd.DataFrame, attack: str, column: str) -> pd.DataFrame:
    """One score, a row a network (as in `models`) and a column an epsilon of this attack, 0 (clean) first."""
    rows = {
        model: {0.0: clean_score(cells, model, column), **curve(cells, model, attack)[column].to_dict()}
        for model in models(cells)
    }
    table = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return table[sorted(table.columns)]


def score_at(cells: pd.DataFrame, model: str, attack: str, epsilon: float) -> dict[str, float]:
    """SCORES of one cell; NaN where it was not run."""
    return curve(cells, model, attack).reindex([epsilon]).iloc[0].astype(float).to_dict()


def subject(cells: pd.DataFrame) -> str:
    """What was measured, e.g. "camvid test, 233 images"."""
    if cells.empty:
        return "no cells"
    images = cells["images"].max()
    count = "" if pd.isna(images) else f", {images:.0f} image{'' if images == 1 else 's'}"
    return f"{cells['dataset'].iloc[0]} {cells['split'].iloc[0]}{count}"
