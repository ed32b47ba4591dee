"""Which classes break first, from counts by hand."""

import dataclasses

import numpy as np
import pytest
from made_up import Answer, cell, results

from tfadvseg.metrics.counts import Counts
from tfadvseg.reports.cells import white_box
from tfadvseg.reports.document import Heading, Paragraph, Table
from tfadvseg.runs.results import rows, table
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.by_class import class_part, classes_kept, first_to_break
from tfadvseg.studies.robustness.envelope import envelopes

NAMES = ("road", "sky", "car", "bus", "pole")
HITS = {
    "clean": [80, 50, 40, 0, 0],
    "fgsm": [40, 50, 4, 0, 0],
    "ifgsm": [60, 45, 8, 0, 0],
}
"""Right pixels of 100 that are labelled so, nothing beside them: the IoU in per cent. The network never knew a pole,
and no image has a bus."""


@pytest.fixture
def make():
    """The evidence of one network and its cells; `hits` of each attack on every one of 16 images."""

    def make(changed=(), **settings):
        hits = HITS | dict(changed)
        run = results({cell("net", attack, 0.0 if attack == "clean" else 8.0): Answer() for attack in hits})
        own = np.repeat(np.array(list(hits.values()))[:, None], len(run.ids), 1)
        labelled = np.broadcast_to([100, 100, 100, 0, 100], own.shape)
        run = dataclasses.replace(run, counts=Counts(own, labelled, own), classes=NAMES, **settings)
        return Evidence(run), white_box(table(rows(run)))

    return make


def test_what_loses_the_largest_share_comes_first(make):
    """Of the car 10 % are left by FGSM, of the road 50 %, of the sky 90 % by Iterative FGSM."""
    evidence, cells = make()
    heading, told, model, sentence, found = class_part(evidence, cells, envelopes(evidence, (8.0,)))
    assert (heading, model) == (
        Heading("IoU by class"),
        Heading("net", 3),
    ) and "at epsilon 8, under the 4 attacks" in told.text
    assert found == Table(
        ["Class", "Clean", "FGSM", "Iterative FGSM", "Kept (%)", "Worst case", "Epsilon 50"],
        [
            ["car", "40.0", "4.0", "8.0", "10.0 [10.0, 10.0]", "4.0", "below 8"],
            ["road", "80.0", "40.0", "60.0", "50.0 [50.0, 50.0]", "40.0", "8.00"],
            ["sky", "50.0", "50.0", "45.0", "90.0 [90.0, 90.0]", "45.0", "above 8"],
            ["pole", "0.0", "0.0", "0.0", "-", "0.0", "-"],
            ["bus", "-", "-", "-", "-", "-", "-"],
        ],
    )
    assert sentence == Paragraph(
        "Of net, car (10.0 [10.0, 10.0] % kept), road (50.0 [50.0, 50.0] % kept) and sky (90.0 [90.0, 90.0] % kept) "
        "break first."
    )


def test_only_what_loses_something_breaks(make):
    evidence, _ = make({"fgsm": [80, 50, 39, 0, 0], "ifgsm": [90, 50, 40, 0, 0]})
    found = classes_kept(evidence, "net", ["fgsm", "ifgsm"], 8.0)
    assert first_to_break("net", found) == "Of net, car (97.5 [97.5, 97.5] % kept) breaks first."
    untouched, _ = make({"fgsm": HITS["clean"], "ifgsm": HITS["clean"]})
    found = classes_kept(untouched, "net", ["fgsm", "ifgsm"], 8.0)
    assert first_to_break("net", found) == "No class of net loses any of its IoU."


def test_a_class_in_one_group_of_images_has_no_interval(make):
    evidence, _ = make()
    labelled = evidence.results.counts.labelled.copy()
    labelled[:, 1:, 2] = 0
    hits = np.minimum(evidence.results.counts.hits, labelled)
    alone = Evidence(dataclasses.replace(evidence.results, counts=Counts(hits, labelled, hits)))
    car, road, *_ = classes_kept(alone, "net", ["fgsm", "ifgsm"], 8.0)
    assert (car.units, road.units) == (1, 16)
    assert "car (10.0 % kept), road (50.0 [50.0, 50.0] % kept)" in first_to_break("net", [car, road, *_])


def test_trials_are_averaged(make):
    """A class's IoU is 30 in one trial and 50 in the other."""
    run = results({cell("net", trial=trial): Answer(30.0 + 20 * trial) for trial in range(2)})
    np.testing.assert_allclose(Evidence(run).class_iou(model="net"), np.full((1, 1001), 40.0))


def test_of_no_attack_nothing_is_said(make):
    run = results({cell("net"): Answer(50.0)})
    assert class_part(Evidence(run), white_box(table(rows(run)))) == []
