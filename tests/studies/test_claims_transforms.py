"""What is judged of input transforms: which epsilons and cells count, the words, and the paper's Table 2."""

import pytest
from claim_case import by_part
from claim_case import judged as judged_alone
from made_up import IMAGES, NET, NONE, OPPOSITE, Answer, cell, defended, results

from tfadvseg import paper
from tfadvseg.runs.results import Cell
from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNMEASURED, judge
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.claims import CLAIMS, FROM_1_ON, STRONGEST, judged

BY_NUMBER = {claim.number: claim for claim in CLAIMS}
PAPERS = ("jpeg", "blur", "hsv", "grayscale")
CLEAN_IOU = {"none": 73.9, "jpeg": 73.5, "blur": 73.0, "hsv": 72.5, "grayscale": 72.0}


def table_2() -> dict[tuple[str, str, float], float]:
    """J(i, k) at epsilon 8."""
    rows = paper.table("table02_transform_transfer")
    return {
        (i, k, 8.0): float(iou)
        for i, k, iou in zip(rows.inference_transform, rows.attack_transform, rows.iou, strict=True)
    }


def papers(changes=None, clean=None):
    """Table 2, changed here and there."""
    return defended(table_2() | (changes or {}), CLEAN_IOU | (clean or {}), epsilons=(8.0,), trials=3)


def test_the_papers_own_numbers_bear_its_claims_out():
    """HSV jitter has 0.2 points left against the adaptive attack, which the paper calls nothing."""
    found = {one.number: one for one in judge(FROM_1_ON, papers(), "", 346)}
    assert list(found) == ["C58", "C59", "C60", "C61", "C62", "C63", "C64", "C65", "C66", "C67", "C68", "C69", "C70"]
    assert found.pop("C70").measured == "needs two epsilons of 1 or more"
    assert {number: one.verdict for number, one in found.items()} == dict.fromkeys(found, HOLDS)
    assert "jpeg +32.2" in found["C58"].measured and "grayscale +9.7" in found["C58"].measured
    assert found["C59"].measured == (
        "at epsilon 8 jpeg +32.2 [+32.2, +32.2]; blur +28.0 [+28.0, +28.0]; hsv +18.0 [+18.0, +18.0]; "
        "grayscale +9.7 [+9.7, +9.7]"
    )
    assert found["C64"].measured.startswith(
        "left at epsilon 8: jpeg +4.2 [+4.2, +4.2]; blur +2.9 [+2.9, +2.9]; hsv +0.2 [+0.2, +0.2]; grayscale -1.9 "
    )
    assert "hsv 1.4 [1.4, 1.4]" in found["C61"].measured
    assert "jpeg +11.9" in found["C65"].measured and "jpeg to hsv +24.2" in found["C66"].measured
    assert found["C63"].measured == "best of the others +3.9 [+3.9, +3.9]"
    assert found["C69"].measured == (
        "jpeg +0.2 [+0.2, +0.2]; blur +1.1 [+1.1, +1.1]; hsv +17.2 [+17.2, +17.2]; grayscale +6.8 [+6.8, +6.8]; "
        "none +0.4 [+0.4, +0.4]"
    )
    assert "lead of grayscale +4.8" in found["C67"].measured and "grayscale (weaker) +8.9" in found["C68"].measured


def test_the_strongest_foreign_attacks_are_the_bold_ones_of_table_2():
    """Of each row the smallest entry that is not on the diagonal."""
    ious, found = table_2(), {}
    for row in STRONGEST:
        foreign = {k: iou for (i, k, _), iou in ious.items() if i == row != k}
        found[row] = min(foreign, key=lambda k: foreign[k])
    assert found == STRONGEST


def test_claims_that_fail_are_named_one_by_one():
    changed = papers({("jpeg", "none", 8.0): 15.0}, {"hsv": 60.0})
    found = {number: judged_alone(claim, changed) for number, claim in BY_NUMBER.items()}
    assert found["C58"].verdict == f"{FAILS}: jpeg; {HOLDS}: blur, hsv, grayscale"
    assert found["C59"].verdict == FAILS and found["C59"].measured.endswith(
        "grayscale +9.7 [+9.7, +9.7]; jpeg -0.5 [-0.5, -0.5]"
    )
    assert found["C61"].verdict == f"{HOLDS}: jpeg, blur, grayscale; {FAILS}: hsv"


