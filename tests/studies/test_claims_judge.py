"""What makes a verdict of scores: claims as rows, whatever they are about.

Scores here have two resamples, or a thousand.
"""

import numpy as np
import pytest

from tfadvseg import paper
from tfadvseg.studies.claims import FAILS, HOLDS, UNDECIDED, UNMEASURED, Claim, Judgement, judge, verdict


def score(*values):
    """Measured, and in two resamples."""
    return np.array(values or (1.0, 1.0, 1.0), float)


def claim(scores, above=0.0, **settings):
    return Claim("C58", "It is more", lambda subject: scores, above=above, **settings)


def judged(one):
    (found,) = judge([one], None, "enet", 5)
    return found


def agreeing(count, measured):
    """Of a thousand resamples."""
    return np.array([measured, *([True] * count), *([False] * (1000 - count))])


@pytest.mark.parametrize(
    ("count", "measured", "expected"),
    [
        (1000, True, HOLDS), (975, True, HOLDS), (974, True, UNDECIDED), (500, True, UNDECIDED), (0, True, UNDECIDED),
        (0, False, FAILS), (25, False, FAILS), (26, False, UNDECIDED), (500, False, UNDECIDED),
        (1000, False, UNDECIDED),
    ],
)  # fmt: skip
def test_a_verdict_needs_975_of_1000_resamples(count, measured, expected):
    assert verdict(agreeing(count, measured)) == expected


def test_what_was_measured_is_no_resample():
    """38 of 39 are not 97.5 %, 39 of 40 are."""
    assert verdict(np.array([True] * 39 + [False])) == UNDECIDED
    assert verdict(np.array([False] * 39 + [True])) == UNDECIDED


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
    part = {"fgsm": {1.0: score(3, -1, 2), 8.0: score(1, 5, -2)}}
    assert judged(claim(part, each=True)).measured.startswith("fgsm +1.0 [-2.0, -1.")
    largest = Claim("C58", "", lambda _: part, at_most=5.0, each=True)
    assert judged(largest).verdict == HOLDS and judged(largest).measured.startswith("fgsm +3.0 [+2.1, +4.9]")


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
    parts = {"jpeg": score(), "blur": score(-1, -1, -1), "hsv": score(1, 1, -1), "none": score(np.nan, 1, 1)}
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
    assert found == [Judgement("C58", "enet", "It is more", UNMEASURED, "needs more than x", 5)]


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


def test_a_claim_knows_its_section_of_the_paper():
    assert claim({}).section == paper.claims()["C58"].section == "7.1"
