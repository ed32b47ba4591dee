"""Scores with their resamples, on counts drawn for each test, against formulas, intervals of results.csv and SciPy."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
from made_up import IMAGES, OPPOSITE, Answer, cell, pair, results

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import interval, iou_interval, iou_ratio_interval
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.results import Cell, Results
from tfadvseg.studies.evidence import Evidence, format_score, mean_known, rank_correlation

FGSM = cell("enet", "fgsm", 8.0)


def drawn(seed: int, images: int = 6, classes: int = 3) -> Counts:
    """Counts [N, C] that images could have."""
    matrices = np.random.default_rng(seed).integers(1, 50, (images, classes, classes)) + 100 * np.eye(
        classes, dtype=int
    )
    return Counts(matrices.diagonal(axis1=1, axis2=2), matrices.sum(2), matrices.sum(1))


def found(counts: dict[Cell, Counts], **sums: np.ndarray) -> Results:
    """A run with these cells; sums over pixels [K, N] are 1 where they are not given."""
    parts = Counts(*(np.stack(part) for part in zip(*counts.values(), strict=True)))
    k, n = parts.hits.shape[:2]
    kinds = ("confidence", "entropy", "boundaries", "pixels", "linf", "l2")
    arrays = {kind: np.ones((k, n)) for kind in kinds} | {"gradients": np.zeros(k), "queries": np.zeros(k)}
    names = tuple(map(str, range(n)))
    return Results(tuple(counts), names, names, parts, seconds=np.zeros(k), **(arrays | sums))


def test_a_score_is_the_iou_and_its_interval_that_of_results_csv():
    own = drawn(1)
    evidence = Evidence(found({FGSM: own}))
    score = evidence.iou(attack="fgsm", epsilon=8.0)
    assert score.shape == (1001,) and score[0] == pytest.approx(mean_iou(own.total()))
    np.testing.assert_allclose(score, mean_iou(own.weighted(evidence.weights)))
    assert interval(score, units=6) == pytest.approx(iou_interval(own))


def test_images_of_one_group_are_drawn_together():
    """Two drives of three images: a resample has both, or one of them twice."""
    run = dataclasses.replace(found({FGSM: drawn(20)}), groups=("first", "second") * 3)
    weights = Evidence(run).weights
    assert weights.shape == (1001, 6) and (weights[0] == 1).all()
    assert {tuple(row) for row in weights} == {(1, 1) * 3, (2, 0) * 3, (0, 2) * 3}
    assert Evidence(run).units == 2 and Evidence(found({FGSM: drawn(20)})).units == 6 == Evidence(run).images


def test_the_number_of_resamples_and_their_seed_are_arguments():
    run = found({FGSM: drawn(2)})
    assert len(Evidence(run, resamples=7).iou(attack="fgsm")) == 8
    first, again, other = (Evidence(run, seed=seed).iou(attack="fgsm") for seed in (0, 0, 1))
    assert (first == again).all() and first[0] == other[0] and (first != other).any()


def test_trials_are_averaged_and_their_spread_is_two_deviations_of_the_population():
    trials = [drawn(seed) for seed in (3, 4, 5)]
    evidence = Evidence(found({dataclasses.replace(FGSM, trial=i): own for i, own in enumerate(trials)}))
    single = np.array([mean_iou(own.total()) for own in trials])
    assert evidence.iou(model="enet")[0] == pytest.approx(single.mean())
    deviation = np.sqrt(np.mean((single - single.mean()) ** 2))
    assert evidence.spread(model="enet")[0] == pytest.approx(2 * deviation) and deviation > 0


@pytest.mark.parametrize("trials", [1, 2])
def test_a_spread_needs_three_trials(trials):
    evidence = Evidence(found({dataclasses.replace(FGSM, trial=i): drawn(6 + i) for i in range(trials)}))
    spread = evidence.spread(model="enet")
    assert spread.shape == (1001,) and np.isnan(spread).all()


def test_comparisons_are_paired():
    """Whatever images are drawn, a cell does not differ from itself, though each resample has another IoU."""
    own = drawn(8)
    evidence = Evidence(found({FGSM: own, cell("enet", "ifgsm", 8.0): own}))
    difference = evidence.iou(attack="fgsm") - evidence.iou(attack="ifgsm")
    assert not difference.any() and evidence.iou(attack="fgsm")[1:].std() > 0


def test_ratios_refer_to_the_clean_cell_and_are_paired():
    clean, attacked = drawn(9), drawn(10)
    evidence = Evidence(found({cell("enet"): clean, FGSM: attacked}))
    np.testing.assert_allclose(evidence.ratio(attack="clean"), 100)
    score = evidence.ratio(attack="fgsm")
    assert score[0] == pytest.approx(100 * mean_iou(attacked.total()) / mean_iou(clean.total()))
    assert interval(score, units=6) == pytest.approx(iou_ratio_interval(attacked, clean))
    own, of = (mean_iou(counts.weighted(evidence.weights)) for counts in (attacked, clean))
    np.testing.assert_allclose(score, 100 * own / of)


def test_a_ratio_refers_to_clean_images_before_the_same_network_and_transform():
    """40 of 80 behind the transform; without it the clean IoU is 50, and that of the other network 20 and 25."""
    evidence = Evidence(
        results(
            {
                cell("enet"): Answer(50.0),
                cell("enet", inference="blur"): Answer(80.0),
                cell("icnet"): Answer(20.0),
                cell("icnet", inference="blur"): Answer(25.0),
                cell("enet", "fgsm", 8.0, "icnet", expected="jpeg", inference="blur"): Answer(40.0),
            }
        )
    )
    np.testing.assert_allclose(evidence.ratio(attack="fgsm"), 50)


def test_a_ratio_has_the_trials_of_both_cells():
    """A mean of 30 of a mean of 60."""
    cells = {cell("enet", inference="hsv", trial=i): Answer(50.0 + 20 * i) for i in range(2)}
    cells |= {cell("enet", "fgsm", 8.0, inference="hsv", trial=i): Answer(20.0 + 20 * i) for i in range(2)}
    np.testing.assert_allclose(Evidence(results(cells)).ratio(attack="fgsm"), 50)


def test_certainty_is_a_mean_over_the_pixels_of_all_images():
    """Large images weigh more: 100 pixels at 50 %, 300 at 90 % are 80 % of 400; one image alone is what it is."""
    sums = {
        "confidence": [[50.0, 270.0]],
        "entropy": [[100.0, 60.0]],
        "boundaries": [[10.0, 6.0]],
        "pixels": [[100, 300]],
    }
    run = found({FGSM: drawn(11, images=2)}, **{name: np.array(values) for name, values in sums.items()})
    evidence = Evidence(run)
    confidence, entropy, boundaries = (
        measure(attack="fgsm") for measure in (evidence.confidence, evidence.entropy, evidence.boundaries)
    )
    assert (confidence[0], entropy[0], boundaries[0]) == pytest.approx((80, 0.4, 4))
    first, second = (evidence.weights[:, i] == 2 for i in range(2))
    assert first.any() and second.any()
    for score, alone in ((confidence, (50, 90)), (entropy, (1, 0.2)), (boundaries, (10, 2))):
        assert score[first] == pytest.approx(alone[0]) and score[second] == pytest.approx(alone[1])


def test_certainty_is_a_mean_over_trials():
    cells = {
        cell("enet", "fgsm", 8.0, inference="hsv", trial=i): Answer(30.0, 80.0 + 10 * i, 1.0 - i / 2) for i in (0, 1)
    }
    evidence = Evidence(results(cells))
    np.testing.assert_allclose(evidence.confidence(attack="fgsm"), 85)
    np.testing.assert_allclose(evidence.entropy(attack="fgsm"), 0.75)


def test_two_models_of_different_input_size_have_their_own_pixels():
    """Both are wholly unsure of 11 classes, one at 256 x 192 pixels, one at 480 x 360: ln 11 nats each, and no more."""
    pixels = np.array([[256 * 192] * 3, [480 * 360] * 3], float)
    run = found(
        {cell("small"): drawn(12, images=3), cell("large"): drawn(13, images=3)},
        entropy=np.log(11) * pixels,
        confidence=pixels / 11,
        boundaries=0.02 * pixels,
        pixels=pixels,
    )
    evidence = Evidence(run)
    for model in ("small", "large"):
        np.testing.assert_allclose(evidence.entropy(model=model), np.log(11))
        np.testing.assert_allclose(evidence.confidence(model=model), 100 / 11)
        np.testing.assert_allclose(evidence.boundaries(model=model), 2)


@pytest.mark.parametrize(("where", "count"), [({"attack": "pgd"}, 0), ({"model": "enet"}, 2)])
def test_a_question_about_no_cell_or_several_is_refused(where, count):
    evidence = Evidence(found({FGSM: drawn(14), cell("enet", "ifgsm", 8.0): drawn(15)}))
    for score in (evidence.iou, evidence.ratio, evidence.confidence, evidence.spread):
        with pytest.raises(ValueError, match=f"has {count} cells and not one of"):
            score(**where)


def test_it_knows_which_cells_were_run():
    evidence = Evidence(found({FGSM: drawn(16)}))
    assert evidence.has(model="enet", attack="fgsm") and evidence.has(epsilon=8.0)
    assert not evidence.has(model="enet", attack="ifgsm") and not evidence.has(model="icnet", attack="fgsm")


def test_what_does_not_come_from_cells_is_resampled_alike():
    """The means of an IoU's images are that IoU, where images are of one size and have one class."""
    ious = 30 + 5 * OPPOSITE
    evidence = Evidence(results({FGSM: Answer(ious)}))
    over = evidence.over_images(np.stack([ious, 2 * ious]))
    np.testing.assert_allclose(over, [evidence.iou(attack="fgsm"), 2 * evidence.iou(attack="fgsm")])
    assert evidence.images == IMAGES and over.shape == (2, 1001) and over[0, 0] == 30 and over[0].std() > 0


