"""Verdicts just inside and just outside of a bound, what images do not decide, several requirements, and changes."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
from made_up import IMAGES, OPPOSITE, PIXELS, Answer, cell

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import iou_interval
from tfadvseg.release.gate import FAILED, PASSED, UNDECIDED, Baseline, judge
from tfadvseg.release.requirement import parse


def outcome(run, text, **named):
    (found,) = judge(run, [parse(text)], **named)
    return found


def changed(run, text, before, model=None):
    (found,) = judge(run, [parse(text, change=True)], Baseline(before, model))
    return found


@pytest.mark.parametrize(
    ("relation", "inside", "outside"),
    [(">=", 25.0, 24.9999), (">", 25.0001, 25.0), ("<=", 25.0, 25.0001), ("<", 24.9999, 25.0)],
)
def test_just_inside_and_just_outside(finish, relation, inside, outside):
    run = finish({("a", "fgsm", 8.0): inside, ("b", "fgsm", 8.0): outside})
    within, beyond = judge(run, [parse(f"iou@fgsm,8 {relation} 25%")])
    assert (within.model, within.verdict) == ("a", PASSED) and within.passed
    assert (beyond.model, beyond.verdict) == ("b", FAILED) and not beyond.passed
    assert "all of the interval fulfils it" in within.reason and "none of the interval fulfils it" in beyond.reason


def test_a_ratio_is_of_the_clean_iou(finish):
    run = finish({("a", "fgsm", 8.0): 25.0})
    assert outcome(run, "iou_ratio@fgsm,8 >= 0.5").passed
    assert outcome(run, "iou_ratio@fgsm,8 > 0.5").verdict == FAILED


@pytest.mark.parametrize("margin", [0.01, -0.01])
def test_the_end_of_the_interval_decides(finish, margin):
    """Measured lies 30, so both bounds are fulfilled by what was measured."""
    run = finish({("a", "fgsm", 8.0): 30 + 2 * OPPOSITE})
    low, high = iou_interval(run.results.of(1), run.results.groups)
    found = outcome(run, f"iou@fgsm,8 >= {low - margin:.6f}%")
    assert found.value == pytest.approx(30) and (found.low, found.high) == (low, high)
    assert found.verdict == (PASSED if margin > 0 else UNDECIDED) and math.isnan(found.needed) != (margin < 0)
    assert outcome(run, f"iou@fgsm,8 >= {high + margin:.6f}%").verdict == (FAILED if margin > 0 else UNDECIDED)


def test_what_is_undecided_says_how_many_images_would_decide(finish):
    """Against the half-length of Student's interval of a mean, by brute force."""
    values = 30 + 4 * OPPOSITE
    run = finish({("a", "fgsm", 8.0): values})
    found = outcome(run, "iou@fgsm,8 >= 28.5%")
    spread = values.std(ddof=0)
    lengths = {n: scipy.stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n - 1) for n in range(2, 200)}
    expected = min(n for n, length in lengths.items() if length < 1.5)
    assert found.verdict == UNDECIDED and found.needed == pytest.approx(expected, abs=4)
    assert f"about {found.needed:.0f} images in place of {IMAGES} would show that it holds" in (found.reason)
    pairs = [f"drive_{k // 2}" for k in range(IMAGES)]
    of_pairs = outcome(
        finish({("a", "fgsm", 8.0): 30 + 4 * np.roll(OPPOSITE, 1).repeat(2)[:IMAGES]}, "pairs", groups=pairs),
        "iou@8 >= 0.29",
    )
    assert f"groups of alike images in place of {IMAGES // 2}" in of_pairs.reason
    assert "would show that it does not hold" in outcome(run, "iou@fgsm,8 >= 31.5%").reason


def test_one_group_of_images_decides_nothing(finish):
    run = finish({("a", "fgsm", 8.0): 30.0}, groups=["drive"] * 3)
    found = outcome(run, "iou@fgsm,8 >= 1%")
    assert found.verdict == UNDECIDED and not found.passed and math.isnan(found.low)
    assert "one group of images knows no interval" in found.reason and found.as_json()["interval"] is None


def test_what_is_no_number_fails(finish):
    run = finish({("a", "fgsm", 8.0): 0.0}, clean=0.0)
    found = outcome(run, "iou_ratio@fgsm,8 >= 0.5")
    assert found.verdict == FAILED and "no such number" in found.reason
    assert outcome(run, "iou_ratio@fgsm,8 <= 0.5").verdict == FAILED
    assert found.as_json()["value"] is None and found.as_json()["p"] is None


