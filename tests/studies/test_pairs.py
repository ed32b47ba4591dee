"""Which networks differ, all pairs together, and what is told of those that are open."""

from collections.abc import Mapping

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, PerImage, cell, results

from tfadvseg.metrics.significance import sign_flip_p
from tfadvseg.reports.document import Bullets, Heading, Paragraph, Table
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.differences import all_pairs_part, differences_part, needed_text
from tfadvseg.studies.robustness.pairs import Pair, pairs


def evidence(ious: Mapping[str, PerImage], groups=None) -> Evidence:
    """Clean 100, so that an IoU is a ratio; under FGSM at 8."""
    answers = {cell(name): Answer(100.0) for name in ious}
    return Evidence(results(answers | {cell(name, "fgsm", 8.0): Answer(iou) for name, iou in ious.items()}, groups))


def compared(ious: Mapping[str, PerImage], groups=None) -> tuple[list[Pair], Evidence]:
    known = evidence(ious, groups)
    return pairs(known, list(ious), ["fgsm"], 8.0), known


def test_all_pairs_are_compared_the_surest_first():
    found, _ = compared({"a": 20.0, "b": 40.0, "c": 40 + 10 * OPPOSITE + 4})
    assert {(one.more, one.less) for one in found} == {("b", "a"), ("c", "a"), ("c", "b")}
    assert [one.p for one in found] == sorted(one.p for one in found)
    assert (found[-1].more, found[-1].less) == ("c", "b") and found[0].p == 0
    assert found[0].corrected == 0 and found[-1].corrected == found[-1].p
    assert [one.differs for one in found] == [True, True, False]


def test_the_sign_flips_are_of_groups():
    """Of a ratio over alike images they are those of the groups' own differences."""
    apart = np.round(np.random.default_rng(0).normal(3, 4, IMAGES // 2), 2)
    groups = [f"drive_{i // 2}" for i in range(IMAGES)]
    (one,), _ = compared({"a": 30.0, "b": 30 + np.repeat(apart, 2)}, groups)
    assert one.flips == pytest.approx(sign_flip_p(apart))


@pytest.mark.parametrize(("ious", "level"), [("ab", 95.0), ("abc", 98 + 1 / 3)])
def test_needed_groups_are_of_an_interval_as_sure_as_all_pairs_ask_for(ious, level):
    found, _ = compared({name: 30.0 + k for k, name in enumerate(ious)})
    assert [one.level for one in found] == pytest.approx([level] * len(found))


def test_what_differs_needs_no_more_groups_than_there_are_and_what_is_open_does():
    for beyond in np.linspace(2, 9, 15).round(2):
        (one,), _ = compared({"a": 40.0, "b": 40 + 10 * OPPOSITE + beyond})
        assert one.differs == (one.needed <= IMAGES)


def test_an_open_pair_is_told_with_the_groups_it_would_take():
    found, known = compared({"a": 40.0, "b": 44 + 10 * OPPOSITE})
    heading, told, assumption, listed = differences_part(found, known)
    assert heading == Heading("Which networks differ")
    assert told == Paragraph(
        "The two networks cannot be told apart by an interval of 95 %, each network under its worst attack, on 16 "
        "images. A test by sign flips, which takes no shape of the differences for granted, is beside it "
        "in the table."
    )
    assert "that interval would exclude 0, were the truth what was measured" in assumption.text
    (sentence,) = listed.items
    assert (
        sentence
        == f"b less a, {known.format(found[0].difference, '+.1f')} points: {found[0].needed:.0f} groups in place of 16."
    )
    assert 25 <= found[0].needed <= 32


def test_few_groups_are_said_to_be_too_few_for_sign_flips():
    groups = [f"drive_{i // 4}" for i in range(IMAGES)]
    found, known = compared({"a": 20.0, "b": 60.0, "c": 40.0}, groups)
    heading, told = differences_part(found, known)
    assert told.text.startswith(
        "Of 3 pairs of networks 3 differ by an interval of 98.33 %, as sure as 3 tests ask for, each network under its"
    )
    assert told.text.endswith(
        "cannot decide on 4 groups: its p, two-sided, is never below 2 / 2^4 = 0.12, where 3 tests ask for 0.017 of "
        "the surest."
    )


def test_of_many_open_pairs_the_closest_have_a_sentence_and_the_table_has_all():
    found, known = compared({name: 40 + k + 10 * OPPOSITE * (k % 2) for k, name in enumerate("abcd")})
    blocks = differences_part(found, known)
    (listed,) = (block for block in blocks if isinstance(block, Bullets))
    assert len(listed.items) == 3 and blocks[2].text.endswith("The 3 closest:")
    _, told, table = all_pairs_part(found, known)
    assert isinstance(table, Table) and len(table.rows) == 6 and "99.17 %" in told.text
    assert table.header[3:7] == ["p", "p (Holm)", "p (flips)", "Differ"]
    assert {tuple(row[:2]) for row in table.rows} == {(one.more, one.less) for one in found}


def test_what_does_not_differ_at_all_takes_more_than_a_million():
    found, known = compared({"a": 40.0, "b": 40.0})
    assert needed_text(found[0], known).endswith("points: more groups than a million.")


def test_of_one_network_or_one_group_nothing_is_said():
    for ious, groups in (({"a": 40.0}, None), ({"a": 40.0, "b": 20.0}, ["drive"] * IMAGES)):
        found, known = compared(ious, groups)
        assert differences_part(found, known) == all_pairs_part(found, known) == []