def test_a_mean_of_known_scores_leaves_out_what_is_none():
    nan = np.nan
    np.testing.assert_array_equal(
        mean_known([np.array([1.0, nan, nan, 8.0]), np.array([3.0, 4.0, nan, 8.0])]), [2.0, 4.0, nan, 8.0]
    )


def test_rank_correlations_equal_scipys():
    """Column by column, ties included."""
    rng = np.random.default_rng(17)
    first, second = rng.integers(0, 5, (8, 6)).astype(float), rng.normal(size=(8, 6))
    expected = [scipy.stats.spearmanr(*columns).statistic for columns in zip(first.T, second.T, strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), expected)
    np.testing.assert_allclose(rank_correlation(second, first), expected)


def test_a_known_score_is_compared_with_every_resample():
    thetas, scores = np.arange(8.0)[:, None], np.random.default_rng(18).normal(size=(8, 6))
    expected = [scipy.stats.spearmanr(thetas[:, 0], column).statistic for column in scores.T]
    np.testing.assert_allclose(rank_correlation(thetas, scores), expected)


def test_what_differs_by_rounding_is_a_tie():
    first, second = np.array([[0.1 + 0.2], [0.3], [0.5]]), np.array([[1.0], [2.0], [3.0]])
    expected = scipy.stats.spearmanr([1, 1, 2], [1, 2, 3]).statistic
    np.testing.assert_allclose(rank_correlation(first, second), [expected])


