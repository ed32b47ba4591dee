"""What makes a verdict of scores: claims as rows, whatever they are about.

Scores here have two resamples, or a thousand.
"""

import numpy as np
import pytest
import scipy.stats

from tfadvseg import paper
from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, UNMEASURED, Claim, Judgement, judge, verdict


def score(*values):
    """Measured, and in two resamples."""
    return np.array(values or (1.0, 1.0, 1.0), float)


def claim(scores, above=0.0, **settings):
    return Claim("C58", "It is more", lambda subject: scores, above=above, **settings)


def judged(one):
    (found,) = judge([one], None, "enet", 5)
    return found


def positive(values):
    return values > 0


def resampled(measured, values, units, level=95.0):
    """A score whose resamples are these values when they are widened by Student's t and without their bias.

    The bias is what their mean exceeds the score by, and is taken from it, so they lie as far on its other side."""
    values = np.array(values, float)
    tail = 0.5 + level / 200
    t, z = scipy.stats.t.ppf(tail, units - 1), scipy.stats.norm.ppf(tail)
    factor = np.sqrt(units / (units - 1)) * t / z
    middle = 2 * measured - values.mean()
    return np.array([measured, *(middle + (values - values.mean()) / factor)])


DECIDING = pytest.mark.parametrize(
    ("count", "measured", "expected"),
    [
        (1000, True, HOLDS),
        (975, True, HOLDS),
        (974, True, UNDECIDED),
        (500, True, UNDECIDED),
        (0, True, UNDECIDED),
        (0, False, FAILS),
        (25, False, FAILS),
        (26, False, UNDECIDED),
        (500, False, UNDECIDED),
        (1000, False, UNDECIDED),
    ],
)
"""How many of 1000 resamples agree, and whether what was measured does."""


@DECIDING
@pytest.mark.parametrize("units", [2, 5, 400])
def test_a_verdict_needs_975_of_1000_calibrated_resamples(count, measured, expected, units):
    """Those that agree by 1, those that do not by 0.5; without a bias, where they say what was measured."""
    values = [1.0] * count + [-0.5] * (1000 - count)
    mean = float(np.mean(values))
    found = resampled(mean if (mean > 0) is measured else -mean, values, units)
    assert verdict(found, positive, units) == expected


@pytest.mark.parametrize(("level", "fewest"), [(95.0, 975), (97.5, 988), (98 + 1 / 3, 992), (99.0, 995)])
def test_a_verdict_on_ranks_is_as_sure_as_it_is_asked_to_be(level, fewest):
    """By the share of the resamples."""
    for sign, decided in ((1, HOLDS), (-1, FAILS)):
        for count, expected in ((fewest, decided), (fewest - 1, UNDECIDED)):
            found = sign * np.array([1.0] + [1.0] * count + [-0.5] * (1000 - count))
            assert verdict(found, positive, 16, ranks=True, level=level) == expected


@pytest.mark.parametrize(("level", "expected"), [(95.0, HOLDS), (98.0, UNDECIDED)])
@pytest.mark.parametrize("ranks", [False, True])
def test_a_claim_says_how_sure_its_verdict_is(level, expected, ranks):
    """Of 16 groups Student's t makes it 1.12 at 95 % and, from the resamples' deviation, 1.90 at 98 %."""
    found = np.array([1.0] * 986 + [-0.5] * 15) if ranks else 1.5 + np.array([0.0] + [-1, 0, 0, 1] * 250)
    (one,) = judge([claim({"": found}, level=level, ranks=ranks)], None, "", 16)
    assert one.verdict == expected


@pytest.mark.parametrize("units", [2, 5, 16, 400])
def test_beyond_95_percent_a_verdict_is_that_of_students_t(units):
    """Of so many groups with a spread of their mean of 1."""
    resamples = np.random.default_rng(0).normal(size=1000)
    resamples = (resamples - resamples.mean()) / resamples.std()
    t = scipy.stats.t.ppf(0.995, units - 1) * np.sqrt(units / (units - 1))
    for distance, expected in ((1.0001 * t, HOLDS), (0.9999 * t, UNDECIDED)):
        assert verdict(distance + np.array([0.0, *resamples]), positive, units, level=99.0) == expected
        low = verdict(-distance + np.array([0.0, *resamples]), positive, units, level=99.0)
        assert low == (FAILS if expected == HOLDS else UNDECIDED)


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_the_least_of_several_is_sure_where_each_of_them_is(parts):
    """Each measured at 1.9 or 2.1 standard errors: though the least of them is resampled lower than it was measured,
    that is no reason to call all of them surer than one."""
    rng = np.random.default_rng(0)
    for distance, expected in ((1.9, UNDECIDED), (3.5, HOLDS)):
        noise = rng.normal(size=(parts, 4000))
        each = distance + np.concatenate([np.zeros((parts, 1)), noise], 1)
        assert verdict(each.min(0), positive, 400) == expected


