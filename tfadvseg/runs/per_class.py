"""The IoU of each class in every cell of a run: per_class.csv."""

import dataclasses

import numpy as np
import pandas as pd

from tfadvseg.metrics.intervals import class_iou_interval
from tfadvseg.metrics.scores import iou_per_class
from tfadvseg.runs.results import Results

COLUMNS = (
    "dataset",
    "split",
    "model",
    "source_model",
    "attack",
    "epsilon",
    "attack_transform",
    "inference_transform",
    "trial",
    "class",
    "iou",
    "iou_low",
    "iou_high",
    "labelled",
)
"""One row a cell and class. IoU with its 95 % interval in per cent, empty for a class that is not in the labels; the
interval is empty where fewer than two groups of images have the class. labelled: pixels of the class in all images."""


def table(results: Results) -> pd.DataFrame:
    """per_class.csv: the classes of a cell in their order, cell after cell in that of results.csv."""
    found = []
    for k, cell in enumerate(results.cells):
        counts = results.of(k)
        low, high = class_iou_interval(counts, results.groups)
        columns = {"iou": iou_per_class(counts.total()), "iou_low": low, "iou_high": high}
        whole = counts.labelled.sum(0).astype(np.int64)
        rows = pd.DataFrame({"class": results.class_names, **columns, "labelled": whole})
        found.append(rows.assign(**dataclasses.asdict(cell)))
    return pd.concat(found, ignore_index=True)[list(COLUMNS)]