@pytest.mark.parametrize(("left", "verdict"), [(0.99, HOLDS), (1.01, f"{HOLDS}: jpeg, blur, grayscale; {FAILS}: hsv")])
def test_nothing_is_less_than_a_point(left, verdict):
    """Of Table 2's 21.9 on the undefended network, say, 22.9."""
    plain = table_2()[NONE, NONE, 8.0]
    assert judged_alone(BY_NUMBER["C64"], papers({("hsv", "hsv", 8.0): plain + left})).verdict == verdict


def behind_a_clip(jpeg: float = 40.0, own: float = 36.0, clean: float = 72.0):
    """Clean 80 without anything and 70 behind the clip; attacked 30 and 35."""
    attacked = {("clip", NONE, 8.0): 35.0, ("jpeg", NONE, 8.0): jpeg, ("jpeg", "jpeg", 8.0): own}
    return defended(
        attacked, {"clip": 70.0, "jpeg": clean}, transforms=["jpeg"], epsilons=[8.0], crossed=False, baseline="clip"
    )


@pytest.mark.parametrize(
    ("number", "inside", "outside"),
    [
        ("C58", {"jpeg": 35.01}, {"jpeg": 34.99}),
        ("C61", {"clean": 71.99}, {"clean": 72.01}),
        ("C61", {"clean": 68.01}, {"clean": 67.99}),
        ("C62", {"jpeg": 37.01}, {"jpeg": 36.99}),
        ("C62", {"clean": 74.99}, {"clean": 75.01}),
        ("C64", {"own": 40.0}, {"own": 40.01}),
        ("C65", {"own": 37.49}, {"own": 37.51}),
    ],
)
def test_where_a_clip_was_run_it_stands_for_the_undefended_network(number, inside, outside):
    assert judged_alone(BY_NUMBER[number], behind_a_clip(**inside)).verdict == HOLDS
    assert judged_alone(BY_NUMBER[number], behind_a_clip(**outside)).verdict == FAILS


def test_a_clip_is_no_transform_of_which_claims_are():
    subject = behind_a_clip()
    for number in ("C58", "C61", "C62", "C64", "C65"):
        assert set(BY_NUMBER[number].scores(subject)) == {"jpeg"}


def test_attacks_on_the_undefended_network_are_compared_without_the_clip():
    """Adapted to JPEG the attack leaves 29, to grayscale 31, the plain one 30; behind the clip 35."""
    transforms = ("jpeg", "grayscale")
    ious = {("clip", k, 8.0): 35.0 for k in (NONE, "clip", *transforms)}
    ious |= {(NONE, "jpeg", 8.0): 29.0, (NONE, "grayscale", 8.0): 31.0}
    found = judged_alone(BY_NUMBER["C68"], defended(ious, transforms=transforms, epsilons=[8.0], baseline="clip"))
    assert found.verdict == HOLDS
    assert found.measured == "jpeg +1.0 [+1.0, +1.0]; grayscale (weaker) +1.0 [+1.0, +1.0]"


def test_words_are_about_the_largest_epsilon():
    """Whichever comes last."""
    gains = {(name, NONE, e): 31.0 + e for name in PAPERS for e in (8.0, 1.0)}
    own = {(name, name, e): 20.0 + e for name in PAPERS for e in (8.0, 1.0)}
    subject = defended(gains | own, epsilons=(8.0, 1.0))
    assert judged_alone(BY_NUMBER["C59"], subject).measured.startswith(
        "at epsilon 8 jpeg +9.0 [+9.0, +9.0]; blur +9.0 [+9.0, +9.0];"
    )
    assert judged_alone(BY_NUMBER["C64"], subject).measured.startswith("left at epsilon 8: jpeg -2.0 [-2.0, -2.0];")


def test_words_have_the_intervals_of_differences_image_by_image():
    """Without a transform images differ by 10 points, and so they do behind JPEG; by 2 more behind blur."""
    plain = 30 + 10 * OPPOSITE
    ious = {(NONE, NONE, 8.0): plain, ("jpeg", NONE, 8.0): plain + 5, ("blur", NONE, 8.0): plain + 3 + 2 * OPPOSITE}
    ious |= {("jpeg", "jpeg", 8.0): plain - 4, ("blur", "blur", 8.0): plain + 1 + 2 * OPPOSITE}
    ious |= {(i, k, 8.0): plain for i in ("hsv", "grayscale") for k in (NONE, i)}
    subject = defended(ious, epsilons=(8.0,))
    blur = subject.evidence.format(subject.gain("blur", 8.0), "+.1f")
    assert blur == "+3.0 [+1.9, +4.1]"
    assert judged_alone(BY_NUMBER["C59"], subject).measured.startswith(
        f"at epsilon 8 jpeg +5.0 [+5.0, +5.0]; blur {blur}; "
    )
    left = subject.evidence.format(subject.left("blur", 8.0), "+.1f")
    assert judged_alone(BY_NUMBER["C64"], subject).measured.startswith(
        f"left at epsilon 8: jpeg -4.0 [-4.0, -4.0]; blur {left}; "
    )


