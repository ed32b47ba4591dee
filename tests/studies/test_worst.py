"""What is told of worst cases, in words and tables."""

import dataclasses

import numpy as np
from made_up import IMAGES, OPPOSITE, Answer, cell, results

from tfadvseg.reports.document import Heading, Paragraph, Picture, Table
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.envelope import envelopes
from tfadvseg.studies.robustness.worst import every_epsilon_part, title_of, worst_part

PICTURE = Picture("figures/worst_case.png", "Worst case")


def made(groups=None, epsilons=(4.0, 8.0)):
    """Of `a` two attacks take sides; `labels` was only shown what was made on `a`."""
    answers = {cell("a"): Answer(80.0), cell("labels"): Answer(50.0)}
    for epsilon, iou in ((4.0, 60.0), (8.0, 40.0)):
        answers[cell("a", "fgsm", epsilon)] = Answer(iou + 8 * OPPOSITE)
        answers[cell("a", "ifgsm", epsilon)] = Answer(iou - 8 * OPPOSITE)
        answers[cell("labels", "fgsm", epsilon, source="a")] = Answer(45.0 if epsilon == 8 else 40.0)
    measured = results(answers, groups)
    linf = np.repeat([[c.epsilon] for c in measured.cells], len(measured.ids), 1)
    return envelopes(Evidence(dataclasses.replace(measured, linf=linf)), epsilons)


def tables(blocks):
    return [block for block in blocks if isinstance(block, Table)]


def test_the_worst_case_its_bound_and_what_is_picked():
    blocks = worst_part(made(), 8.0, [PICTURE])
    assert blocks[0] == Heading("Worst case") and "within epsilon 8 in the max-norm" in blocks[1].text
    headline, picked, over = tables(blocks)
    assert headline.rows == [
        ["a", "FGSM", "50.0", "40.0 [40.0, 40.0]", "40.0", "32.0"],
        ["labels", "FGSM on a at 4", "80.0", "80.0 [80.0, 80.0]", "80.0", "40.0"],
    ]
    assert picked.header == ["Network", "Transferred", "FGSM", "Iterative FGSM"]
    assert picked.rows == [["a", "-", "50", "50"], ["labels", "100", "-", "-"]]
    assert over.rows[0] == ["a", "52.5 [52.5, 52.5]", "6.06 [6.06, 6.06]", "6.06, 6.06, 6.06"]
    assert over.rows[1][2:] == ["above 8 [above 8, above 8]", "above 8, above 8, above 8"]
    assert blocks[-1] == PICTURE
    assert (
        Paragraph("Shown only what was made on other networks, which says little of attacks on itself: labels.")
        in blocks
    )


def test_of_alike_images_no_interval_is_written():
    headline, _, over = tables(worst_part(made(["drive"] * IMAGES), 8.0))
    assert headline.rows[0][3] == "40.0" and over.rows[0][1:3] == ["52.5", "6.06"]


def test_of_one_epsilon_nothing_is_said_over_epsilon():
    found = made(epsilons=(8.0,))
    assert len(tables(worst_part(found, 8.0))) == 2 and every_epsilon_part(found) == []
    assert worst_part([], 8.0) == [] == every_epsilon_part([])


def test_every_epsilon_has_a_row():
    heading, _, table = every_epsilon_part(made())
    assert heading == Heading("Worst case at each epsilon")
    assert table.rows[:2] == [
        ["a", "FGSM", "4", "60.0", "52.0 [52.0, 52.0]", "52.0", "52.0"],
        ["a", "FGSM", "8", "40.0", "32.0 [32.0, 32.0]", "32.0", "32.0"],
    ]


def test_what_was_shown_is_named_with_its_source_and_what_it_expected():
    assert title_of(cell("a")) == "clean" and title_of(cell("a", "fgsm", 8.0)) == "FGSM"
    assert title_of(cell("a", "fgsm", 8.0, source="b", expected="jpeg")) == "FGSM over JPEG on b"
