"""Which network keeps more under attack: each by its own worst attack, and how sure that is."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, PerImage, cell, results

from tfadvseg.metrics.intervals import resample_weights
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.comparison import Kept, Lead, leads, least_kept, least_shown

CLEAN_IOU = {"a": 80.0, "b": 50.0, "c": 100.0}


def evidence(kept: Mapping[tuple[str, str], PerImage], groups: Sequence[str] | None = None) -> Evidence:
    """IoU ratios at epsilon 8, {(network, attack): per cent}, of networks whose clean IoUs differ."""
    answers = {cell(model): Answer(iou) for model, iou in CLEAN_IOU.items()}
    answers |= {
        cell(model, attack, 8.0): Answer(ratio * CLEAN_IOU[model] / 100) for (model, attack), ratio in kept.items()
    }
    return Evidence(results(answers, groups))


def least(
    known: Evidence, models: Sequence[str] = ("a", "b"), attacks: Sequence[str] = ("fgsm", "ifgsm")
) -> list[Kept]:
    return least_kept(known, models, attacks, 8.0)


def led(kept: Mapping[tuple[str, str], PerImage], groups: Sequence[str] | None = None) -> list[Lead]:
    """The leads of those networks."""
    known = evidence(kept, groups)
    return leads(known, least(known, list(CLEAN_IOU)))


def told(kept: Sequence[Kept]) -> list[tuple[str, str, float]]:
    """(network, its worst attack, per cent of its clean IoU that are left)."""
    return [(one.model, one.attack, round(float(one.score[0]), 6)) for one in kept]


def test_each_network_is_judged_by_its_own_worst_attack():
    """By either attack alone, or by their mean, the order would be the other one."""
    known = evidence({("a", "fgsm"): 30.0, ("a", "ifgsm"): 32.0, ("b", "fgsm"): 60.0, ("b", "ifgsm"): 29.0})
    assert told(least(known)) == [("b", "ifgsm", 29.0), ("a", "fgsm", 30.0)]
    assert told(least(known, ("b", "a"))) == told(least(known))
    assert told(least(known, attacks=["fgsm"])) == [("a", "fgsm", 30.0), ("b", "fgsm", 60.0)]


@pytest.mark.parametrize("worse", ["fgsm", "ifgsm"])
def test_the_least_is_the_worst_attacks_in_all_resamples_where_images_agree(worse):
    known = evidence({("a", attack): 30.0 if attack == worse else 30.01 for attack in ("fgsm", "ifgsm")})
    (one,) = least(known)
    assert one.attack == worse and one.score == pytest.approx(np.full(1001, 30.0))


def test_the_worst_attack_changes_from_resample_to_resample():
    """Two attacks that alternate over the images: the least of both lies below either in the mean."""
    known = evidence({("a", "fgsm"): 40 + 8 * OPPOSITE, ("a", "ifgsm"): 40.1 - 8 * OPPOSITE})
    (one,) = least(known)
    drawn = np.concatenate([np.ones((1, IMAGES)), resample_weights(range(IMAGES))]) @ OPPOSITE / IMAGES
    np.testing.assert_allclose(one.score, np.minimum(40 + 8 * drawn, 40.1 - 8 * drawn))
    assert one.attack == "fgsm" and one.score[0] == pytest.approx(40) and one.score[1:].mean() < 39


def test_only_white_box_attacks_at_that_epsilon_count():
    """Of the network itself."""
    answers = {cell(model): Answer(50.0) for model in ("a", "b")}
    answers |= {cell("a", "fgsm", 8.0): Answer(20.0), cell("b", "fgsm", 8.0): Answer(25.0)}
    answers |= {cell("a", "fgsm", 8.0, source="b"): Answer(5.0), cell("b", "ifgsm", 8.0, source="a"): Answer(5.0)}
    answers |= {cell("a", "fgsm", 16.0): Answer(4.0), cell("b", "ifgsm", 4.0): Answer(4.0)}
    assert told(least(Evidence(results(answers)))) == [("a", "fgsm", 40.0), ("b", "fgsm", 50.0)]


def test_networks_and_attacks_that_were_not_run_are_left_out():
    known = evidence({("a", "ifgsm"): 30.0, ("c", "fgsm"): 40.0})
    assert told(least(known, ("a", "b", "c"))) == [("a", "ifgsm", 30.0), ("c", "fgsm", 40.0)]
    assert least(known, ["b"]) == [] and least(known, attacks=["pgd"]) == []
    assert least_kept(known, ["a"], ["ifgsm"], 4.0) == []


def test_the_network_that_keeps_most_is_compared_with_each_other_one():
    """In the order of these, the least first."""
    found = led({("a", "fgsm"): 45.0, ("b", "fgsm"): 30.0, ("c", "fgsm"): 50.0})
    assert [(one.less, one.more, one.told_apart) for one in found] == [("b", "c", True), ("a", "c", True)]
    for one, points in zip(found, (20, 5), strict=True):
        assert one.difference == pytest.approx(np.full(1001, points))
    assert led({("a", "fgsm"): 45.0}) == [] == led({})


@pytest.mark.parametrize(("networks", "level"), [(2, 95.0), (3, 98 + 1 / 3), (4, 99 + 1 / 6), (10, 99 + 8 / 9)])
def test_of_more_networks_each_must_be_surer(networks, level):
    """5 % among all pairs: 3 of three networks, 6 of four, 45 of ten."""
    known = evidence({("a", "fgsm"): 30.0})
    found = leads(known, [Kept(f"{i}", "fgsm", np.full(1001, float(i))) for i in range(networks)])
    assert len(found) == networks - 1 and [one.level for one in found] == pytest.approx([level] * (networks - 1))


@pytest.mark.parametrize(("beyond", "apart"), [(0.01, True), (-0.01, False)])
def test_of_three_networks_differences_must_be_as_sure_as_all_pairs_ask_for(beyond, apart):
    """Student's t of 15 degrees of freedom at 1 - 0.05 / 6 is 2.69374."""
    drawn = 3 * resample_weights(range(IMAGES)) @ OPPOSITE / IMAGES
    more = np.round(beyond + np.sqrt(16 / 15) * 2.69374 * drawn.std() + drawn.mean() + 3 * OPPOSITE, 3)
    assert lead_in_points(more).told_apart  # of two alone
    below, close = led({("a", "fgsm"): 40.0, ("b", "fgsm"): 20.0, ("c", "fgsm"): 40 + more})
    assert (below.less, below.told_apart) == ("b", True) and (close.less, close.told_apart) == ("a", apart)


