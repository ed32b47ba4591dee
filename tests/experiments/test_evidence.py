"""Scores with their resamples, and verdicts, on confusion matrices made for them."""

import numpy as np
import pytest
import scipy.stats
from tfadvseg.experiments.evidence import FAILS, HOLDS, UNDECIDED, Evidence, rank_correlation, text, verdict
from tfadvseg.experiments.gather import Found

from tfadvseg.metrics.intervals import iou_interval, iou_ratio_interval
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.results import Cell

CELL = Cell("camvid", "validation", "enet", "enet", "fgsm", 8.0)
RNG = np.random.default_rng(0)


def matrices(images=6):
    return RNG.integers(1, 50, (images, 3, 3)) + 100 * np.eye(3, dtype=int)


def found(*pairs):
    cells, arrays = zip(*pairs, strict=True)
    pixels = np.arange(100, 100 + len(arrays[0]))
    half, twice, tenth = ([factor * pixels] * len(cells) for factor in (0.5, 2.0, 0.1))
    return Found(list(cells), list(arrays), half, twice, tenth, pixels, [], [], [])


def cell(**changes):
    return Cell(**{**CELL.__dict__, **changes})


def test_a_score_is_the_iou_and_its_interval_that_of_results_csv():
    own = matrices()
    score = Evidence(found((CELL, own))).iou(attack="fgsm", epsilon=8.0)
    assert score[0] == pytest.approx(mean_iou(own.sum(0)))
    assert tuple(np.percentile(score[1:], [2.5, 97.5])) == pytest.approx(iou_interval(own))


def test_trials_are_averaged_and_their_spread_is_of_the_population():
    trials = [matrices() for _ in range(3)]
    evidence = Evidence(found(*((cell(trial=i), own) for i, own in enumerate(trials))))
    single = [mean_iou(own.sum(0)) for own in trials]
    assert evidence.iou(model="enet")[0] == pytest.approx(np.mean(single))
    assert evidence.spread(model="enet") == pytest.approx(2 * np.sqrt(np.mean((single - np.mean(single)) ** 2)))


def test_comparisons_are_paired():
    """Whatever images are drawn, a cell does not differ from itself."""
    own = matrices()
    evidence = Evidence(found((CELL, own), (cell(attack="ifgsm"), own)))
    difference = evidence.iou(attack="fgsm") - evidence.iou(attack="ifgsm")
    assert not difference.any() and evidence.iou(attack="fgsm")[1:].std() > 0


def test_ratios_refer_to_the_clean_cell_and_are_paired():
    clean, attacked = matrices(), matrices()
    evidence = Evidence(found((cell(attack="clean", epsilon=0.0), clean), (CELL, attacked)))
    np.testing.assert_allclose(evidence.ratio(attack="clean"), 100)
    score = evidence.ratio(attack="fgsm")
    assert score[0] == pytest.approx(100 * mean_iou(attacked.sum(0)) / mean_iou(clean.sum(0)))
    low, high = iou_ratio_interval(attacked, clean)
    assert tuple(np.percentile(score[1:], [2.5, 97.5])) == pytest.approx((low, high))


def test_confidence_and_entropy_are_means_over_pixels():
    evidence = Evidence(found((CELL, matrices())))
    np.testing.assert_allclose(evidence.confidence(attack="fgsm"), 50)
    np.testing.assert_allclose(evidence.entropy(attack="fgsm"), 2)


@pytest.mark.parametrize("where", [{"attack": "pgd"}, {"model": "enet"}])
def test_a_question_about_no_cell_or_several_is_refused(where):
    evidence = Evidence(found((CELL, matrices()), (cell(attack="ifgsm"), matrices())))
    with pytest.raises(ValueError, match=r"is [02] cells of the experiment and not one"):
        evidence.iou(**where)


def test_a_verdict_needs_975_of_1000_resamples():
    def agreeing(count, measured):
        return np.array([measured, *([True] * count), *([False] * (1000 - count))])

    assert verdict(agreeing(975, True)) == HOLDS and verdict(agreeing(974, True)) == UNDECIDED
    assert verdict(agreeing(25, False)) == FAILS and verdict(agreeing(26, False)) == UNDECIDED
    assert verdict(agreeing(1000, False)) == UNDECIDED


def test_text_names_the_score_and_its_interval():
    assert text(np.array([12.34, *np.linspace(10, 14, 1001)])) == "12.3 [10.1, 13.9]"
    assert text(np.array([12.34, *np.linspace(-10, 30, 1001)]), "+.1f") == "+12.3 [-9.0, +29.0]"


def test_rank_correlations_equal_scipys():
    """Column by column, ties included."""
    first, second = RNG.integers(0, 5, (8, 6)).astype(float), RNG.normal(size=(8, 6))
    expected = [scipy.stats.spearmanr(*columns).statistic for columns in zip(first.T, second.T, strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), expected)
    assert np.isnan(rank_correlation(np.ones((8, 1)), second)).all()


def test_a_known_score_is_compared_with_every_resample():
    thetas, scores = np.arange(8.0)[:, None], RNG.normal(size=(8, 6))
    expected = [scipy.stats.spearmanr(thetas[:, 0], column).statistic for column in scores.T]
    np.testing.assert_allclose(rank_correlation(thetas, scores), expected)