def test_surer_verdicts_of_few_groups_need_more_distance():
    """sqrt(2) times Student's t of one degree of freedom, 25.4517 at 98.75 %, times the deviation of sqrt(1/2)."""
    for distance, expected in ((25.46, HOLDS), (25.44, UNDECIDED)):
        found = distance + np.array([0.0] + [-1, 0, 0, 1] * 250)
        assert verdict(found, positive, 2, level=97.5) == expected and verdict(found, positive, 2) == HOLDS


@DECIDING
@pytest.mark.parametrize("units", [16, 400])
def test_a_verdict_on_ranks_needs_975_of_1000_resamples_as_they_are(count, measured, expected, units):
    found = np.array([1.0 if measured else -1.0] + [9.0] * count + [-0.01] * (1000 - count))
    assert verdict(found, positive, units, ranks=True) == expected


def test_what_was_measured_is_no_resample():
    """38 of 39 are not 97.5 %, 39 of 40 are."""
    for sign in (1, -1):
        found = sign * np.array([1.0] * 39 + [-1.0])
        assert verdict(found, positive, 16, ranks=True) == UNDECIDED
        assert verdict(resampled(found[0], found[1:], 16), positive, 16) == UNDECIDED


def test_of_one_group_nothing_is_decided():
    """However clear it is; two are enough."""
    for measured, expected in ((5.0, HOLDS), (-5.0, FAILS)):
        found = np.full(1001, measured)
        assert [verdict(found, positive, units) for units in (0, 1, 2, 3)] == [TOO_FEW, TOO_FEW, expected, expected]


def test_of_fewer_than_16_groups_nothing_is_decided_on_ranks():
    for measured, expected in ((5.0, HOLDS), (-5.0, FAILS)):
        found = np.full(1001, measured)
        verdicts = [verdict(found, positive, units, ranks=True) for units in (1, 2, 15, 16, 17)]
        assert verdicts == [TOO_FEW] * 3 + [expected] * 2


@pytest.mark.parametrize(
    ("measured", "expected"), [(9.17, HOLDS), (9.16, UNDECIDED), (-9.16, UNDECIDED), (-9.17, FAILS)]
)
def test_two_groups_decide_what_is_9_times_its_spread_away(measured, expected):
    """sqrt(2) times Student's t of one degree of freedom, 12.7062, over 1.95996: 9.1682.

    Of two images that differ by 2 from each other, a quarter of the resamples draws the first twice, a quarter the
    second."""
    assert verdict(measured + np.array([0.0] + [-1, 0, 0, 1] * 250), positive, 2) == expected


def test_sixteen_groups_decide_by_a_little_more_than_the_resamples_do():
    """sqrt(16 / 15) times 2.13145 over 1.95996 is 1.1232. Ranks are not widened."""
    for distance, expected in ((1.13, HOLDS), (1.12, UNDECIDED)):
        found = distance + np.array([0.0] + [-1, 0, 0, 1] * 250)
        assert verdict(found, positive, 16) == expected and verdict(found, positive, 16, ranks=True) == HOLDS


@pytest.mark.parametrize(
    ("bias", "expected"), [(1.01, UNDECIDED), (0.99, HOLDS), (-0.99, HOLDS), (-1.01, UNDECIDED), (-3.0, UNDECIDED)]
)
def test_resamples_that_are_all_too_high_say_that_the_score_is_too_high(bias, expected):
    """By as much; but they have to be on its side as they are, too. Ranks are only taken as they are."""
    found = np.array([1.0, *[1.0 + bias] * 1000])
    assert verdict(found, positive, 100) == expected
    assert verdict(found, positive, 100, ranks=True) == (HOLDS if bias > -1 else UNDECIDED)
    assert verdict(found[:3], positive, 100) == expected  # what was measured is none of the resamples


