"""p values against SciPy's, Holm's correction by hand, how often chance is taken for a difference, and whether as many
groups as are said to decide do decide."""

import numpy as np
import pytest
import scipy.stats

from tfadvseg.metrics.intervals import calibrated, resample_weights, widening
from tfadvseg.metrics.significance import EXACT, groups_needed, holm, p_value, pseudo_values, sign_flip_p


def score_of(values, resamples=1000, seed=0):
    """[1 + R] of the mean of values [n], one a group."""
    weights = resample_weights(range(len(values)), resamples, seed)
    return np.concatenate([[values.mean()], weights @ values / len(values)])


@pytest.mark.parametrize("seed", range(4))
def test_the_p_of_a_mean_is_that_of_the_t_test(seed):
    values = np.random.default_rng(seed).normal(0.6, 1, 9)
    expected = scipy.stats.ttest_1samp(values, 0).pvalue
    assert p_value(score_of(values, 40_000), 9) == pytest.approx(expected, rel=0.05)


def test_the_p_of_what_never_changes_is_0_or_1():
    assert p_value(np.full(101, 3.0), 5) == 0 and p_value(np.zeros(101), 5) == 1
    assert np.isnan(p_value(np.full(101, 3.0), 1))


@pytest.mark.parametrize("seed", range(4))
def test_sign_flips_are_those_of_scipy(seed):
    values = np.random.default_rng(seed).normal(0.5, 1, 8)
    expected = scipy.stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip_p(values) == pytest.approx(expected.pvalue)


def test_sign_flips_of_few_groups_have_a_least_p():
    for units in (2, 3, 5):
        assert sign_flip_p(np.arange(1.0, units + 1)) == 2 / 2**units
    assert np.isnan(sign_flip_p(np.array([1.0]))) and np.isnan(sign_flip_p(np.array([1.0, np.nan])))
    assert sign_flip_p(np.zeros(4)) == 1


def test_of_many_groups_sign_flips_are_drawn():
    values = np.random.default_rng(0).normal(0.4, 1, EXACT + 6)
    assert sign_flip_p(values) == pytest.approx(scipy.stats.ttest_1samp(values, 0).pvalue, abs=0.02)
    assert sign_flip_p(np.ones(40)) == 1 / (2**EXACT + 1)


def test_pseudo_values_of_a_mean_are_the_values():
    values = np.random.default_rng(0).normal(size=7)
    without = [np.delete(values, k).mean() for k in range(7)]
    np.testing.assert_allclose(pseudo_values(np.array([values.mean(), *without])), values)


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 and 0.04 x 1, which may not fall again."""
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.03, 0.02])), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.01, 0.013, 0.014, 0.19, 0.35])), [0.05, 0.052, 0.052, 0.38, 0.38])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])
    np.testing.assert_allclose(holm(np.array([np.nan, 0.02, 0.03])), [np.nan, 0.04, 0.04])
    assert holm(np.zeros(0)).shape == (0,)


def test_chance_is_taken_for_a_difference_no_more_often_than_was_promised():
    """600 experiments of three networks that do not differ on 10 groups, whose differences are skewed: how often any of
    three pairs differs after Holm's correction, and how often a single one without it."""
    rng = np.random.default_rng(1)
    any_of_three, single, flipped = 0, 0, 0
    for _ in range(600):
        networks = rng.gamma(4, 1, (3, 10)) + rng.normal(0, 2, 10)
        apart = [networks[a] - networks[b] for a, b in ((0, 1), (0, 2), (1, 2))]
        p = np.array([p_value(score_of(one, 200), 10) for one in apart])
        any_of_three += (holm(p) < 0.05).any()
        single += p[0] < 0.05
        flipped += sign_flip_p(apart[0]) < 0.05
    assert 0.015 < any_of_three / 600 < 0.07
    assert 0.03 < single / 600 < 0.075 and 0.03 < flipped / 600 < 0.075


@pytest.mark.parametrize("level", [95.0, 99.0])
def test_an_interval_excludes_0_from_the_groups_on_that_are_needed(level):
    """Of so many groups and not of one fewer, by the widened length itself."""
    centre, of_one = 0.7, 2.0
    spread = np.array([-1, 1] * 500) * of_one / np.sqrt(12)
    needed = groups_needed(np.array([centre, *(centre + spread)]), 12, level)

    def reach(units):
        return widening(int(units), level) * scipy.stats.norm.ppf((100 + level) / 200) * of_one / np.sqrt(units)

    assert reach(needed) < centre <= reach(needed - 1)


def test_what_is_decided_needs_no_more_and_what_is_not_more_groups():
    for seed in range(20):
        score = score_of(np.random.default_rng(seed).normal(0.6, 1, 12), 4000)
        assert (p_value(score, 12) < 0.05) == (groups_needed(score, 12) <= 12)


def test_no_difference_is_never_decided_and_of_one_group_nothing_is_known():
    score = score_of(np.array([1.0, -1.0, 2.0, -2.0]))
    centred = score - (2 * score[0] - score[1:].mean()) + 0.0
    assert groups_needed(np.concatenate([[0.0], centred[1:] - centred[1:].mean()]), 4) == np.inf
    assert np.isnan(groups_needed(score, 1))
    assert groups_needed(np.full(101, 3.0), 5) == 2


def test_an_experiment_of_that_size_decides_every_other_time():
    """A truth that lies half a standard deviation from 0: a sample that shows just this asks for about 18 groups, of
    which about half of all experiments decide, of a third as many few and of four times as many nearly all."""
    rng = np.random.default_rng(3)
    sample = rng.normal(0, 1, 30)
    sample = 0.5 + (sample - sample.mean()) / sample.std(ddof=1)
    needed = groups_needed(score_of(sample, 20_000), 30)
    assert 16 <= needed <= 20

    def decided(units):
        found = 0
        for _ in range(400):
            score = score_of(rng.normal(0.5, 1, units), 300, seed=int(rng.integers(1 << 30)))
            low, high = np.percentile(calibrated(score, units), [2.5, 97.5])
            found += low > 0 or high < 0
        return found / 400

    assert 0.4 < decided(int(needed)) < 0.62
    assert decided(int(needed) // 3) < 0.25 and decided(4 * int(needed)) > 0.95
