"""Matrices of transfer: which cells are white-box, which source is the strongest, and what can be told apart."""

import numpy as np
import pytest
from made_up import OPPOSITE
from transfer_cases import matrix

from tfadvseg.studies.transfer.matrix import between_rows, compared_at, next_strongest

RATIOS = {
    ("a", "a"): 20.0,
    ("b", "a"): 60.0,
    ("c", "a"): 50.0,
    ("a", "b"): 70.0,
    ("b", "b"): 10.0,
    ("c", "b"): 90.0,
    ("a", "c"): 80.0,
    ("b", "c"): 80.5,
    ("c", "c"): 30.0,
}


def test_a_ratio_is_of_the_rows_own_clean_iou():
    """Whatever the source's is."""
    found = matrix(RATIOS, clean={"a": 40.0, "b": 80.0, "c": 60.0})
    assert found.ratio("b", "a")[0] == pytest.approx(60) and found.ratio("a", "b")[0] == pytest.approx(70)
    assert found.clean("b")[0] == pytest.approx(80)


def test_the_strongest_source_is_the_lowest_of_a_row_off_its_white_box_cell():
    found = matrix(RATIOS)
    assert [found.strongest(row) for row in found.rows] == ["c", "a", "a"]
    assert found.white_box == ["a", "b", "c"]


def test_of_networks_that_are_not_attacked_every_source_is_foreign():
    found = matrix(RATIOS, sources=["a"])
    assert [found.strongest(row) for row in found.rows] == [None, "a", "a"] and found.white_box == ["a"]


def test_a_network_without_any_iou_has_no_strongest_source():
    assert matrix(RATIOS, clean={"a": 0.0}).strongest("a") is None


def test_rows_are_compared_on_what_is_foreign_to_both():
    """a and b by c alone: 50 - 90; a and c by b: 60 - 80.5; b and c by a: 70 - 80."""
    found = {(one.first, one.second): one for one in between_rows(matrix(RATIOS))}
    assert {pair: one.score[0] for pair, one in found.items()} == pytest.approx(
        {("a", "b"): -40, ("a", "c"): -20.5, ("b", "c"): -10}
    )
    assert all(one.told_apart for one in found.values())
    assert {one.level for one in found.values()} == {100 - 10 / 6}


def test_two_rows_alone_are_compared_on_all_sources():
    (found,) = between_rows(matrix(RATIOS, models=["a", "b"]))
    assert found.score[0] == pytest.approx((20 - 70 + 60 - 10) / 2) and found.level == 95


def test_rows_are_paired_image_by_image():
    """What an image does to both does not count; where only one of them varies it may decide nothing."""
    both = {("c", "a"): 50 + 20 * OPPOSITE, ("c", "b"): 51 + 20 * OPPOSITE}
    one = {("c", "a"): 50 + 20 * OPPOSITE, ("c", "b"): 51.0}
    alike, apart = ({(d.first, d.second): d for d in between_rows(matrix(ratios))}["a", "b"] for ratios in (both, one))
    assert alike.told_apart and not apart.told_apart
    np.testing.assert_allclose(alike.score, -1)


def test_the_next_strongest_source_is_told_apart_or_not():
    found = matrix(RATIOS | {("b", "c"): 80.5 + 30 * OPPOSITE * (np.arange(len(OPPOSITE)) > 7) / 2})
    after = next_strongest(found, "a")
    assert (after.first, after.second) == ("b", "c") and after.score[0] == pytest.approx(10) and after.told_apart
    unsure = next_strongest(found, "c")
    assert (unsure.first, unsure.second) == ("b", "a") and not unsure.told_apart
    assert next_strongest(matrix(RATIOS, models=["a", "b"]), "a") is None


def test_more_sources_make_a_difference_less_sure():
    """Of two there are two orders, of three six."""
    models = ["a", "b", "c", "d"]
    assert next_strongest(matrix(RATIOS, models), "a").level == pytest.approx(100 - 10 / 6)
    assert next_strongest(matrix(RATIOS), "a").level == 95


@pytest.mark.parametrize(("epsilons", "epsilon"), [([1.0, 8.0, 16.0], 8.0), ([1.0, 4.0], 4.0), ([], 0.0)])
def test_networks_are_compared_at_epsilon_8_or_the_largest(epsilons, epsilon):
    assert compared_at(epsilons) == epsilon