def lead_in_points(difference: PerImage, groups: Sequence[str] | None = None) -> Lead:
    """Of c over a, which keeps 30 of images and 50 of others; each under an attack of its own."""
    less = 40 + 10 * np.where(np.arange(IMAGES) % 4 < 2, 1.0, -1.0)
    (found,) = led({("a", "fgsm"): less, ("c", "ifgsm"): less + difference}, groups)
    return found


STUDENT = 1.12315
"""What 16 images widen by: sqrt(16 / 15) times Student's t of 15 degrees of freedom, 2.13145, over 1.95996."""


def test_networks_are_told_apart_where_the_interval_of_their_difference_excludes_0():
    """Just inside and outside: two images of three more say one thing, the others the opposite."""
    drawn = 3 * resample_weights(range(IMAGES)) @ OPPOSITE / IMAGES
    reach = -np.percentile(STUDENT * (drawn - drawn.mean()) - drawn.mean(), 2.5)
    assert 1.4 < reach < 1.8
    for beyond, apart in ((0.01, True), (-0.01, False)):
        found = lead_in_points(np.round(reach + beyond + 3 * OPPOSITE, 3))
        assert (found.less, found.more, found.told_apart) == ("a", "c", apart)
        assert found.difference[0] == pytest.approx(reach + beyond, abs=1e-3)


def test_networks_are_compared_image_by_image():
    """A hundredth of a point is enough where every image says so, though each network's own interval is 10 wide."""
    found = lead_in_points(0.01)
    assert found.told_apart and found.difference == pytest.approx(np.full(1001, 0.01))
    known = evidence({("a", "fgsm"): 40 + 10 * OPPOSITE})
    low, high = known.interval(least(known)[0].score)
    assert high - low > 8


def test_networks_that_do_not_differ_are_not_told_apart():
    known = evidence({("a", "fgsm"): 40 + 10 * OPPOSITE, ("c", "fgsm"): 40 + 10 * OPPOSITE})
    (found,) = leads(known, least(known, ("a", "c")))
    assert abs(found.difference).max() < 1e-12
    same = leads(known, [Kept("a", "fgsm", np.full(1001, 40.0)), Kept("c", "fgsm", np.full(1001, 40.0))])
    assert not same[0].told_apart


def test_few_images_tell_no_networks_apart():
    """One drive none at all; two by 9 times what they differ by."""
    assert not lead_in_points(30.0, ["drive"] * IMAGES).told_apart
    halves = np.where(np.arange(IMAGES) < IMAGES / 2, 1.0, -1.0)
    drives = ["first"] * (IMAGES // 2) + ["second"] * (IMAGES // 2)
    assert lead_in_points(10 + halves, drives).told_apart and not lead_in_points(8 + halves, drives).told_apart
    assert lead_in_points(8 + halves).told_apart  # 16 images that are not alike


def test_a_lead_knows_that_the_worst_attack_was_looked_for():
    """The one network has one attack, which leaves 38. The other's two leave 40 and 40.1, but of different images, so
    that in the mean over the resamples the least of both leaves hardly more than 38."""
    alternate = {("a", "fgsm"): 40 + 8 * OPPOSITE, ("a", "ifgsm"): 40.1 - 8 * OPPOSITE, ("b", "fgsm"): 38.0}
    (found,) = led(alternate)
    resampled = found.difference[1:]
    assert found.difference[0] == pytest.approx(2) and resampled.mean() < 1
    drawn = 8 * resample_weights(range(IMAGES)) @ OPPOSITE / IMAGES
    np.testing.assert_allclose(resampled, np.minimum(2 + drawn, 2.1 - drawn), atol=1e-9)


def test_what_was_made_on_another_network_is_told_apart_from_what_was_made_on_itself():
    answers = {cell(model): Answer(iou) for model, iou in CLEAN_IOU.items()}
    answers[cell("a", "fgsm", 8.0)] = Answer(24.0)
    answers |= {cell("b", attack, 8.0, source="a"): Answer(iou) for attack, iou in (("fgsm", 40.0), ("ifgsm", 35.0))}
    known = Evidence(results(answers))
    assert told(least(known)) == [("a", "fgsm", 30.0)]
    ((kept, source),) = least_shown(known, ("fgsm", "ifgsm"), 8.0)
    assert (told([kept]), source) == ([("b", "ifgsm", 70.0)], "a")
    assert least_shown(known, ("fgsm",), 4.0) == [] == least_shown(evidence({("a", "fgsm"): 30.0}), ("fgsm",), 8.0)
