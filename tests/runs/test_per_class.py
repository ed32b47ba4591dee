"""Rows of per_class.csv, from counts by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import class_iou_interval
from tfadvseg.runs.per_class import COLUMNS, table
from tfadvseg.runs.results import Cell, Results

CLEAN = Cell("camvid", "validation", "enet", "enet", "clean", 0.0)
FREE = Cell("camvid", "validation", "enet", "enet", "smallest", None, "jpeg", "blur", 2)
COUNTS = Counts(
    hits=np.array([[[3, 4, 0, 0], [2, 6, 0, 0]], [[1, 0, 0, 0], [2, 3, 0, 0]]]),
    labelled=np.array([[[4, 4, 0, 0], [2, 6, 0, 3]]] * 2),
    predicted=np.array([[[3, 5, 0, 0], [2, 6, 3, 0]], [[5, 3, 0, 0], [5, 3, 3, 0]]]),
)
"""Of two cells, two images and four classes; the third class is only predicted, the fourth is in one image."""


@pytest.fixture
def results():
    ones, nothing = np.ones((2, 2)), np.zeros(2)
    return Results(
        (CLEAN, FREE),
        ("a", "b"),
        ("one", "other"),
        COUNTS,
        ones,
        ones,
        ones,
        ones,
        ones,
        ones,
        nothing,
        nothing,
        nothing,
        classes=("road", "sky", "car", "pole"),
    )


def test_each_class_of_each_cell_has_a_row(results, tmp_path):
    """Clean road: 5 right of 6 labelled and 5 predicted, so 5 / 6; attacked road 3 of 6 and 10, so 3 / 13."""
    found = table(results)
    assert tuple(found.columns) == COLUMNS
    assert found["class"].tolist() == 2 * ["road", "sky", "car", "pole"]
    np.testing.assert_allclose(found["iou"], [500 / 6, 1000 / 11, np.nan, 0, 300 / 13, 300 / 13, np.nan, 0])
    assert found["labelled"].tolist() == 2 * [6, 10, 0, 3]
    written = found.to_csv(tmp_path / "per_class.csv", index=False) or pd.read_csv(tmp_path / "per_class.csv")
    row = written.iloc[5].to_dict()
    assert (row["attack"], row["attack_transform"], row["inference_transform"], row["trial"]) == (
        "smallest",
        "jpeg",
        "blur",
        2,
    )
    assert written["epsilon"].isna().tolist() == 4 * [False] + 4 * [True]


def test_intervals_are_those_of_the_groups(results):
    """Empty where a class is in fewer than two of them."""
    found = table(results)
    low, high = class_iou_interval(results.of(1), ("one", "other"))
    np.testing.assert_array_equal(found["iou_low"][4:], low)
    np.testing.assert_array_equal(found["iou_high"][4:], high)
    assert found["iou_low"].isna().tolist() == 2 * [False, False, True, True]
    alike = table(dataclasses.replace(results, groups=("one", "one")))
    assert alike["iou_low"].isna().all() and alike["iou"].equals(found["iou"])
