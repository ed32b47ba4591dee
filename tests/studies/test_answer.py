"""What runs answer in short: no sentence that the numbers do not carry, each on both sides of what decides it."""

import dataclasses

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell

from tfadvseg.metrics.hiding import Hiding
from tfadvseg.studies import STUDIES, answer
from tfadvseg.studies.certificate.certified import read, write
from tfadvseg.studies.masking.names import LARGE, Battery, Try
from tfadvseg.studies.robustness.comparison import leads, least_kept
from tfadvseg.studies.run import FinishedRun

MIXED = 12.5 + 0.25 * OPPOSITE
"""IoUs that take sides."""


def said(run: FinishedRun) -> list[str]:
    return STUDIES[run.study].report().answer(run)


def attacked(**ious) -> dict:
    """{network: its IoU under FGSM at epsilon 8} of clean 50."""
    return {cell(name): Answer(50.0) for name in ious} | {cell(n, "fgsm", 8.0): Answer(iou) for n, iou in ious.items()}


def grouped(run: FinishedRun, *groups: str) -> FinishedRun:
    """The same of images in these groups."""
    return dataclasses.replace(run, results=dataclasses.replace(run.results, groups=groups))


@pytest.mark.parametrize("study", sorted(STUDIES))
def test_every_study_answers_in_at_most_five_sentences(study, request):
    run = request.getfixturevalue(study)(warnings=["The loss did not move.", "Another."])
    found = said(run)
    assert 0 < len(found) <= 3 and all(sentence.endswith(".") for sentence in found)
    part = answer.answer_part(run, found)
    assert part.heading == "In short" and len(part.items) <= 5 and part.items[: len(found)] == found


def test_two_networks(robustness):
    assert said(robustness()) == [
        "At epsilon 8 a+crf keeps the largest share of its clean IoU: 30.0 [30.0, 30.0] % under the worst of the "
        "attacks that were run on it (Iterative FGSM ll); a stronger one may leave less.",
        "a+crf keeps more than a: +10.0 [+10.0, +10.0] points.",
        "In the worst case of all that was tried, half of the clean IoU is gone at epsilon 1.52 [1.52, 1.52] (a); "
        "2.00 [2.00, 2.00] (a+crf).",  # from 60 and 70 at 1 to 10 at 8: 2^(3 * 10 / 50), 2^(3 * 20 / 60)
    ]


def test_one_network_keeps_something_and_not_most(finish):
    first, *others = said(finish("robustness", attacked(a=10.0), {}))
    assert first.startswith("At epsilon 8 a keeps 20.0 [20.0, 20.0] % of its clean IoU under the worst of")
    assert len(others) == 1 and "half of the clean IoU is gone at epsilon below 8 [below 8, below 8] (a)." in others[0]


def test_a_network_whose_crf_hides_the_gradient_is_said_to(finish):
    design = {"networks": {"b": {"crf": True}}}
    first, *_ = said(finish("robustness", attacked(a=10.0, b=12.5), design, name="b keeps most"))
    assert first.endswith("may leave less, and its CRF may hide the gradient.")
    first, *_ = said(finish("robustness", attacked(a=13.0, b=12.5), design, name="a keeps most"))
    assert first.endswith("may leave less.")


def test_a_network_with_a_crf_wins_nothing_by_the_gradient(finish):
    for crf, more in ((True, 1.0), (False, 1.0), (True, -1.0)):
        design = {"networks": {"b": {"crf": crf}}}
        second = said(finish("robustness", attacked(a=10.0, b=10.0 + more), design, name=f"{crf} {more}"))[1]
        assert second.startswith("Which network is the more robust this does not decide, since the CRF of b may") == (
            crf and more > 0
        )


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        ({}, "At epsilon 8 a keeps"),
        ({"norm": "linf"}, "At epsilon 8 a keeps"),
        ({"norm": "l2"}, "At epsilon 8 in the Euclidean norm of an image a keeps"),
        ({"region": {"class": "car"}}, "At epsilon 8, where nothing but pixels predicted as car could change, a keeps"),
        ({"region": {"mask": "0f"}}, "At epsilon 8, where nothing but the pixels of a mask could change, a keeps"),
    ],
)
def test_no_number_is_told_without_what_limits_the_attack(finish, settings, phrase):
    run = finish("robustness", attacked(a=10.0), {})
    run = dataclasses.replace(run, settings=run.settings | settings)
    first, last = said(run)
    assert first.startswith(phrase)
    limits = phrase.removeprefix("At epsilon 8").removesuffix(" a keeps").rstrip(",")
    assert last.startswith(f"In the worst case of all that was tried{limits}, half of the clean IoU is gone")


def test_of_a_hidden_class_it_is_told_what_is_still_found(finish):
    run = finish("robustness", attacked(a=10.0), {})
    clean, attack = np.full(IMAGES, 500), np.full(IMAGES, 125)
    counts = Hiding(np.stack([clean] * 2), np.stack([clean, attack]), np.stack([clean] * 2), np.stack([clean] * 2))
    run = dataclasses.replace(
        run, results=dataclasses.replace(run.results, hiding=counts), settings=run.settings | {"hidden": "car"}
    )
    assert said(run)[-1] == (
        "Of the pixels predicted as car this many still are, at least: 25.0 [25.0, 25.0] % (a, FGSM)."
    )