def test_only_gains_can_be_taken_back():
    """A transform that brings nothing at any epsilon is not asked; one that helps at one epsilon is."""
    oblivious = {
        ("jpeg", NONE, 1.0): 29.0,
        ("jpeg", NONE, 8.0): 40.0,
        ("blur", NONE, 1.0): 30.0,
        ("blur", NONE, 8.0): 20.0,
    }
    own = {("jpeg", "jpeg", 1.0): 29.0, ("jpeg", "jpeg", 8.0): 34.0}
    subject = defended(oblivious | own, transforms=("jpeg", "blur"))
    assert set(BY_NUMBER["C65"].scores(subject)) == {"jpeg"}
    found = judged_alone(BY_NUMBER["C65"], subject)
    assert found.verdict == HOLDS and found.measured == "jpeg +0.5 [+0.5, +0.5]"


def test_transforms_beyond_the_papers_four_are_judged_where_claims_are_about_any():
    subject = defended({("jpeg_simulated", NONE, e): 40.0 for e in (1.0, 8.0)}, transforms=("jpeg_simulated", "blur"))
    parts = {number: set(claim.scores(subject)) for number, claim in BY_NUMBER.items() if not claim.needs(subject)}
    assert parts["C58"] == parts["C61"] == parts["C62"] == {"jpeg_simulated", "blur"}
    assert parts["C64"] == {"blur"} and parts["C68"] == {"blur"} and parts["C65"] == {"jpeg_simulated"}


def crossed_answers(model: str, attack: str, epsilons, iou: float) -> dict[Cell, Answer]:
    """All pairs of two transforms and none, three trials each."""
    found, ends = {}, (NONE, "jpeg", "blur")
    for i in ends:
        for trial in range(1 if i == NONE else 3):
            found[cell(model, inference=i, trial=trial)] = Answer(80.0)
            for k in ends:
                for e in epsilons:
                    found[cell(model, attack, e, expected=k, inference=i, trial=trial)] = Answer(iou)
    return found


def finished(answers: dict[Cell, Answer], tmp_path, models=(NET,), groups=None, **design) -> FinishedRun:
    design = {"models": list(models), "transforms": ["jpeg", "blur"], "cross": True} | design
    return FinishedRun(tmp_path, "transforms", design, {}, results(answers, groups), ())


def test_a_run_says_what_stands_for_the_undefended_network(tmp_path):
    """Behind the clip an attack leaves 35, behind jpeg and blur 33, without anything 30."""
    answers = crossed_answers(NET, "ifgsm_ll", [8.0], 33.0)
    answers |= {cell(NET, inference="clip"): Answer(80.0), cell(NET, "ifgsm_ll", 8.0, inference="clip"): Answer(35.0)}
    answers[cell(NET, "ifgsm_ll", 8.0)] = Answer(30.0)
    for design, expected in (({}, HOLDS), ({"baseline": NONE}, HOLDS), ({"baseline": "clip"}, FAILS)):
        found = {one.number: one for one in judged(finished(answers, tmp_path, **design))}
        assert found["C58"].verdict == expected


def test_verdicts_rest_on_groups_of_images(tmp_path):
    for drives, expected in ((1, TOO_FEW), (2, HOLDS)):
        groups = [f"drive_{i % drives}" for i in range(IMAGES)]
        found = judged(finished(crossed_answers(NET, "ifgsm_ll", [8.0], 30.0), tmp_path, groups=groups))
        assert {(one.images, one.groups) for one in found} == {(IMAGES, drives)}
        assert {one.number: one.verdict for one in found}["C61"] == expected


@pytest.mark.parametrize("epsilons", [(0.25, 0.5), (0.5, 0.99)])
def test_of_small_epsilons_alone_no_claim_is(epsilons, tmp_path):
    """Nor of attacks that find their own norm."""
    answers = crossed_answers(NET, "ifgsm_ll", epsilons, 30.0) | crossed_answers(NET, "smallest", [None], 30.0)
    found = judged(finished(answers, tmp_path))
    assert [(one.number, one.about) for one in found] == [(claim.number, f"{NET}, ifgsm_ll") for claim in CLAIMS]
    small = found.pop(0)
    assert (small.number, small.verdict, small.measured) == ("C36", FAILS, "jpeg +0.0 [+0.0, +0.0]")
    assert {(one.verdict, one.measured) for one in found} == {(UNMEASURED, "needs an epsilon of 1 or more")}


