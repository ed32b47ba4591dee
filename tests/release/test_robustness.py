"""What a run says of its models, and whose verdict on masked gradients counts."""

import math

import pytest
from made_up import OPPOSITE, cell

from tfadvseg.release.robustness import robustness
from tfadvseg.studies.signs import Found

DIGESTS = {"models": {"a": "0123", "b": "4567"}}


def test_scores_are_those_of_the_run(finish):
    run = finish(
        {
            ("a", "fgsm", 8.0): 30 + 10 * OPPOSITE,
            ("a", "ifgsm", 8.0): 30 - 10 * OPPOSITE,
            ("a", "fgsm", 1.0): 45.0,
            ("a", "smallest", None): 5.0,
            ("b", "fgsm", 8.0): 40.0,
            cell("a", "fgsm", 8.0, "b"): 45.0,
        },
        data="d1",
        attacked_as="Protocol x.",
        **DIGESTS,
    )
    a, b = robustness(run)
    assert (a.name, a.digest, a.data, a.protocol, a.images, a.groups) == ("a", "0123", "d1", "Protocol x.", 16, 16)
    assert a.clean == (50.0, 50.0, 50.0) and a.epsilon == 8.0 and b.clean.value == 50.0
    lines = {(line.attack, line.epsilon): line for line in a.lines}
    assert lines["fgsm", 8.0].iou.value == 30 and lines["fgsm", 8.0].ratio.value == 60
    row = run.table.query("model == 'a' and source_model == 'a' and attack == 'fgsm' and epsilon == 8").iloc[0]
    assert lines["fgsm", 8.0].iou == pytest.approx((row.iou, row.iou_low, row.iou_high))
    assert {("fgsm made on b", 8.0), ("smallest", None)} < lines.keys()
    assert [one.epsilon for one in a.worst] == [1.0, 8.0]
    assert a.worst_at(1.0).iou.value == 45 and a.worst_at(8.0).bound == a.worst_at(8.0).iou.value == 5
    assert b.strongest(8.0).iou.value == 40 and b.strongest(2.0) is None and b.worst_at(2.0) is None


def test_runs_of_other_studies_have_no_worst_case(finish):
    (one,) = robustness(finish({("a", "fgsm", 1.0): 30.0}, study="transfer"))
    assert one.worst == () and one.epsilon == 1.0


def test_without_a_clean_iou_there_is_no_ratio(finish):
    (one,) = robustness(finish({("a", "fgsm", 8.0): 0.0}, clean=0.0))
    assert math.isnan(one.lines[0].ratio.value) and one.worst == ()


@pytest.mark.parametrize(("mask", "found"), [(True, Found.MASK), (False, Found.NONE)])
def test_the_verdict_is_that_of_a_masking_run(finish, masked, mask, found):
    (own,) = robustness(masked(mask, **DIGESTS))
    assert own.masked.found == found and own.unreliable is mask
    a, b = robustness(
        finish({("a", "fgsm", 8.0): 30.0, ("b", "fgsm", 8.0): 30.0}, **DIGESTS), [masked(mask, "m2", **DIGESTS)]
    )
    assert a.unreliable is mask and b.masked is None and b.unreliable is None


def test_a_verdict_on_another_model_of_that_name_does_not_count(finish, masked):
    run = finish({("a", "fgsm", 8.0): 30.0}, **DIGESTS)
    (one,) = robustness(run, [masked(True, models={"a": "89ab"})])
    assert one.masked is None and one.unreliable is None
    with pytest.raises(ValueError, match=r"a run of robustness, but verdicts are in those of pipelines\.masking"):
        robustness(run, [run])