def margin(run: FinishedRun) -> float:
    """By how much the interval of the closest difference lies above 0, in points of IoU."""
    evidence = run.evidence
    found = leads(evidence, least_kept(evidence, sorted(set(run.table["model"])), ["fgsm"], 8.0))
    return min(evidence.interval(lead.difference, lead.level)[0] for lead in found) / 2  # of a clean IoU of 50


def test_among_three_it_is_decided_just_where_the_interval_excludes_0(finish):
    beyond = 1.0 - margin(finish("robustness", attacked(a=10.0, b=12.5, c=MIXED + 1.0), {}, name="far"))
    for aside, decided in ((0.001, True), (-0.001, False)):
        run = finish(
            "robustness", attacked(a=10.0, b=12.5, c=np.round(MIXED + beyond + aside, 4)), {}, name=f"by {aside}"
        )
        assert said(run)[1] == (
            "Under these attacks this is decided: c keeps more than each of the 2 other networks."
            if decided
            else "This is not decided: c cannot be told apart from b on these images; it keeps more than the other 1."
        )
        assert margin(run) == pytest.approx(aside, abs=2e-4)


def test_of_two_it_is_told_with_the_difference(finish):
    beyond = 1.0 - margin(finish("robustness", attacked(b=12.5, c=MIXED + 1.0), {}, name="far"))
    for aside, words in (
        (0.001, "c keeps more than b: +"),
        (-0.001, "c and b cannot be told apart on these images: +"),
    ):
        run = finish("robustness", attacked(b=12.5, c=np.round(MIXED + beyond + aside, 4)), {}, name=f"by {aside}")
        assert said(run)[1].startswith(words)


def test_many_that_cannot_be_told_apart_are_counted(finish):
    run = finish("robustness", attacked(**dict.fromkeys("abcde", MIXED)), {})
    assert said(run)[1] == "This is not decided: e cannot be told apart from 4 of the others on these images."


@pytest.mark.parametrize(
    "at_1, at_8, radius",
    [
        (60.0, 40.0, "2.83"),
        (60.0, 50.0, "8.00"),
        (60.0, 50.02, "above 8"),
        (50.0, 40.0, "1.00"),
        (49.98, 40.0, "below 1"),
    ],
)
def test_where_half_of_the_clean_iou_is_gone(finish, at_1, at_8, radius):
    answers = {
        cell("a"): Answer(50.0),
        cell("a", "fgsm", 1.0): Answer(at_1 / 2),
        cell("a", "fgsm", 8.0): Answer(at_8 / 2),
    }
    told = said(finish("robustness", answers, {}))[-1]
    assert told.endswith(f"half of the clean IoU is gone at epsilon {radius} [{radius}, {radius}] (a).")


def test_of_many_networks_the_first_and_the_last_to_break_are_named(finish):
    answers = {}
    for model, ratio in zip("abcd", (60.0, 70.0, 80.0, 90.0), strict=True):
        answers |= {cell(model): Answer(50.0), cell(model, "fgsm", 1.0): Answer(ratio / 2)}
        answers[cell(model, "fgsm", 8.0)] = Answer((110.0 - ratio) / 2)  # from 60 to 50, to 40, 30, 20
    told = said(finish("robustness", answers, {}))[-1]
    assert told.endswith("at epsilon 3.28 [3.28, 3.28] (d) at the earliest and 8.00 [8.00, 8.00] (a) at the latest.")


def test_what_was_only_shown_to_a_network_breaks_nothing(finish):
    answers = attacked(a=10.0) | {cell("labels"): Answer(50.0), cell("labels", "fgsm", 8.0, source="a"): Answer(4.0)}
    assert all("labels" not in sentence for sentence in said(finish("robustness", answers, {})))


def test_nothing_attacked_within_an_epsilon_is_said(finish):
    alone = {cell("a"): Answer(50.0), cell("a", "smallest", None): Answer(1.0)}
    assert said(finish("robustness", alone, {})) == ["No network was attacked within a given epsilon."]


def test_warnings_are_counted_and_the_first_is_told(robustness):
    run = robustness()
    assert answer.doubt(run) == "No warning came up while it ran."
    one, two = (dataclasses.replace(run, warnings=warnings) for warnings in (("A.",), ("A.", "B.")))
    assert answer.doubt(one) == "The run warns: A."
    assert answer.doubt(two) == "There are 2 warnings, of which the first is: A."
    left = dataclasses.replace(run, results=dataclasses.replace(run.results, left_out=("x.png cannot be read",)))
    assert answer.doubt(left) == "The run warns: 1 of 17 photographs was left out: x.png cannot be read."


