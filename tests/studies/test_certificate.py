"""What a report says of a certificate and of the attack beside it."""

import dataclasses

import numpy as np
import pytest

from tfadvseg.reports.terminal import terminal
from tfadvseg.studies.certificate.certified import read, write
from tfadvseg.studies.certificate.figures import at, attacked_curve, certified_curve, plain_curve
from tfadvseg.studies.certificate.report import document, few_draws, norm_sentence, summary
from tfadvseg.studies.study import Study


def replaced(run, **changes):
    return dataclasses.replace(run, design=run.design | changes)


def test_a_row_for_each_network_and_sigma(certificate):
    """Of one class IoU and accuracy are the same thing."""
    text = terminal(summary(certificate()))
    (row,) = (line for line in text.splitlines() if line.startswith("net  ") and "60.0" in line)
    numbers = row.replace("[", " ").replace(",", " ").replace("]", " ").split()[1:]
    assert numbers == ["16", "60.0", "50.0", "50.0", "50.0", "50.0", "80.0", "6.0", "20.0", "20.0", "20.0", "20.0"]
    assert "25.0 to 30.0" not in text and "0.0 to 30.0" in text  # certified up to a norm of 2, and at 4 what 5 leaves


def test_an_attack_counts_for_all_larger_norms_and_a_certificate_for_all_smaller_ones(certificate):
    run = certificate()
    (one,) = read(run)
    assert [one.attacked_iou(run.evidence, norm)[0] for norm in (0, 3.99, 4, 8, 99)] == [50, 50, 30, 30, 30]
    found = [one.certified_iou(run.evidence, norm)[0] for norm in (0, 0.01, 2, 2.01, 5, 5.01)]
    np.testing.assert_allclose(found, [45, 25, 25, 0, 0, 0])
    assert attacked_curve(run, one) == [(0, 50), (4, 30), (8, 30)] and plain_curve(run, "net")[1:] == [
        (4, 25),
        (8, 12.5),
    ]
    x = np.array([0, 1.99, 2.01, 4, 6])
    np.testing.assert_allclose(at(certified_curve(run, one), x, "left"), [45, 25, 0, 0, 0])
    np.testing.assert_allclose(at(attacked_curve(run, one), x, "right"), [50, 50, 50, 30, 30])


def test_what_is_drawn_between_the_steps_never_claims_more_than_was_proven(certificate):
    run = certificate()
    (one,) = read(run)
    x = np.linspace(0, 7, 50)
    for norm, drawn in zip(x, at(certified_curve(run, one), x, "left"), strict=True):
        assert drawn == one.certified_iou(run.evidence, norm)[0]


def test_an_attack_that_refutes_a_certificate_is_told(certificate):
    run = certificate()
    assert "refute" not in terminal(summary(run))
    (one,) = read(run)
    write(run.folder, [dataclasses.replace(one, contradicted=np.array([0, 3]))])
    said = "net at sigma 16: attacks refute what is certified at 3 pixels; this is a defect"
    assert said in " ".join(terminal(summary(run)).split())
    assert said in " ".join(terminal(document(run, [], [])).split())


def test_too_few_draws_are_told(certificate):
    """0.75^n of n agreeing draws is to be no more than 0.001 / 16 images / 49,152 pixels: from 72 draws on."""
    run = certificate()
    assert 0.75**72 < 0.001 / 16 / 49_152 < 0.75**71
    assert few_draws(replaced(run, draws=72)) == []
    (sentence,) = few_draws(replaced(run, draws=71))
    assert "71 draws are too few" in sentence and sentence.endswith("take at least 72.")


def test_a_norm_in_grey_levels():
    """sqrt(3 x 192 x 256) = 384, and 100 pixels have 300 values."""
    said = norm_sentence("net", (192, 256), 19.2)
    assert "a norm of 384 e, so one of 19.2 grey levels is 0.05 of a level everywhere, or 1.1 levels in 100" in said


def test_a_damaged_file_is_named(certificate):
    run = certificate()
    (run.folder / "certificate.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"certificate\.npz is damaged; start the run's command again"):
        read(run)


@pytest.mark.parametrize(
    "design, file",
    [
        ({"models": ["other"], "sizes": {"other": [192, 256]}}, "certificate.npz"),
        ({"models": ["other"]}, "design.json"),
        ({"sigmas": [0.0]}, "design.json"),
        ({"tau": 1.0}, "design.json"),
        ({"draws": "many"}, "design.json"),
    ],
)
def test_a_design_that_does_not_fit_the_file_is_refused(certificate, design, file):
    run = certificate()
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        read(dataclasses.replace(run, design={**run.design, **design}))


def test_the_paper_claims_nothing(certificate):
    from tfadvseg.studies import STUDIES

    assert isinstance(STUDIES["certificate"], Study) and STUDIES["certificate"].judged(certificate()) == []