def test_where_all_are_alike_there_is_no_correlation():
    assert np.isnan(rank_correlation(np.ones((8, 1)), np.random.default_rng(19).normal(size=(8, 6)))).all()


MANY = 10**9
"""Units of which Student's t is the normal distribution."""


def test_a_score_is_told_with_its_interval():
    assert format_score(np.array([12.34, *np.linspace(10.34, 14.34, 1001)]), MANY) == "12.3 [10.4, 14.2]"
    assert format_score(np.array([10.34, *np.linspace(-9.66, 30.34, 1001)]), MANY, "+.1f") == "+10.3 [-8.7, +29.3]"
    assert format_score(np.array([9.0, 9.0, 9.0]), MANY) == "9.0 [9.0, 9.0]"


def test_an_interval_is_without_the_bias_of_the_resamples():
    """They lie 2 too high in the mean, so it lies 2 below the score in the mean."""
    assert format_score(np.array([10.0, *np.linspace(10, 14, 1001)]), MANY) == "10.0 [6.1, 9.9]"
    assert interval(np.array([10.0, 12.0, 12.0]), MANY) == pytest.approx((8, 8))


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        (2, np.sqrt(2) * 12.7062),
        (4, np.sqrt(4 / 3) * 3.18245),
        (16, np.sqrt(16 / 15) * 2.13145),
        (61, np.sqrt(61 / 60) * 2.00030),
        (MANY, 1.95996),
    ],
)
def test_an_interval_is_widened_for_few_units(units, factor):
    """By Student's t of n - 1 degrees of freedom, from a table, in place of 1.95996."""
    score = np.array([50.0, *np.linspace(48, 52, 1001)])
    widened = 1.9 * factor / 1.95996
    assert interval(score, units) == pytest.approx((50 - widened, 50 + widened), rel=1e-5)
    low, high = interval(score, units)
    assert format_score(score, units, ".3f") == f"50.000 [{low:.3f}, {high:.3f}]"


