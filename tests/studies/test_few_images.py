"""What is decided, and told, of few images, and of many that are alike."""

import dataclasses

import crf_cases
import numpy as np
import pytest
from made_up import CRF, IMAGES, NET, Answer, PerImage, pair

from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, Judgement, judge
from tfadvseg.studies.crf.claims import CLAIMS, Pair
from tfadvseg.studies.evidence import Evidence

BY_NUMBER = {claim.number: claim for claim in CLAIMS}


def of_a_gain(gain: PerImage, groups: list[str]) -> Pair:
    """Clean 50 without the CRF, and that much more with it; images that are harder for both have 20 less."""
    hard = 20 * (np.arange(len(groups)) % 2)
    clean = {NET: Answer(50 - hard), CRF: Answer(50 + gain - hard)}
    return pair({(NET, NET, "fgsm", 8.0): Answer()}, clean, groups=groups)


def judged(number: str, subject: Pair) -> Judgement:
    """As a study judges it."""
    (found,) = judge([BY_NUMBER[number]], subject, NET, subject.evidence.images, subject.evidence.units)
    return found


@pytest.mark.parametrize("images", [1, 2, 101])
def test_of_one_group_nothing_is_decided_and_no_interval_told(images):
    found = judged("C87", of_a_gain(25.0, ["drive"] * images))
    assert (found.verdict, found.measured) == (TOO_FEW, "IoU +25.0") and (found.images, found.groups) == (images, 1)


@pytest.mark.parametrize(("gain", "expected"), [(10.0, HOLDS), (8.0, UNDECIDED), (-8.0, UNDECIDED), (-10.0, FAILS)])
def test_two_images_decide_what_is_9_times_its_spread_away(gain, expected):
    """One gains a point more, the other one less, so a quarter of the resamples lies a point above, a quarter below.

    They know sqrt(2) too little of the spread of two images; and Student's t of one degree of freedom is 12.7062 where
    the normal distribution has 1.95996: 9.17 points in place of one."""
    found = judged("C87", of_a_gain(gain + np.array([1.0, -1.0]), ["first", "second"]))
    assert found.verdict == expected
    low, high = (float(end) for end in found.measured.split("[")[1].rstrip("]").split(", "))
    assert high - low == pytest.approx(2 * np.sqrt(2) * 12.7062 / 1.95996, abs=0.11)


def test_two_images_decide_at_once_where_they_agree():
    assert judged("C87", of_a_gain(0.01, ["first", "second"])).verdict == HOLDS
    assert judged("C87", of_a_gain(-0.01, ["first", "second"])).verdict == FAILS


GAINS = np.array([2.0, 0.0, 2.0, 0.0])
"""Mean 1, standard error 0.577; 3.18 times that is more than 1, so 4 images do not decide. The same from 40 do."""


def test_copies_of_an_image_decide_no_more_than_the_image():
    """Ten frames of each of four scenes."""
    names = [f"scene_{i}" for i in range(4)]
    alone = judged("C87", of_a_gain(GAINS, names))
    copies = judged("C87", of_a_gain(np.tile(GAINS, 10), names * 10))
    strangers = judged("C87", of_a_gain(np.tile(GAINS, 10), [f"image_{i}" for i in range(40)]))
    assert alone.verdict == copies.verdict == UNDECIDED and strangers.verdict == HOLDS
    assert copies.measured == alone.measured != strangers.measured
    assert (copies.images, copies.groups, strangers.groups) == (40, 4, 40)


def test_more_frames_of_one_scene_do_not_decide():
    """What is measured is the mean over images, so long scenes weigh more; they do not count more."""
    names = [f"scene_{i}" for i in range(4)] + ["scene_0"] * 40
    found = judged("C87", of_a_gain(np.concatenate([GAINS, np.full(40, 2.0)]), names))
    assert found.verdict == UNDECIDED and found.measured.startswith("IoU +1.9 [")


@pytest.mark.parametrize(("number", "case"), [(n, crf_cases.CASES[n][0]) for n in ("C73", "C74", "C75", "C76", "C79")])
def test_an_order_needs_16_groups(number, case):
    """Of 16 images none is of another's drive, or two are of one."""
    for margin, expected in ((case.small, HOLDS), (-case.small, FAILS)):
        subject = case.everywhere(margin)
        assert subject.evidence.units == IMAGES and judged(number, subject).verdict == expected
        alike = dataclasses.replace(subject.evidence.results, groups=tuple(f"drive_{i % 15}" for i in range(IMAGES)))
        assert judged(number, dataclasses.replace(subject, evidence=Evidence(alike))).verdict == TOO_FEW


def test_a_size_needs_no_16_groups():
    found = judged("C72", pair(crf_cases.both("fgsm", 8.0, 40.0, 41.0), groups=[f"drive_{i % 15}" for i in range(16)]))
    assert found.verdict == HOLDS and found.groups == 15