def test_without_an_attack_the_worst_counts_and_without_a_model_each(finish):
    run = finish(
        {
            ("a", "fgsm", 8.0): 30.0,
            ("a", "ifgsm", 8.0): 20.0,
            ("a", "ifgsm", 1.0): 1.0,
            ("b", "fgsm", 8.0): 25.0,
        }
    )
    a, b = judge(run, [parse("iou@8 >= 0.25")])
    assert (a.model, a.attack, a.value, a.passed) == ("a", "ifgsm", 20.0, False)
    assert (b.model, b.attack, b.value, b.passed) == ("b", "fgsm", 25.0, True)
    assert judge(run, [parse("iou@8 <= 0.3")])[0].value == 30.0
    assert a.name == "iou@8 >= 0.25 (a)" and outcome(run, "iou@8,a <= 0.3").name == "iou@8,a <= 0.3"


def test_the_worst_attack_is_looked_for_in_each_resample(finish):
    """Two attacks that are equal on the whole and never on the same image."""
    run = finish({("a", "fgsm", 8.0): 30 + 8 * OPPOSITE, ("a", "ifgsm", 8.0): 30 - 8 * OPPOSITE})
    alone, worst = outcome(run, "iou@fgsm,8 >= 0.2"), outcome(run, "iou@8 >= 0.2")
    assert worst.value == alone.value == 30 and worst.high - worst.low < alone.high - alone.low


def test_what_was_made_on_others_counts_and_is_said(finish):
    own = {("a", "fgsm", 8.0): 30.0, ("b", "fgsm", 8.0): 40.0}
    run = finish(own | {cell("a", "fgsm", 8.0, "b"): 20.0, cell("c", "fgsm", 8.0, "b"): 45.0})
    a, _, c = judge(run, [parse("iou@fgsm,8 >= 0.25")])
    assert (a.value, a.attack) == (20.0, "fgsm made on b")
    assert c.passed and "the model itself was not attacked" in c.reason


def test_behind_a_transform_all_attacks_count(finish):
    run = finish(
        {
            ("a", "fgsm", 8.0): 10.0,
            cell("a", inference="jpeg"): 50.0,
            cell("a", "fgsm", 8.0, inference="jpeg"): 40.0,
            cell("a", "fgsm", 8.0, expected="jpeg", inference="jpeg"): 30.0,
        },
        study="transforms",
    )
    found = outcome(run, "iou@fgsm,8,jpeg >= 0.25")
    assert (found.value, found.attack, found.transform, found.passed) == (30.0, "fgsm over jpeg", "jpeg", True)
    assert found.name == "iou@fgsm,8,jpeg >= 0.25 (a)"
    assert outcome(run, "iou@fgsm,8,a,jpeg >= 0.25").value == 30.0 and outcome(run, "iou@fgsm,8 >= 0.25").value == 10.0


def test_other_metrics(finish):
    run = finish({("a", "fgsm", 8.0): Answer(30.0, confidence=80.0, entropy=0.7)})
    for text, value in (("mean_confidence", 80.0), ("mean_entropy", 0.7), ("pixel_accuracy", 30.0)):
        assert outcome(run, f"{text}@8 <= 0.8").value == pytest.approx(value)
    assert outcome(run, "mean_confidence@8 <= 0.8").passed and not outcome(run, "mean_confidence@8 < 0.8").passed
    assert outcome(run, "iou@clean >= 0.5").value == 50.0


def test_the_worst_case_picks_an_attack_for_each_image(finish):
    run = finish({("a", "fgsm", 8.0): 30 + 10 * OPPOSITE, ("a", "ifgsm", 8.0): 30 - 10 * OPPOSITE})
    assert outcome(run, "iou@worst_case,8 >= 0.2").value == pytest.approx(20.0)
    found = outcome(run, "iou_ratio@worst_case,8 >= 0.4")
    assert found.value == pytest.approx(40.0) and found.attack == "the worst attack on each image" and found.passed
    assert outcome(run, "iou_ratio@worst_case,8 > 0.4").verdict == FAILED


def test_several_requirements_are_as_sure_as_all_together(finish):
    """By itself the second holds with p of a little below 5 %; beside others it asks for more."""
    run = finish({("a", "fgsm", 8.0): 30 + 4 * OPPOSITE, ("a", "ifgsm", 8.0): 30.0})
    low = outcome(run, "iou@fgsm,8 >= 0.2").low
    close = f"iou@fgsm,8 >= {low - 0.05:.4f}%"
    assert outcome(run, close).passed
    first, second, third = judge(run, [parse(close), parse("iou@ifgsm,8 >= 0.3"), parse("iou@fgsm,8 >= 0.29")])
    assert third.verdict == UNDECIDED and second.passed and first.verdict == UNDECIDED
    assert "not surely enough for 3 requirements together" in first.reason and first.needed > IMAGES
    assert first.corrected == pytest.approx(2 * first.p) and third.corrected == third.p
    assert all(one.passed for one in judge(run, [parse("iou@fgsm,8 >= 0.2"), parse("iou@ifgsm,8 >= 0.3")]))


