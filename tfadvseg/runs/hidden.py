"""How well a class was hidden: hiding.csv."""

import dataclasses

import pandas as pd

from tfadvseg.metrics.intervals import share_interval
from tfadvseg.metrics.scores import share
from tfadvseg.runs.results import CLEAN, Cell, Results

CELL = tuple(field.name for field in dataclasses.fields(Cell))
COLUMNS = (*CELL, "found", "found_low", "found_high", "kept", "kept_low", "kept_high", "hidden")
"""One row an attacked cell. found: pixels predicted as the class on the clean image that still are, kept: all others
whose prediction is as it was, both in per cent with their 95 % intervals. hidden: pixels predicted as the class on the
clean images."""


def table(results: Results) -> pd.DataFrame:
    """hiding.csv; no row of a run that hides nothing."""
    if results.hiding is None:
        return pd.DataFrame(columns=list(COLUMNS))
    found = []
    for k, cell in enumerate(results.cells):
        if cell.attack == CLEAN:
            continue
        hidden, still, rest, kept = (part[k] for part in results.hiding)
        low, high = share_interval(still, hidden, results.groups)
        kept_low, kept_high = share_interval(kept, rest, results.groups)
        found.append(
            dataclasses.asdict(cell)
            | {
                "found": float(share(still.sum(), hidden.sum())),
                "found_low": low,
                "found_high": high,
                "kept": float(share(kept.sum(), rest.sum())),
                "kept_low": kept_low,
                "kept_high": kept_high,
                "hidden": int(hidden.sum()),
            }
        )
    return pd.DataFrame(found, columns=list(COLUMNS))
