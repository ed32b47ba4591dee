"""Rows of results.csv worked by hand."""

import numpy as np
import pytest

from tfadvseg.runs.results import COLUMNS, Cell, rows, table

CLEAN = Cell("camvid", "validation", "enet", "enet", "clean", 0.0)
ATTACKED = Cell("camvid", "validation", "enet", "enet", "fgsm", 8.0)
MATRICES = np.array([
    [[[3, 1], [0, 4]], [[2, 0], [0, 6]]],
    [[[1, 3], [4, 0]], [[2, 0], [3, 3]]],
])  # fmt: skip


@pytest.fixture
def found():
    return rows(
        [CLEAN, ATTACKED], MATRICES, confidence=np.array([[8.0, 6.0], [4.0, 4.0]]),
        entropy=np.array([[1.0, 1.0], [4.0, 6.0]]), pixels=np.array([10, 10]), gradients=np.array([0, 7]),
        seconds=np.array([0.12345, 2.0]),
    )  # fmt: skip


def test_scores_are_those_of_the_summed_matrices(found):
    """Clean [[5, 1], [0, 10]]: 5/6 and 10/11. Attacked [[3, 3], [7, 3]]: 3/13 and 3/13."""
    clean, attacked = found
    assert clean["iou"] == pytest.approx(100 * (5 / 6 + 10 / 11) / 2)
    assert attacked["iou"] == pytest.approx(100 * 3 / 13)
    assert attacked["iou_ratio"] == pytest.approx(100 * attacked["iou"] / clean["iou"])
    assert clean["iou_ratio"] == clean["iou_ratio_low"] == clean["iou_ratio_high"] == 100
    assert (clean["pixel_accuracy"], attacked["pixel_accuracy"]) == (93.75, 37.5)


def test_means_run_over_all_pixels(found):
    assert [row["mean_confidence"] for row in found] == [0.7, 0.4]
    assert [row["mean_entropy"] for row in found] == [0.1, 0.5]


def test_intervals_enclose_their_scores(found):
    for row in found:
        assert row["iou_low"] <= row["iou"] <= row["iou_high"]
        assert row["iou_ratio_low"] <= row["iou_ratio"] <= row["iou_ratio_high"]


def test_rows_keep_the_order_of_their_cells_and_say_what_they_cost(found):
    assert [(row["attack"], row["epsilon"]) for row in found] == [("clean", 0.0), ("fgsm", 8.0)]
    assert [row["gradients"] for row in found] == [0, 7] and [row["images"] for row in found] == [2, 2]
    assert [row["seconds"] for row in found] == [0.123, 2.0]


def test_the_table_has_the_columns_of_the_design(found):
    frame = table(found)
    assert tuple(frame.columns) == COLUMNS and set(found[0]) == set(COLUMNS)
    assert not frame.isna().any().any()