@pytest.mark.parametrize(("second", "verdict"), [(1.0, FAILS), (1.01, HOLDS)])
def test_small_perturbations_are_those_up_to_epsilon_1(second, verdict, tmp_path):
    """JPEG brings 3 points at the smallest epsilon and at the second one, which counts if it is small, takes 3."""
    answers = crossed_answers(NET, "ifgsm_ll", (0.5, second, 8.0), 30.0)
    for e, iou in ((0.5, 33.0), (second, 27.0)):
        answers |= {cell(NET, "ifgsm_ll", e, inference="jpeg", trial=t): Answer(iou) for t in range(3)}
    found = {one.number: one for one in judged(finished(answers, tmp_path))}
    assert found["C36"].verdict == verdict


@pytest.mark.parametrize("epsilons", [(1.5, 8.0), (2.0,)])
def test_of_large_epsilons_alone_nothing_is_said_of_small_ones(epsilons, tmp_path):
    found = {one.number: one for one in judged(finished(crossed_answers(NET, "ifgsm_ll", epsilons, 30.0), tmp_path))}
    assert (found["C36"].verdict, found["C36"].measured) == (UNMEASURED, "needs an epsilon of 1 or less")
    assert found["C58"].verdict == FAILS


def test_a_similar_gain_is_asked_for_only_where_jpeg_gains():
    """At epsilon 1 JPEG takes 1 point, and every other transform 10."""
    ious = {("jpeg", NONE, 8.0): 50.0, ("blur", NONE, 8.0): 45.01, ("jpeg", NONE, 1.0): 29.0}
    ious |= {(name, NONE, 1.0): 20.0 for name in PAPERS[1:]}
    found = judged_alone(BY_NUMBER["C63"], defended(ious))
    assert (found.verdict, found.measured) == (HOLDS, "best of the others +0.0 [+0.0, +0.0]")


@pytest.mark.parametrize("epsilons", [(0.5, 1.0, 8.0), (1.0, 8.0)])
def test_epsilons_from_1_on_are_judged(epsilons, tmp_path):
    """A gain at each epsilon but the smallest."""
    answers = crossed_answers(NET, "ifgsm_ll", epsilons, 30.0)
    for e in epsilons[1:]:
        for name in ("jpeg", "blur"):
            gained = {cell(NET, "ifgsm_ll", e, inference=name, trial=t): Answer(33.0) for t in range(3)}
            answers |= gained
    verdict = {one.number: one.verdict for one in judged(finished(answers, tmp_path))}["C58"]
    assert verdict == (HOLDS if epsilons[0] == 0.5 else FAILS)


def test_every_network_and_attack_is_judged_by_itself(tmp_path):
    answers = crossed_answers("enet", "ifgsm_ll", [8.0], 30.0) | crossed_answers("icnet", "ifgsm_ll", [8.0], 30.0)
    for model in ("enet", "icnet"):
        answers |= {
            one: answer for one, answer in crossed_answers(model, "fgsm", [8.0], 40.0).items() if one.attack == "fgsm"
        }
    better = {("icnet", "fgsm", "jpeg"), ("icnet", "fgsm", "blur")}
    answers = {
        one: Answer(55.0)
        if (one.model, one.attack, one.inference_transform) in better and one.attack_transform == NONE
        else answer
        for one, answer in answers.items()
    }
    found = judged(finished(answers, tmp_path, ["enet", "icnet"]))
    subjects = ["enet, ifgsm_ll", "enet, fgsm", "icnet, ifgsm_ll", "icnet, fgsm"]
    assert [(one.about, one.number) for one in found] == [
        (about, claim.number) for about in subjects for claim in CLAIMS
    ]
    c58 = {one.about: by_part(one.verdict, ["jpeg"])["jpeg"] for one in found if one.number == "C58"}
    assert c58 == dict.fromkeys(subjects, FAILS) | {"icnet, fgsm": HOLDS}


def test_attacks_that_find_their_own_norm_are_left_out(tmp_path):
    """They have no epsilon of which a claim could be about."""
    answers = crossed_answers(NET, "ifgsm_ll", [8.0], 30.0) | crossed_answers(NET, "smallest", [None], 30.0)
    assert {one.about for one in judged(finished(answers, tmp_path))} == {f"{NET}, ifgsm_ll"}
