"""What is said of the architectures of a run."""

import dataclasses

import pytest
from architecture_cases import PSPNET, facts_of
from made_up import Answer, cell, results

from tfadvseg.studies.robustness.overview import architecture_part
from tfadvseg.studies.run import FinishedRun

CLEAN = {"segnet": 40.0, "fcn8s_vgg": 50.0, "fcn8s_resnet101": 60.0, PSPNET: 80.0}
KEPT = {"segnet": 20.0, "fcn8s_vgg": 30.0, "fcn8s_resnet101": 45.0, PSPNET: 35.0}
SIZE = {"segnet": 29_400_000, "fcn8s_vgg": 134_000_000, "fcn8s_resnet101": 42_600_000, PSPNET: 0}
LEFT = {"fgsm": 6.0, "ifgsm": -2.0, "fgsm_ll": 0.0, "ifgsm_ll": -4.0}
"""IoU ratios in the mean, and what attacks leave beyond them; at epsilon 1 it is 2 more, at 8 it is 2 less."""


@pytest.fixture
def finish(tmp_path):
    """A finished run that needs no files, so that mutants can be tested without the fixtures beside this file."""
    return lambda study, answers, known, name="": FinishedRun(tmp_path, study, known, {}, results(answers), ())


@pytest.fixture
def four(finish):
    def make(attacks=tuple(LEFT), zoo=tuple(CLEAN), crf=(), name="run"):
        answers = {cell(f"my {n}"): Answer(CLEAN.get(n, 50.0)) for n in (*zoo, *crf)}
        for n in (*zoo, *crf):
            for attack in attacks:
                for e, more in ((1.0, 2.0), (8.0, -2.0)):
                    ratio = KEPT.get(n, 90.0) + LEFT[attack] + more
                    answers[cell(f"my {n}", attack, e)] = Answer(ratio * CLEAN.get(n, 50.0) / 100)
        known = {f"my {n}": dataclasses.asdict(facts_of(n, SIZE.get(n, 1))) for n in (*zoo, *crf)}
        return finish("robustness", answers, {"networks": known}, name=name)

    return make


def test_what_goes_with_robustness(four):
    heading, told, table, found = architecture_part(four())
    assert heading.text == "What the architectures say"
    assert told.text.startswith("A network's IoU ratio is here the mean over its 8 attacked cells, and ")
    assert "Left out" not in told.text
    assert table.rows == [
        ["my segnet", "vgg, decoder", "no", "29.4", "40.0", "20.0 [20.0, 20.0]"],
        ["my fcn8s_vgg", "vgg, FCN8s", "no", "134", "50.0", "30.0 [30.0, 30.0]"],
        ["my fcn8s_resnet101", "resnet101, FCN8s", "yes", "42.6", "60.0", "45.0 [45.0, 45.0]"],
        [f"my {PSPNET}", "resnet101, pyramid pooling", "yes", "-", "80.0", "35.0 [35.0, 35.0]"],
    ]
    assert list(found.items) == [
        "Mean of 2 networks with residual connections, less 2 networks without: +15.0 [+15.0, +15.0] points.",
        "ResNet-101 in place of VGG-16, both with FCN8s (my fcn8s_resnet101 less my fcn8s_vgg): +15.0 [+15.0, +15.0] "
        "points.",
        "Rank correlation of the IoU ratio with the clean IoU: +0.80 [+0.80, +0.80].",
        "FGSM leaves beyond its iterative version, mean over the networks: +8.0 [+8.0, +8.0] points.",
        "FGSM ll leaves beyond its iterative version, mean over the networks: +4.0 [+4.0, +4.0] points.",
        "Untargeted attacks leave beyond targeted ones: +4.0 [+4.0, +4.0] points.",
    ]


def test_size_is_told_of_networks_that_tell_it(four, monkeypatch):
    monkeypatch.setitem(SIZE, PSPNET, 65_000_000)
    found = architecture_part(four())[-1].items
    assert "With the number of parameters, of the 4 networks whose number is known: +0.20 [+0.20, +0.20]." in found


def test_networks_with_a_crf_are_left_out_and_named(four):
    _, told, table, found = architecture_part(four(crf=("crf_rnn",)))
    assert told.text.endswith("since a CRF hides its gradient: my crf_rnn.") and len(table.rows) == 4
    assert list(found.items) == list(architecture_part(four(name="without"))[-1].items)


def test_nothing_is_said_of_kinds_that_were_not_run(four):
    found = architecture_part(four(("fgsm", "ifgsm"), ("segnet", "fcn8s_vgg")))[-1].items
    assert list(found) == [
        "FGSM leaves beyond its iterative version, mean over the networks: +8.0 [+8.0, +8.0] points."
    ]


def test_one_network_says_nothing(four):
    assert architecture_part(four(zoo=("segnet",))) == []
    assert architecture_part(four((), name="unattacked")) == []
