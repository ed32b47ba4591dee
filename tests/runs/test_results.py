"""Rows of results.csv worked by hand, and the file that they come from."""

import dataclasses

import numpy as np
import pytest

from tfadvseg.metrics.counts import Counts
from tfadvseg.runs.results import ALONE, COLUMNS, Cell, Results, images_text, rows, table

CLEAN = Cell("camvid", "validation", "enet", "enet", "clean", 0.0)
ATTACKED = Cell("camvid", "validation", "enet", "enet", "fgsm", 8.0)
MATRICES = np.array(
    [
        [[[3, 1], [0, 4]], [[2, 0], [0, 6]]],
        [[[1, 3], [4, 0]], [[2, 0], [3, 3]]],
    ]
)
"""Confusion matrices [cell, image, truth, prediction]."""


@pytest.fixture
def results():
    return Results(
        (CLEAN, ATTACKED),
        ("a", "b"),
        ("drive", "drive"),
        Counts(np.diagonal(MATRICES, axis1=2, axis2=3), MATRICES.sum(3), MATRICES.sum(2)),
        confidence=np.array([[8.0, 6.0], [4.0, 4.0]]),
        entropy=np.array([[1.0, 1.0], [4.0, 6.0]]),
        boundaries=np.ones((2, 2)),
        pixels=np.array([[10, 10], [5, 5]]),
        linf=np.array([[0.0, 0.0], [8.0, 7.0]]),
        l2=np.array([[0.0, 0.0], [30.0, 50.0]]),
        gradients=np.array([0, 7]),
        queries=np.array([0, 3]),
        seconds=np.array([0.12345, 2.0]),
        forwards=np.array([0, 5]),
        alone=np.array([[0, 0, 0], [4, 2, 1]]),
    )


@pytest.fixture
def found(results):
    return rows(results)


def test_scores_are_those_of_the_summed_matrices(found):
    """Clean [[5, 1], [0, 10]]: 5/6 and 10/11. Attacked [[3, 3], [7, 3]]: 3/13 and 3/13."""
    clean, attacked = found
    assert clean["iou"] == pytest.approx(100 * (5 / 6 + 10 / 11) / 2)
    assert attacked["iou"] == pytest.approx(100 * 3 / 13)
    assert attacked["iou_ratio"] == pytest.approx(100 * attacked["iou"] / clean["iou"])
    assert clean["iou_ratio"] == 100
    assert (clean["pixel_accuracy"], attacked["pixel_accuracy"]) == (93.75, 37.5)


def test_means_run_over_the_pixels_of_their_own_cell(found):
    assert [row["mean_confidence"] for row in found] == [0.7, 0.8]
    assert [row["mean_entropy"] for row in found] == [0.1, 1.0]


def test_norms_are_the_largest_the_median_and_the_mean(found):
    assert [(row["linf"], row["linf_median"], row["l2"]) for row in found] == [(0.0, 0.0, 0.0), (8.0, 7.5, 40.0)]


@pytest.mark.parametrize(
    ("right", "expected"),
    [([1, 2, 50], 100 / 3), ([0, 1, 1], 100.0), ([2, 2, 100], 0.0)],
)
def test_broken_are_images_of_which_at_most_one_per_cent_is_right(results, right, expected):
    """Of 100 labelled pixels each; a fourth image, without any, counts for nothing."""
    hits = np.array([[[n, 0] for n in right] + [[0, 0]]] * 2)
    labelled = np.array([[[100, 0]] * 3 + [[0, 0]]] * 2)
    four = {name: np.ones((2, 4)) for name in ("confidence", "entropy", "boundaries", "pixels", "linf", "l2")}
    changed = dataclasses.replace(
        results, ids=tuple("abcd"), groups=tuple("abcd"), counts=Counts(hits, labelled, labelled), **four
    )
    assert rows(changed)[0]["broken"] == pytest.approx(expected)
    none = dataclasses.replace(changed, counts=Counts(hits * 0, hits * 0, hits * 0))
    assert np.isnan(rows(none)[0]["broken"])


def test_intervals_enclose_their_scores(results):
    """Of two images of different drives; of one drive nothing is known."""
    for row in rows(dataclasses.replace(results, groups=("one", "other"))):
        assert row["iou_low"] <= row["iou"] <= row["iou_high"]
        assert row["iou_ratio_low"] <= row["iou_ratio"] <= row["iou_ratio_high"]
    for row in rows(results):
        assert row["groups"] == 1 and np.isnan(row["iou_low"]) and np.isnan(row["iou_ratio_high"])


