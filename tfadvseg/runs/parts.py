"""What attacks in a region broke inside of it and outside: region.csv."""

import dataclasses

import pandas as pd

from tfadvseg.runs.results import Cell, Results, rows

CELL = tuple(field.name for field in dataclasses.fields(Cell))
SCORES = ("iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high", "pixel_accuracy")
COLUMNS = (*CELL, "part", *SCORES, "pixels")
"""One row a cell and part of the images: whole, inside, outside. Scores are those of results.csv of the part's pixels
alone, their ratio to the clean images of the same part. pixels: labelled ones."""


def table(results: Results) -> pd.DataFrame:
    """region.csv, the parts of a cell behind each other; no row of a run without a region."""
    parts = results.parts()
    found = [
        {**row, "part": name, "pixels": int(own.counts.labelled[k].sum())}
        for name, own in parts.items()
        for k, row in enumerate(rows(own))
    ]
    whole = pd.DataFrame(found, columns=list(COLUMNS))
    order = [part * len(results.cells) + k for k in range(len(results.cells)) for part in range(len(parts))]
    return whole.iloc[order].reset_index(drop=True)
