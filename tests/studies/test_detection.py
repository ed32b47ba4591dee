"""Whether attacks are seen by the entropy and the confidence of the network's answer."""

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell, results

from tfadvseg.reports.document import Bullets, Heading, Paragraph, Table
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.detection import UNSEEN, by_confidence, by_entropy, detection_part, in_words, seen
from tfadvseg.studies.robustness.report import cells_of, document

STEPS = np.arange(IMAGES) / IMAGES
"""Nats by which images differ."""


def evidence(entropy, confidence=95.0, groups=None, clean=STEPS):
    answers = {cell("net"): Answer(entropy=clean, confidence=90 + STEPS)}
    answers[cell("net", "fgsm", 8.0)] = Answer(entropy=entropy, confidence=confidence)
    return Evidence(results(answers, groups))


@pytest.mark.parametrize(("entropy", "expected"), [(2.0, 100.0), (-0.0, 3.125), (STEPS, 50.0), (STEPS + 0.5, 87.5)])
def test_pairs_in_which_the_attacked_image_is_less_sure(entropy, expected):
    """Of 256; of those with itself a half, that is 8 of the 16 ties. Half a nat is 8 steps: 256 less 8 9 / 2 - 4."""
    score = by_entropy(evidence(entropy), "net", "fgsm", 8.0)
    assert score[0] == pytest.approx(expected, abs=0.1 if expected == 87.5 else 1e-9)


def test_less_confidence_counts_as_more_entropy_does():
    assert by_confidence(evidence(0.5, confidence=50.0), "net", "fgsm", 8.0)[0] == 100
    assert by_confidence(evidence(0.5, confidence=99.0), "net", "fgsm", 8.0)[0] == 0


def test_a_number_of_an_image_is_its_mean_over_the_trials():
    answers = {cell("net", trial=trial): Answer(entropy=0.5) for trial in (0, 1)}
    answers |= {cell("net", "fgsm", 8.0, trial=t): Answer(entropy=0.5 + w) for t, w in ((0, 0.4), (1, -0.3))}
    assert by_entropy(Evidence(results(answers)), "net", "fgsm", 8.0)[0] == 100
    answers |= {cell("net", "fgsm", 8.0, trial=t): Answer(entropy=0.5 + w) for t, w in ((0, 0.3), (1, -0.4))}
    assert by_entropy(Evidence(results(answers)), "net", "fgsm", 8.0)[0] == 0


@pytest.mark.parametrize(
    ("entropy", "expected"), [(STEPS + 0.6, True), (STEPS - 0.6, True), (STEPS + 0.01, False), (STEPS, False)]
)
def test_an_attack_is_seen_on_either_side_of_chance(entropy, expected):
    """Attacked images may be the surer ones."""
    run = evidence(np.maximum(entropy, 0) + 1.0, clean=STEPS + 1.0)
    assert seen(run, by_entropy(run, "net", "fgsm", 8.0)) == expected


def test_of_one_group_nothing_is_seen():
    run = evidence(2.0, groups=["a"] * IMAGES)
    assert not seen(run, by_entropy(run, "net", "fgsm", 8.0))


def of_two(unseen):
    """One attack that doubles the entropy, and the one that knows of it."""
    answers = {cell("net"): Answer(entropy=1 + STEPS)}
    answers |= {cell("net", attack, e): Answer(entropy=3.0) for attack in ("fgsm",) for e in (1.0, 8.0)}
    answers |= {cell("net", UNSEEN, e): Answer(entropy=1 + unseen) for e in (1.0, 8.0)}
    return answers


@pytest.mark.parametrize(
    ("unseen", "told"),
    [
        (STEPS, "does not surely give away Iterative FGSM, unseen, which does: 50.0 ["),
        (5.0, "gives away Iterative FGSM, unseen, which d"),
    ],
)
def test_the_words_say_whether_detection_survives_one_who_knows_it(unseen, told):
    run = Evidence(results(of_two(unseen)))
    said = in_words(run, "net", ["fgsm", UNSEEN], 8.0)
    assert said.startswith(f"The entropy of net surely gives away 1 of 1 attacks that do not know of it, and {told}")
    assert said.endswith(" That leaves 100.0 [100.0, 100.0] % of the clean IoU.")
    told_of = in_words(run, "net", ["fgsm", "noise"], 8.0)
    assert told_of.startswith("The entropy of net surely gives away 1 of 1 attacks that do not know of it; ")
    answers = of_two(unseen) | {cell("net", "ifgsm", 8.0): Answer(20.0, entropy=3.0)}
    beside = in_words(Evidence(results(answers)), "net", ["ifgsm", UNSEEN], 8.0)
    assert beside.endswith(" % of the clean IoU, where Iterative FGSM leaves 66.7 [66.7, 66.7] %.")
    assert "is not known without ifgsm_unseen" in in_words(run, "net", ["fgsm"], 8.0)


@pytest.mark.parametrize(("groups", "said"), [(4, "takes 5 groups of images or more"), (5, "surely gives away 1")])
def test_of_few_groups_nothing_is_seen(groups, said):
    """However far apart clean and attacked images are."""
    run = Evidence(results(of_two(5.0), [f"drive_{i % groups}" for i in range(IMAGES)]))
    assert said in in_words(run, "net", ["fgsm", UNSEEN], 8.0)
    assert seen(run, by_entropy(run, "net", "fgsm", 8.0)) == (groups == 5)


def test_the_report_has_a_row_for_each_network_and_attack(finish):
    run = finish("robustness", of_two(STEPS + 0.2 * OPPOSITE), {"models": ["net"]})
    part = detection_part(run.evidence, cells_of(run))
    heading, text, words, table, _, over = part
    assert heading == Heading("Is an attack seen?") and "50 is chance" in text.text and len(words.items) == 1
    assert [row[:2] for row in table.rows] == [["net", "FGSM"], ["net", "Iterative FGSM, unseen"]]
    assert table.rows[0][2] == "100.0 [100.0, 100.0]" and len(table.header) == 4
    assert over.header == ["Network", "Attack", "1"] and over.rows[0] == ["net", "FGSM", "100.0"]
    shown = document(run, [], []).blocks
    assert [block for block in shown if block == heading] and all(
        isinstance(block, Heading | Paragraph | Bullets | Table) for block in shown
    )


def test_without_an_attack_of_an_epsilon_nothing_is_said(finish):
    run = finish("robustness", {cell("net"): Answer(), cell("net", "smallest", None): Answer(5.0)}, {})
    assert detection_part(run.evidence, cells_of(run)) == []