def test_of_one_unit_a_score_is_told_alone():
    assert format_score(np.array([12.34, 12.34, 12.34]), 1) == "12.3"
    assert np.isnan(interval(np.array([12.34, 12.34, 12.34]), 1)).all()


def test_an_interval_is_that_of_the_resamples_that_are_known():
    nan = np.nan
    assert format_score(np.array([1.0, nan, 1.0, 1.0, nan]), MANY) == "1.0 [1.0, 1.0]"
    assert format_score(np.array([1.0, nan, nan]), MANY) == "1.0"


def test_evidence_tells_by_the_groups_of_its_run():
    ious, groups = 40 + 5 * OPPOSITE, [f"drive_{i // 4}" for i in range(IMAGES)]
    ious[:4] += 20.0
    told = []
    for own in (None, groups, ["drive"] * IMAGES):
        evidence = Evidence(results({FGSM: Answer(ious)}, own))
        score = evidence.iou(attack="fgsm")
        assert evidence.images == IMAGES and evidence.units == len(set(own or range(IMAGES)))
        assert evidence.format(score) == format_score(score, evidence.units)
        np.testing.assert_array_equal(evidence.interval(score), interval(score, evidence.units))
        told.append(evidence.format(score, ".2f"))
    assert told[2] == "45.00" and len(set(told)) == 3 and all(one.startswith("45.00") for one in told)


def test_starts_are_resampled_by_groups():
    """Of two drives whose means are 1 and 3."""
    starts = {"net/away": (2 - OPPOSITE, 0.0, 0.0)}
    found = pair({("net", "net", "fgsm", 8.0): Answer()}, starts=starts, groups=["a", "b"] * 8)
    loss, _, _ = found.start("net", "away")
    assert loss[0] == 2 and set(loss) == {1, 2, 3}


def test_a_ratio_of_no_clean_iou_is_unknown():
    """Resamples of the images on which the clean network is wrong throughout have no ratio."""
    clean, attacked = Answer(40 + 40 * OPPOSITE[:4]), Answer(20 + 20 * OPPOSITE[:4])
    evidence = Evidence(results({cell("enet"): clean, FGSM: attacked}, groups="abcd"))
    ratio = evidence.ratio(attack="fgsm")
    assert np.isnan(ratio).any() and ratio[~np.isnan(ratio)] == pytest.approx(50)
    assert evidence.format(ratio) == "50.0 [50.0, 50.0]"


def test_intervals_have_the_level_that_is_asked_for():
    """Student's t is that of the level, too; an order of things has its resamples as they are."""
    evidence = Evidence(found({FGSM: drawn(21)}))
    score = evidence.iou(attack="fgsm", epsilon=8.0)
    low, high = interval(score, 6, 99.0)
    assert low < interval(score, 6)[0] - 1 and evidence.interval(score) == interval(score, 6)
    assert evidence.interval(score, 99.0) == (low, high)
    assert evidence.format(score, level=99.0) == f"{score[0]:.1f} [{low:.1f}, {high:.1f}]" != evidence.format(score)
    ordered = np.array([500.0, *range(1, 1002)])
    assert format_score(ordered, 16, ".0f", ranks=True, level=90.0) == "500 [51, 951]"
    assert format_score(ordered, 16, ".0f", ranks=True) == "500 [26, 976]"


def test_the_jackknife_leaves_out_one_group_after_the_other():
    """Groups in the order of their names, whatever the order of the images."""
    own = drawn(3)
    run = dataclasses.replace(found({FGSM: own}), groups=("b", "a", "c", "a", "b", "c"))
    evidence = Evidence(run)
    score = evidence.jackknife.iou(attack="fgsm", epsilon=8.0)
    assert score.shape == (4,) and score[0] == evidence.iou(attack="fgsm", epsilon=8.0)[0]
    for place, others in enumerate(([0, 2, 4, 5], [1, 2, 3, 5], [0, 1, 3, 4]), start=1):
        assert score[place] == pytest.approx(mean_iou(Counts(*(part[others] for part in own)).total()))
