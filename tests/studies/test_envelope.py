"""Envelopes of made-up runs: what may be picked at which epsilon, and what is made of it."""

import dataclasses

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell, results

from tfadvseg.metrics.radii import ABOVE, BELOW
from tfadvseg.runs.results import Results
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.envelope import Envelope, choices, envelope_of, envelopes

EPSILONS = (1.0, 2.0, 4.0)


def run(answers, linf=None, groups=None) -> Results:
    """Clean 80; answers: {cell: IoU}; linf: {cell: largest change}, where it is not the cell's epsilon."""
    clean = {cell("net"): Answer(80.0)} if cell("net") not in answers else {}
    measured = results(clean | {one: Answer(iou) for one, iou in answers.items()}, groups)
    changes = np.array(
        [np.broadcast_to((linf or {}).get(c, c.epsilon or 0.0), len(measured.ids)) for c in measured.cells]
    )
    return dataclasses.replace(measured, linf=changes)


def envelope(answers, linf=None, groups=None, epsilons=EPSILONS) -> Envelope:
    return Envelope(Evidence(run(answers, linf, groups)), "net", epsilons)


def ious(found: Envelope) -> list[float]:
    return [round(point.worst.iou, 6) for point in found.points]


def test_what_was_run_at_a_smaller_epsilon_may_be_picked_at_a_larger_one():
    """So an attack that does worse with more room does not raise the envelope."""
    found = envelope({cell("net", "fgsm", e): iou for e, iou in zip(EPSILONS, (60.0, 30.0, 50.0), strict=True)})
    assert ious(found) == [60, 30, 30]
    assert [found.choices.cells[point.alone].epsilon for point in found.points] == [1, 2, 2]


def test_images_that_take_sides_are_worse_off_than_under_any_attack_alone():
    """Half of the images lose 20 to the one, the others 20 to the other."""
    found = envelope({cell("net", "fgsm", 1.0): 40 + 10 * OPPOSITE, cell("net", "ifgsm", 1.0): 40 - 10 * OPPOSITE})
    point = found.at(1.0)
    assert point.alone_iou == pytest.approx(40) and point.worst.iou == pytest.approx(30) == pytest.approx(
        point.worst.bound
    )
    assert {one.attack: share for one, share in found.shares(point).items()} == {"fgsm": 50, "ifgsm": 50}
    assert found.ratio(point) == pytest.approx(np.full(1001, 37.5))


def test_clean_images_are_a_choice():
    """An attack that helps on half of the images."""
    found = envelope({cell("net", "fgsm", 1.0): np.where(OPPOSITE > 0, 100.0, 60.0)})
    assert ious(found)[0] == 70
    assert {one.attack: share for one, share in found.shares(found.at(1.0)).items()} == {"clean": 50, "fgsm": 50}


@pytest.mark.parametrize(("change", "counts"), [(2.0, True), (2.0009, True), (2.01, False)])
def test_what_left_the_ball_is_not_picked(change, counts):
    """Rounding may lead a little beyond; image by image: the other half keeps its place."""
    attack = cell("net", "fgsm", 2.0)
    found = envelope({attack: 20.0}, {attack: np.where(OPPOSITE > 0, change, 1.5)})
    assert ious(found) == [80, 20 if counts else 50, 20]


def test_an_attack_that_finds_its_own_norm_counts_where_it_was_small_enough():
    own = cell("net", "alma", None)
    found = envelope(
        {own: 0.0}, {own: np.where(np.arange(IMAGES) < 4, 0.5, np.where(np.arange(IMAGES) < 8, 3.0, 50.0))}
    )
    assert ious(found) == [60, 60, 40]


@pytest.mark.parametrize(
    ("attack", "counts"),
    [
        (cell("net", "fgsm", 1.0, source="other"), True),
        (cell("net", "fgsm", 1.0, expected="jpeg"), True),
        (cell("net", "fgsm", 1.0, inference="jpeg"), False),
        (cell("other", "fgsm", 1.0, source="net"), False),
    ],
)
def test_everything_that_the_network_was_shown_without_a_transform_counts(attack, counts):
    measured = run({cell("net", "ifgsm", 1.0): 50.0, attack: 10.0})
    assert ious(Envelope(Evidence(measured), "net", (1.0,))) == [10 if counts else 50]


def test_nobody_picks_what_is_drawn():
    """An attack whose trials take sides leaves their mean, where a choice of the trial would leave 30."""
    found = envelope({cell("net", "fgsm", 1.0, trial=t): 40 + 10 * s * OPPOSITE for t, s in enumerate((1, -1))})
    assert len(found.choices.cells) == 2 and ious(found)[0] == 40


