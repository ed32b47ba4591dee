"""Which of many cells the images decide, all at once."""

import numpy as np
import pytest
import scipy.stats

from tfadvseg.metrics.intervals import interval
from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, UNMEASURED, Claim, judge
from tfadvseg.studies.shares import decided

UNITS = 1000
"""So many that intervals are hardly widened."""


def score(measured: float, spread: float, noise: np.ndarray) -> np.ndarray:
    """[1 + R]: resamples around what was measured."""
    return np.concatenate([[measured], measured + spread * (noise - noise.mean()) / noise.std()])


def independent(count: int, seed: int = 0) -> np.ndarray:
    """[count, R] normal numbers."""
    return np.random.default_rng(seed).normal(size=(count, 4000))


def test_cells_without_a_spread_are_as_sure_as_can_be():
    scores = [np.full(101, value) for value in (0.01, 0.0, -0.01)]
    assert decided(scores, 2).tolist() == [1, -1, -1]


@pytest.mark.parametrize("cells", [1, 8, 64])
def test_independent_cells_are_as_sure_as_all_of_them_ask_for(cells):
    """The 95 % point of the largest of so many normal sizes."""
    needed = scipy.stats.norm.ppf((1 + 0.95 ** (1 / cells)) / 2)
    noise = independent(cells)
    for sign in (1, -1):
        inside = [score(sign * 1.04 * needed, 1.0, row) for row in noise]
        outside = [score(sign * 0.96 * needed, 1.0, row) for row in noise]
        assert decided(inside, UNITS).tolist() == [sign] * cells and decided(outside, UNITS).tolist() == [0] * cells


def test_cells_that_go_together_are_as_sure_as_one():
    noise = independent(1)[0]
    assert decided([score(2.0, 1.0, noise)] * 64, UNITS).tolist() == [1] * 64
    assert decided([score(2.0, 1.0, row) for row in independent(64)], UNITS).tolist() == [0] * 64


def test_each_cell_is_measured_by_its_own_spread():
    one, other = independent(2)
    assert decided([score(0.3, 0.1, one), score(0.3, 10.0, other)], UNITS).tolist() == [1, 0]


@pytest.mark.parametrize("units", [2, 5, 40])
def test_one_cell_is_decided_as_its_interval_says(units):
    noise = independent(1)[0]
    low, high = interval(score(0.0, 1.0, noise), units)
    assert decided([score(-1.05 * low, 1.0, noise)], units).tolist() == [1]
    assert decided([score(-0.95 * low, 1.0, noise)], units).tolist() == [0]
    assert decided([score(-1.05 * high, 1.0, noise)], units).tolist() == [-1]


def test_the_bias_of_resamples_is_taken_off():
    """They lie by 3 below what was measured, so the truth is thought to lie by 3 above it."""
    noise = independent(1)[0]
    low = score(1.0, 1.0, noise) - np.concatenate([[0.0], np.full(noise.size, 3.0)])
    assert decided([low], UNITS).tolist() == [1]
    assert decided([low - 1.5], UNITS).tolist() == [0] == decided([1.5 - low], UNITS).tolist(), "measured otherwise"


def test_undefined_resamples_say_nothing():
    noise = independent(2)
    scores = [score(9.0, 1.0, row) for row in noise]
    scores[0][5] = np.nan
    assert decided(scores, UNITS).tolist() == [1, 1]
    assert decided([scores[0] - 8.5, scores[1]], UNITS).tolist() == [0, 1]


def test_one_find_in_twenty_experiments_on_equal_networks():
    """200 experiments of 16 alike images and 20 cells, half of which the images share."""
    rng, wrong = np.random.default_rng(1), 0
    for _ in range(200):
        images = 0.7 * rng.normal(size=(1, 16)) + 0.7 * rng.normal(size=(20, 16))
        drawn = np.concatenate([np.ones((1, 16)), rng.multinomial(16, np.full(16, 1 / 16), size=400)])
        wrong += bool(decided(list(images @ drawn.T / 16), 16).any())
    assert wrong <= 20


SHARE = {"share": 50.0, "above": 0.0}


def counted(cells: dict, units: int = UNITS, **fields) -> tuple[str, str]:
    """Verdict and words on made-up cells."""
    claim = Claim("C8", "", lambda subject: {"": cells}, **(SHARE | fields))
    (found,) = judge([claim], None, "", units)
    return found.verdict, found.measured


def cells_of(*measured: float) -> dict:
    """Sure cells of one attack at epsilon 1, 2, ...; NaN is unknown, and 0.5 and -0.5 are not sure."""
    noise = independent(len(measured))
    return {
        ("fgsm", float(place)): score(value, 1.0 if abs(value) == 0.5 else 0.0, row)
        for place, (value, row) in enumerate(zip(measured, noise, strict=True), 1)
    }


def test_it_holds_where_enough_cells_surely_agree_and_fails_where_too_many_surely_do_not():
    assert counted(cells_of(1, 1, 1, -1)) == (HOLDS, "3 of 4 cells [3, 3]; otherwise: at fgsm 4")
    assert counted(cells_of(1, 1, -1, -1))[0] == FAILS
    assert counted(cells_of(1, 1, 1, -0.5))[0] == HOLDS
    assert counted(cells_of(1, 1, 0.5, 0.5)) == (UNDECIDED, "4 of 4 cells [2, 4]")
    assert counted(cells_of(1, -1, -1, -0.5)) == (FAILS, "1 of 4 cells [1, 2]; otherwise: at fgsm 1")
    assert counted(cells_of(-1, -1, -1)) == (FAILS, "0 of 3 cells [0, 0]")


def test_cells_lie_above_the_bound_of_the_claim():
    assert counted(cells_of(3, 3), above=2.9)[0] == HOLDS and counted(cells_of(3, 3), above=3.0)[0] == FAILS


def test_one_cell_is_more_than_none():
    assert counted(cells_of(-1, 1, -1), share=0.0)[0] == HOLDS and counted(cells_of(-1, -1), share=0.0)[0] == FAILS


def test_cells_without_a_score_do_not_count():
    assert counted(cells_of(1, np.nan, -1, 1)) == (HOLDS, "2 of 3 cells [2, 2]; otherwise: at fgsm 3")
    assert counted(cells_of(np.nan)) == (UNMEASURED, "-") and counted({}) == (UNMEASURED, "-")


def test_one_group_of_images_decides_nothing():
    assert counted(cells_of(1, 1), units=1) == (TOO_FEW, "2 of 2 cells")
    assert counted(cells_of(1, 1), units=2)[0] == HOLDS


def test_contrary_cells_are_named_attack_by_attack():
    agree = {("fgsm", 1): 1.0, ("fgsm", 2): 1.0, ("ifgsm", 2): 1.0, ("ifgsm", 8): 1.0}
    contrary = {("fgsm", 4): -1.0, ("ifgsm", 1): -1.0, ("ifgsm", 4): -1.0}
    cells = {cell: np.full(11, value) for cell, value in (agree | contrary).items()}
    assert counted(cells)[1] == "4 of 7 cells [4, 4]; otherwise: at fgsm 4, ifgsm 1, 4"


def test_cells_are_counted_above_a_bound():
    with pytest.raises(ValueError, match="C8 counts the cells that lie `above` a bound"):
        Claim("C8", "", lambda subject: {}, at_most=0.0, share=50.0)
