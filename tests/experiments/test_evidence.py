"""Scores with their resamples, and verdicts, on confusion matrices made for them."""

import numpy as np
import pytest

from tfadvseg.experiments.evidence import FAILS, HOLDS, UNDECIDED, Evidence, text, verdict
from tfadvseg.experiments.gather import Found
from tfadvseg.metrics.intervals import iou_interval
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.results import Cell

CELL = Cell("camvid", "validation", "enet", "enet", "fgsm", 8.0)
RNG = np.random.default_rng(0)


def matrices(images=6):
    return RNG.integers(1, 50, (images, 3, 3)) + 100 * np.eye(3, dtype=int)


def found(*pairs):
    cells, arrays = zip(*pairs, strict=True)
    return Found(list(cells), list(arrays), [], [], [])


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
    assert text(np.array([12.34, *np.linspace(-10, 30, 1001)]), signed=True) == "+12.3 [-9.0, +29.0]"