def test_of_one_group_of_images_nothing_is_decided(robustness):
    run = robustness()
    assert answer.sureness(run) == (
        f"All of it rests on {IMAGES} images; in brackets are intervals for other images like these, of 95 % or, of "
        "differences among several, surer ones."
    )
    assert answer.sureness(grouped(run, *"ab" * 8)).startswith(
        "All of it rests on 16 images in 2 groups of alike ones; in"
    )
    alone = grouped(run, *["a"] * IMAGES)
    assert answer.sureness(alone).endswith("ones, so there are no intervals and nothing is decided.")
    assert said(alone)[0].startswith("At epsilon 8 a+crf keeps the largest share of its clean IoU: 30.0 % under")
    assert said(alone)[1] == "a+crf and a cannot be told apart on these images: +10.0 points."
    assert said(alone)[2].endswith("at epsilon 1.52 (a); 2.00 (a+crf).")


def test_of_more_than_three_things_two_are_told():
    three = ["A.", "B.", "C."]
    assert answer.listed(three, "attacks") == three and answer.listed([], "attacks") == []
    assert answer.listed([*three, "D."], "attacks") == [
        "A.",
        "B.",
        "There are 2 more attacks, of which the rest tells.",
    ]


def test_transforms(transforms):
    first, best, lead = said(transforms())
    assert (
        first
        == "Iterative FGSM ll at epsilon 8 takes net from 60.0 [60.0, 60.0] to 10.0 [10.0, 10.0] % IoU, on 16 images."
    )
    assert best.startswith("The transform that helps most is JPEG: 40.0 [40.0, 40.0] % against the oblivious attack")
    assert lead.startswith("It helps more than blur: +10.0")


def test_transforms_of_several_attacks_have_a_sentence_each(transforms):
    run = transforms()
    answers = dict(zip(run.results.cells, np.arange(len(run.results.cells)), strict=True))
    twice = [*answers, *(dataclasses.replace(one, attack="fgsm") for one in answers if one.attack != "clean")]
    places = [answers[one if one in answers else dataclasses.replace(one, attack="ifgsm_ll")] for one in twice]
    per_cell = {
        field.name: value[places]
        for field in dataclasses.fields(run.results)
        if isinstance(value := getattr(run.results, field.name), np.ndarray)
    }
    counts = type(run.results.counts)(*(part[places] for part in run.results.counts))
    both = dataclasses.replace(
        run, results=dataclasses.replace(run.results, cells=tuple(twice), counts=counts, **per_cell)
    )
    assert [sentence.split(": The transform")[0] for sentence in said(both)] == [
        "net under FGSM at epsilon 8",
        "net under Iterative FGSM ll at epsilon 8",
    ]


def test_transfer(transfer):
    assert said(transfer()) == [
        "FGSM at epsilon 8 leaves 20.0 [20.0, 20.0] % of the clean IoU where it is white-box and 72.5 [72.5, 72.5] % "
        "where examples come from another network (means over the cells).",
        "Iterative FGSM ll at epsilon 8 leaves 20.0 [20.0, 20.0] % of the clean IoU where it is white-box and 72.5 "
        "[72.5, 72.5] % where examples come from another network (means over the cells).",
    ]


def test_crf(crf):
    assert said(crf()) == ["net: The CRF masks the gradient (on 16 images)."]


def test_masking(masking):
    assert said(masking()) == [
        "b masks its gradient (on 16 images). ifgsm at epsilon 8 leaves 60.0 [60.0, 60.0] % of the clean IoU. That "
        "says too much of its robustness; attack it with what is made on a (pipelines.transfer).",
        "No sign that a masks its gradient (on 16 images).",
    ]


def test_of_many_models_those_to_beware_of_come_first(finish):
    battery = Battery("ifgsm", 8.0, (Try("ifgsm", LARGE, "20 steps at epsilon 64", "other attacks", 64.0),))
    answers = {}
    for name, plain, large in (("a", 10.0, 1.0), ("b", 10.0, 1.0), ("c", 10.0, 1.0), ("d", 40.0, 40.0)):
        left = {cell(name, "ifgsm", 8.0): Answer(plain / 2), cell(name, "ifgsm", 64.0): Answer(large / 2)}
        answers |= {cell(name): Answer(50.0)} | left
    starts = {f"{name}/away": np.full((3, IMAGES), 0.01) for name in "abcd"}
    first, *_, last = said(finish("masking", answers, battery.as_json(), starts=starts))
    assert first.startswith("d masks its gradient (on 16 images). ifgsm at epsilon 8 leaves 40.0")
    assert last == "There are 2 more models, of which the rest tells."


def test_certificate_and_what_an_attack_refutes(certificate):
    run = certificate()
    assert said(run) == [
        "net smoothed by noise of sigma 16 has an IoU of 50.0 [50.0, 50.0] %, of which 20.0 [20.0, 20.0] % are "
        "certified against every perturbation of a Euclidean norm below 6.0 grey levels."
    ]
    write(run.folder, [dataclasses.replace(one, contradicted=np.array([0, 1])) for one in read(run)])
    (told,) = said(run)
    assert told.startswith("net at sigma 16: attacks refute what is certified at 1 pixels")