@pytest.mark.parametrize("ranks", [False, True])
def test_resamples_without_a_labelled_pixel_say_nothing(ranks):
    """A hundred of them; then all."""
    found = resampled(1.0, [2.0] * 878 + [-1.0] * 22, 16)
    undefined = np.concatenate([found, np.full(100, np.nan)])
    assert verdict(undefined, positive, 16, ranks) == HOLDS
    assert verdict(np.concatenate([found, np.full(100, -99.0)]), positive, 16, ranks) == UNDECIDED
    assert verdict(np.array([1.0, *[np.nan] * 1000]), positive, 16, ranks) == UNDECIDED
    assert verdict(np.array([-1.0, *[np.nan] * 1000]), positive, 16, ranks) == UNDECIDED


def test_a_claim_has_one_bound():
    for bounds in ({}, {"above": 0.0, "at_most": 1.0}):
        with pytest.raises(ValueError, match="C58 is decided by one bound, `above` or `at_most`"):
            Claim("C58", "It is more", lambda subject: {}, **bounds)


def test_more_than_a_bound_is_not_the_bound_and_at_most_is():
    values = np.array([1.999, 2.0, 2.001, np.nan])
    assert Claim("C58", "", lambda _: {}, above=2.0).agrees(values).tolist() == [False, False, True, False]
    assert Claim("C58", "", lambda _: {}, at_most=2.0).agrees(values).tolist() == [True, True, False, False]


def test_a_claim_about_each_epsilon_is_as_good_as_its_worst_in_each_resample():
    """The least of a claim that asks for more, the largest of one that asks for less."""
    part = {"fgsm": {1.0: score(3, -1, 9), 8.0: score(1, 5, -2)}}
    least, largest = claim(part, each=True), Claim("C58", "", lambda _: part, at_most=5.0, each=True)
    assert least.worst(list(part["fgsm"].values())).tolist() == [1, -1, -2]
    assert largest.worst(list(part["fgsm"].values())).tolist() == [3, 5, 9]
    for one, worst in ((least, score(1, -1, -2)), (largest, score(3, 5, 9))):
        assert judged(one).measured == judged(claim({"fgsm": worst})).measured


def test_resamples_that_each_fail_at_another_epsilon_all_fail():
    """0.98 of the resamples agree at each of three epsilons, but only 0.94 at all of them."""
    parts = {}
    for i, epsilon in enumerate((1.0, 2.0, 8.0)):
        parts[epsilon] = np.ones(1001)
        parts[epsilon][1 + 20 * i : 21 + 20 * i] = -1
    assert judged(claim({"fgsm": parts}, each=True)).verdict == UNDECIDED
    for alone in parts.values():
        assert judged(claim({"fgsm": alone}, each=True)).verdict == HOLDS


def test_a_claim_about_no_single_epsilon_is_about_the_mean_of_those_that_are_known():
    part = {"fgsm": {1.0: score(3, 3, 3), 2.0: score(np.nan, np.nan, np.nan), 8.0: score(-1, -1, -1)}}
    found = judged(claim(part))
    assert found.verdict == HOLDS and found.measured == "fgsm +1.0 [+1.0, +1.0]; otherwise: fgsm at epsilon 8"


def test_epsilons_that_say_otherwise_are_named_in_their_part():
    parts = {
        "fgsm": {0.5: score(-1, -1, -1), 1.0: score(9, 9, 9), 8.0: score(-2, -2, -2)},
        "ifgsm": {0.5: score(), 1.0: score(), 8.0: score()},
        "fgsm_ll": {0.5: score(-1, -1, -1), 1.0: score(-1, -1, -1), 8.0: score(0.5, 0.5, 0.5)},
        "ifgsm_ll": score(-1, -1, -1),
    }
    found = judged(claim(parts))
    assert found.measured.endswith("; otherwise: fgsm at epsilon 0.5, 8; fgsm_ll at epsilon 8")
    assert found.verdict == f"{HOLDS}: fgsm, ifgsm; {FAILS}: fgsm_ll, ifgsm_ll"