def test_a_requirement_that_fails_takes_nothing_from_the_others(finish):
    run = finish({("a", "fgsm", 8.0): 30 + 4 * OPPOSITE, ("a", "ifgsm", 8.0): 10.0})
    low = outcome(run, "iou@fgsm,8 >= 0.2").low
    close, failing = parse(f"iou@fgsm,8 >= {low - 0.05:.4f}%"), parse("iou@ifgsm,8 >= 0.5")
    first, second, third = judge(run, [close, failing, failing])
    assert second.verdict == third.verdict == FAILED and second.p == second.corrected == 1
    assert first.passed and first.corrected == first.p
    near = parse("iou@fgsm,8 >= 0.29")
    beside, *_ = judge(run, [near, failing, failing])
    assert beside.verdict == UNDECIDED and beside.needed == outcome(run, near.text).needed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("iou@ifgsm,8 >= 0.1", "no attack 'ifgsm' on a, which 'iou@ifgsm,8 >= 0.1' asks for; it has fgsm, clean"),
        ("iou@fgsm,4 >= 0.1", "which 'iou@fgsm,4 >= 0.1' asks for; there epsilon is 8"),
        ("iou@4 >= 0.1", "nothing of any attack at epsilon 4 on a"),
        ("iou@fgsm >= 0.1", "nothing of fgsm without an epsilon on a"),
        ("iou@fgsm,8,b >= 0.1", "no model or transform 'b'"),
        ("iou@fgsm,8,jpeg,a >= 0.1", "no model or transform 'jpeg'"),
        ("iou@worst_case,4 >= 0.1", "no epsilon 4 on a"),
    ],
)
def test_what_the_run_lacks_is_said(finish, text, says):
    with pytest.raises(ValueError) as error:
        judge(finish({("a", "fgsm", 8.0): 30.0}), [parse(text)])
    assert says in str(error.value)


def test_a_run_of_another_study_has_no_worst_case(finish):
    with pytest.raises(ValueError, match=r"which runs of pipelines\.robustness have"):
        outcome(finish({("a", "fgsm", 8.0): 30.0}, study="transfer"), "iou@worst_case,8 >= 0.1")


@pytest.mark.parametrize(("now", "verdict"), [(29.0, PASSED), (28.9999, FAILED)])
def test_a_change_is_against_the_baseline(finish, now, verdict):
    before, after = finish({("a", "fgsm", 8.0): 30.0}, "old"), finish({("a", "fgsm", 8.0): now})
    found = changed(after, "iou@fgsm,8 >= -0.01", before)
    assert found.verdict == verdict and found.value == pytest.approx(now - 30) and "points" in found.reason


def test_a_change_is_paired_on_the_images(finish):
    """Images differ much and models little: alone each has a wide interval, their difference none."""
    hard = 30 + 10 * OPPOSITE
    before, after = finish({("a", "fgsm", 8.0): hard}, "old"), finish({("a", "fgsm", 8.0): hard - 0.5})
    found = changed(after, "iou@fgsm,8 >= -0.01", before)
    assert found.passed and found.high - found.low == pytest.approx(0, abs=1e-9)
    assert outcome(after, "iou@fgsm,8 >= 0.28").verdict == UNDECIDED


def test_a_change_is_of_the_images_that_both_have(finish):
    """The baseline lacks the last four, on which alone the model is worse."""
    values = np.where(np.arange(IMAGES) < 12, 30.0, 1.0)
    before = finish({("a", "fgsm", 8.0): 30.0}, "old", groups=[f"drive_{k}" for k in range(12)])
    found = changed(finish({("a", "fgsm", 8.0): values}), "iou@fgsm,8 >= 0", before)
    assert found.images == 12 and found.value == pytest.approx(0) and found.passed


def test_a_change_may_be_against_a_model_of_another_name(finish):
    before, after = finish({("old", "fgsm", 8.0): 20.0}, "old"), finish({("a", "fgsm", 8.0): 30.0})
    assert changed(after, "iou@8 >= 0.1", before, "old").passed
    with pytest.raises(ValueError, match="has no model 'a', but old; name one of them by `baseline_model`"):
        changed(after, "iou@8 >= 0.1", before)