def test_a_network_that_was_shown_no_clean_images_has_none():
    with pytest.raises(ValueError, match="other was shown no clean images behind none"):
        choices(run({cell("other", "fgsm", 1.0): 10.0}), "other")


def test_the_radius_and_the_area_by_hand():
    """Of 80 are left 60, 35 and 10: 75, 43.75 and 12.5 %."""
    found = envelope({cell("net", "fgsm", e): iou for e, iou in zip(EPSILONS, (60.0, 35.0, 10.0), strict=True)})
    assert found.radius == pytest.approx((2 ** (25 / 31.25),) * 3)
    assert found.area == pytest.approx(np.full(1001, (75 / 2 + 43.75 + 12.5 / 2) / 2))
    assert found.quartiles() == pytest.approx([2 ** (25 / 31.25)] * 3)
    assert found.radii_of_classes() == pytest.approx([2 ** (25 / 31.25)])


@pytest.mark.parametrize(("iou", "radius"), [(39.0, BELOW), (41.0, ABOVE)])
def test_the_radius_may_lie_outside_of_all_epsilons(iou, radius):
    found = envelope({cell("net", "fgsm", e): iou for e in EPSILONS})
    assert found.radius == (radius,) * 3 and found.quartiles().tolist() == [radius] * 3


def test_the_ends_of_the_radius_are_where_the_intervals_of_the_ratio_hold_half():
    """What is left differs from image to image by 20 to both sides, at all epsilons alike."""
    found = envelope(
        {cell("net", "fgsm", e): iou + 20 * OPPOSITE for e, iou in zip(EPSILONS, (60, 40, 20), strict=True)}
    )
    middle, low, high = found.radius
    assert middle == 2.0 and 1 < low < 2 < high < 4
    reach = found.evidence.interval(found.ratio(found.points[1]))
    assert low == pytest.approx(2 ** (1 - (50 - reach[0]) / 25), abs=1e-6)
    assert high == pytest.approx(2 ** (1 + (reach[1] - 50) / 25), abs=1e-6)
    one = envelope({cell("net", "fgsm", e): 40.0 for e in EPSILONS}, groups=("drive",) * IMAGES)
    assert np.isnan(one.radius[1:]).all()


def test_images_have_their_own_radii():
    """A quarter of them falls at once, a half between 1 and 2, a quarter never."""
    left = np.repeat([[10.0, 10, 10], [60, 20, 20], [60, 20, 20], [70, 70, 70]], IMAGES // 4, axis=0).T
    found = envelope({cell("net", "fgsm", e): iou for e, iou in zip(EPSILONS, left, strict=True)})
    assert found.quartiles() == pytest.approx([BELOW, np.sqrt(2), np.sqrt(2)])
    assert (found.radii_of_images() == ABOVE).sum() == IMAGES // 4


def test_all_envelopes_of_a_run_the_most_fragile_first():
    answers = {cell(name): Answer(80.0) for name in "abc"} | {cell("untouched"): Answer(50.0)}
    answers |= {cell(name, "fgsm", 1.0): Answer(iou) for name, iou in (("a", 30.0), ("b", 10.0))}
    answers |= {cell("blind"): Answer(0.0), cell("blind", "fgsm", 1.0): Answer(0.0)}
    answers[cell("c", "fgsm", 1.0, source="a")] = Answer(70.0)
    evidence = Evidence(results(answers))
    found = envelopes(evidence, (1.0,))
    assert [one.model for one in found] == ["b", "a", "c"]
    assert envelopes(evidence, (1.0,)) is found and envelopes(evidence, ()) == ()
    assert envelope_of(found, "a") is found[1] and envelope_of(found, "blind") is None


def test_in_the_euclidean_norm_what_lies_in_a_ball_is_measured_there():
    """An attack that found a radius of its own: small in every value, large as a whole."""
    measured = run({cell("net", "ifgsm", 64.0): 50.0, cell("net", "minimal_ifgsm", None): 1.0}, {})
    own = [c.epsilon is None for c in measured.cells]
    measured = dataclasses.replace(measured, l2=np.where(np.array(own)[:, None], 250.0, measured.l2 * 0 + 60.0))
    of_l2 = Envelope(Evidence(measured), "net", (64.0,), "l2")
    assert of_l2.ratio_of(of_l2.points[0].worst.iou) == pytest.approx(100 * 50 / 80)
    of_linf = Envelope(Evidence(measured), "net", (64.0,))
    assert of_linf.ratio_of(of_linf.points[0].worst.iou) == pytest.approx(100 * 1 / 80)