def test_parts_have_verdicts_of_their_own():
    parts = {"jpeg": score(), "blur": score(-1, -1, -1), "hsv": score(1, 3, -1), "none": score(np.nan, 1, 1)}
    found = judged(claim(parts | {"grayscale": score()}))
    assert found.verdict == f"{HOLDS}: jpeg, grayscale; {FAILS}: blur; {UNDECIDED}: hsv; {UNMEASURED}: none"
    assert "blur -1.0 [-1.0, -1.0]" in found.measured and "; none -; " in found.measured


def test_parts_that_agree_share_a_verdict():
    assert judged(claim({"jpeg": score(), "blur": score(2, 2, 2)})).verdict == HOLDS


def test_one_of_the_epsilons_that_is_unknown_makes_a_claim_about_all_of_them_unknown():
    part = {"fgsm": {1.0: score(), 8.0: score(np.nan, 1, 1)}}
    assert judged(claim(part, each=True)).verdict == UNMEASURED and judged(claim(part)).verdict == HOLDS


def test_nothing_to_judge_is_not_measured():
    found = judged(claim({}))
    assert (found.verdict, found.measured) == (UNMEASURED, "no such cells")


def test_what_is_missing_is_said_and_nothing_is_computed():
    def scores(subject):
        raise AssertionError("must not be asked")

    found = judge(
        [Claim("C58", "It is more", scores, above=0.0, needs=lambda s: f"needs more than {s}")], "x", "enet", 5
    )
    assert found == [Judgement("C58", "enet", "It is more", UNMEASURED, "needs more than x", 5, 5)]


def test_own_words_stand_in_place_of_scores_but_say_which_epsilons_disagree():
    part = {"fgsm": {1.0: score(3, 3, 3), 8.0: score(-1, -1, -1)}}
    told = claim(part, told=lambda subject: f"of {subject}")
    assert judged(told).measured == "of None; otherwise: fgsm at epsilon 8"


def test_scores_are_written_in_the_form_of_the_claim():
    for form, expected in (("+.1f", "x +1.2 [+1.2, +1.2]"), (".2f", "x 1.23 [1.23, 1.23]"), (".0f", "x 1 [1, 1]")):
        assert judged(claim({"x": score(1.23, 1.23, 1.23)}, form=form)).measured == expected
    assert judged(claim({"": score()})).measured == "+1.0 [+1.0, +1.0]"


def test_claims_keep_their_order_and_say_what_they_are_about():
    claims = [Claim(number, number, lambda subject: {"": subject}, above=0.0) for number in ("C64", "C3", "C58")]
    found = judge(claims, score(), "enet, fgsm", 7)
    assert [one.number for one in found] == ["C64", "C3", "C58"]
    assert {(one.about, one.images, one.statement == one.number) for one in found} == {("enet, fgsm", 7, True)}


def test_without_groups_each_image_is_its_own():
    claims = [Claim("C58", "", lambda subject: {"": subject}, above=0.0, ranks=ranks) for ranks in (False, True)]
    for images, units, expected in (
        (1, None, [TOO_FEW, TOO_FEW]),
        (5, None, [HOLDS, TOO_FEW]),
        (16, None, [HOLDS, HOLDS]),
        (16, 15, [HOLDS, TOO_FEW]),
        (16, 1, [TOO_FEW, TOO_FEW]),
    ):
        found = judge(claims, score(), "enet", images, units)
        assert [one.verdict for one in found] == expected
        assert {(one.images, one.groups) for one in found} == {(images, units or images)}


def test_of_one_group_no_interval_is_told():
    (found,) = judge([claim({"jpeg": score(1, 0, 2), "blur": score(np.nan)})], None, "enet", 9, 1)
    assert found.verdict == f"{TOO_FEW}: jpeg; {UNMEASURED}: blur" and found.measured == "jpeg +1.0; blur -"


def test_intervals_are_as_wide_as_the_groups_are_few():
    """The resamples' own interval is 0.525 to 1.475: 0.475 to each side, times 9.17 for 2 groups and 1.12 for 16."""
    found = {units: judge([claim({"": score(1, 0.5, 1.5)})], None, "", 16, units)[0].measured for units in (2, 16)}
    assert found == {2: "+1.0 [-3.4, +5.4]", 16: "+1.0 [+0.5, +1.5]"}


def test_a_claim_knows_its_section_of_the_paper():
    assert claim({}).section == paper.claims()["C58"].section == "7.1"