def test_rows_keep_the_order_of_their_cells_and_say_what_they_cost(found):
    assert [(row["attack"], row["epsilon"]) for row in found] == [("clean", 0.0), ("fgsm", 8.0)]
    assert [(row["gradients"], row["queries"], row["images"]) for row in found] == [(0, 0, 2), (7, 3, 2)]
    assert [row["seconds"] for row in found] == [0.123, 2.0]
    assert [row["forwards"] for row in found] == [0, 5]
    assert [[row[column] for column in ALONE] for row in found] == [[0, 0, 0], [4, 2, 1]]
    assert all(isinstance(row[column], int) for row in found for column in ("forwards", *ALONE))


def test_the_mean_over_images_is_of_the_mean_iou_of_each(found):
    """Attacked: 1/8 and 0/7 of the first image, 2/5 and 3/6 of the second."""
    assert found[1]["nmiou"] == pytest.approx(100 * ((1 / 8 + 0) / 2 + (2 / 5 + 3 / 6) / 2) / 2)


@pytest.mark.parametrize("missing", ["forwards", "alone"])
def test_what_an_older_version_did_not_count_is_not_known(results, tmp_path, missing):
    results.save(tmp_path / "cells.npz")
    with np.load(tmp_path / "cells.npz") as file:
        np.savez(tmp_path / "old.npz", **{name: file[name] for name in file.files if name != missing})
    old = table(rows(Results.read(tmp_path / "old.npz")))
    columns = {"forwards"} if missing == "forwards" else set(ALONE)
    assert {column for column in ("forwards", *ALONE) if old[column].isna().all()} == columns


def test_the_table_has_the_columns_of_the_design(found):
    frame = table(found)
    assert tuple(frame.columns) == COLUMNS and set(found[0]) == set(COLUMNS)
    ends = [f"{score}_{end}" for score in ("iou", "iou_ratio") for end in ("low", "high")]
    assert frame.columns[frame.isna().any()].tolist() == ends


def test_the_file_gives_back_everything(results, tmp_path):
    own_norm = dataclasses.replace(ATTACKED, epsilon=None)
    changed = dataclasses.replace(results, cells=(CLEAN, own_norm), classes=("road", "sky"), left_out=("c: no",))
    changed.save(tmp_path / "cells.npz")
    read = Results.read(tmp_path / "cells.npz")
    assert (read.cells, read.ids, read.groups, read.left_out) == (
        changed.cells,
        results.ids,
        results.groups,
        ("c: no",),
    )
    assert read.classes == read.class_names == ("road", "sky")
    for field in dataclasses.fields(Results)[3:-5]:
        np.testing.assert_array_equal(getattr(read, field.name), getattr(results, field.name))
    assert [path.name for path in tmp_path.iterdir()] == ["cells.npz"]


def test_a_file_without_class_names_has_their_numbers(results, tmp_path):
    """As older versions wrote it."""
    results.save(tmp_path / "cells.npz")
    with np.load(tmp_path / "cells.npz") as file:
        np.savez(tmp_path / "old.npz", **{name: file[name] for name in file.files if name != "classes"})
    assert Results.read(tmp_path / "old.npz").class_names == ("class 0", "class 1")


@pytest.mark.parametrize(
    ("images", "groups", "expected"),
    [
        (1, 1, "1 image"),
        (16, 16, "16 images"),
        (2, 1, "2 images in 1 group of alike ones"),
        (101, 5, "101 images in 5 groups of alike ones"),
    ],
)
def test_images_are_told_with_their_groups(images, groups, expected):
    assert images_text(images, groups) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "1 of 3 photographs was left out: p0: bad."),
        (2, "2 of 4 photographs were left out: p0: bad; p1: bad."),
        (10, "10 of 12 photographs were left out: " + "; ".join(f"p{i}: bad" for i in range(10)) + "."),
        (
            11,
            "11 of 13 photographs were left out: "
            + "; ".join(f"p{i}: bad" for i in range(10))
            + "; and 1 more, which pipelines.inspect_data names.",
        ),
    ],
)
def test_what_was_left_out_is_a_sentence(results, count, expected):
    assert dataclasses.replace(results, left_out=tuple(f"p{i}: bad." for i in range(count))).left_out_text() == expected


def test_some_images_alone_keep_their_counts_in_the_order_that_is_asked(results):
    both, one = results.of_images(["b", "a"]), results.of_images(["b"])
    assert both.ids == ("b", "a") and both.groups == ("drive", "drive") and one.ids == ("b",)
    np.testing.assert_array_equal(both.counts.hits, results.counts.hits[:, ::-1])
    np.testing.assert_array_equal(one.of(1).hits, results.of(1).hits[1:])
    np.testing.assert_array_equal(one.linf, [[0.0], [7.0]])
    with pytest.raises(ValueError, match="no image 'c'"):
        results.of_images(["a", "c"])
