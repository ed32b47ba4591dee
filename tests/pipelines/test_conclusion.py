"""What an index takes from the reports of its jobs."""

from types import SimpleNamespace

import pytest

from pipelines.common.conclusion import beginning, judged, sections
from tfadvseg.reports.document import Bullets, Document, Heading, Paragraph
from tfadvseg.reports.markdown import markdown
from tfadvseg.studies.answer import TITLE

TOLD = ("a keeps 20.0 % (`fgsm`).", "- 3 is *less* than 4 \\ 5, and 1 < 2.", "All of it rests on 3 images.")


def report(*blocks):
    return markdown(Document("A run", list(blocks))).splitlines()


def test_the_sentences_of_a_report_are_taken_as_they_were_written():
    lines = report(Paragraph("First."), Bullets(TOLD, TITLE), Bullets(["Odd."], "Warnings"), Heading("IoU"))
    assert beginning(lines) == TOLD
    assert beginning(report(Bullets(["Odd."], "Warnings"))) == beginning([]) == ()


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"number": "C5"}]', "[" * 300])
def test_claims_that_are_damaged_are_a_sentence(tmp_path, content):
    (tmp_path / "claims.json").write_text(content)
    one = SimpleNamespace(folder=tmp_path, job=SimpleNamespace(name="robustness", claims=("C5",)))
    with pytest.raises(ValueError, match=r"claims\.json is damaged"):
        judged(one)


def test_photographs_are_a_part_where_there_are_sheets():
    lines = report(Bullets(TOLD, TITLE), Heading("IoU"), Heading("FGSM", 3))
    assert sections(lines, ["iou_ratio.png"]) == (TITLE, "IoU")
    assert sections(lines, ["sheet_a_0_fgsm.png"]) == (TITLE, "IoU", "Attacked photographs")