@pytest.mark.parametrize("asked", ["iou@8 >= -0.02", "iou@worst_case,8 >= -0.02"])
def test_a_change_is_of_the_same_attacks(finish, asked):
    """A strong attack that is no longer run is no gain."""
    before = finish({("a", "fgsm", 8.0): 40.0, ("a", "ifgsm", 8.0): 20.0}, "old")
    with pytest.raises(ValueError, match="would compare fgsm at 8 in .* with fgsm at 8, ifgsm at 8 in "):
        changed(finish({("a", "fgsm", 8.0): 35.0}, "less"), asked, before)
    assert changed(finish({("a", "fgsm", 8.0): 40.0, ("a", "ifgsm", 8.0): 20.0}, "same"), asked, before).passed


def test_a_change_of_a_ladder_is_of_the_same_epsilons(finish):
    before = finish({("a", "ladder_mce", 8.0): 20.0}, "old")
    after = finish({("a", "ladder_mce", 8.0): 20.0, ("a", "ladder_mce", 16.0): 9.0})
    with pytest.raises(ValueError, match="ladder_mce at 16, ladder_mce at 8 in"):
        changed(after, "iou@ladder_mce,8 >= 0", before)
    plain = finish({("a", "fgsm", 8.0): 20.0, ("a", "fgsm", 16.0): 9.0}, "plain")
    assert not changed(plain, "iou@fgsm,8 >= 0.1", finish({("a", "fgsm", 8.0): 20.0}, "less")).passed


@pytest.mark.parametrize("own", [{"target_class": "car"}, {"attacked_as": "Protocol y."}, {"kept": {"b": "1"}}])
def test_what_one_recipe_does_not_say_is_not_alike(finish, own):
    after, before = finish({("a", "fgsm", 8.0): 30.0}, **own), finish({("a", "fgsm", 8.0): 30.0}, "old")
    with pytest.raises(ValueError, match=f"attacked otherwise than .*{next(iter(own))} was None"):
        changed(after, "iou@8 >= 0", before)


def test_runs_that_do_not_name_their_photographs_do_not_compare(finish):
    after, before = (finish({("a", "fgsm", 8.0): 30.0}, name, data="") for name in ("new", "old"))
    with pytest.raises(ValueError, match="of other photographs or labels"):
        changed(after, "iou@8 >= 0", before)


def test_runs_that_do_not_compare_are_refused(finish):
    after = finish({("a", "fgsm", 8.0): 30.0}, data="1", attacked_as="Protocol x.")
    for name, settings, says in (
        ("data", {"data": "2", "attacked_as": "Protocol x."}, "of other photographs or labels"),
        ("protocol", {"data": "1", "attacked_as": "Protocol y."}, "attacked otherwise"),
    ):
        with pytest.raises(ValueError, match=says):
            changed(after, "iou@8 >= 0", finish({("a", "fgsm", 8.0): 30.0}, name, **settings))


def test_a_change_and_a_baseline_go_together(finish):
    run = finish({("a", "fgsm", 8.0): 30.0})
    with pytest.raises(ValueError, match="mean nothing without each other"):
        judge(run, [parse("iou@8 >= 0", change=True)])
    with pytest.raises(ValueError, match="mean nothing without each other"):
        judge(run, [parse("iou@8 >= 0")], Baseline(run))
    with pytest.raises(ValueError, match="needs a requirement"):
        judge(run, [])


def test_chance_passes_little(finish):
    """Of two requirements whose bounds are the truth any is passed in no more than 5 % of 300 draws of 12 images, which
    are known to 1.3 points."""
    rng, wrong = np.random.default_rng(0), 0
    run = finish({("a", "fgsm", 8.0): 30.0, ("a", "ifgsm", 8.0): 30.0}, groups=[f"g{k}" for k in range(12)])
    asked = [parse("iou@fgsm,8 >= 0.3"), parse("iou@ifgsm,8 >= 0.3")]
    for _ in range(300):
        drawn = np.concatenate([np.full((1, 12), 50.0), 30 + 6 * rng.standard_normal((2, 12))])
        hits = np.rint(drawn * PIXELS / 100)[..., None]
        counts = Counts(hits, np.full_like(hits, PIXELS), hits)
        one = dataclasses.replace(run, results=dataclasses.replace(run.results, counts=counts))
        wrong += any(found.passed for found in judge(one, asked))
    assert 0 < wrong <= 300 * (0.05 + 2 * 0.0126)
