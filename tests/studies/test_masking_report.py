"""What is told of models that may mask their gradient."""

import pytest

from tfadvseg.reports.document import Heading, Paragraph, Table
from tfadvseg.studies.masking import STUDY
from tfadvseg.studies.report import summary_text, write_report


@pytest.fixture
def run(masking):
    return masking(warnings=["a: beware."])


def test_each_model_has_its_verdict_first(run):
    told = STUDY.report().document(run, STUDY.judged(run), [])
    assert [block.text for block in told.blocks if isinstance(block, Heading)] == ["a", "b", "IoU ratio"]
    first, second, _ = (block.text for block in told.blocks if isinstance(block, Paragraph))
    assert first.startswith("No sign that a masks its gradient (on 16 images). ifgsm at epsilon 8 leaves 10.0 [")
    assert second.startswith("b masks its gradient (on 16 images). ifgsm at epsilon 8 leaves 60.0 [60.0, 60.0] % of ")
    assert second.endswith("attack it with what is made on a (pipelines.transfer).")


def test_the_table_has_a_row_an_attack_and_a_column_a_model(run):
    *_, table = STUDY.report().document(run, [], []).blocks
    assert isinstance(table, Table) and table.header == ["Attack", "a", "b"]
    assert [[row[0], *(text.partition(" ")[0] for text in row[1:])] for row in table.rows] == [
        ["Clean IoU", "50.0", "50.0"],
        ["ifgsm at epsilon 8", "10.0", "60.0"],
        ["the same made on a", "-", "20.0"],
        ["the same made on b", "80.0", "-"],
        ["40 steps of 0.25 in place of 10 of 1", "10.0", "60.0"],
        ["20 steps at epsilon 64", "2.0", "2.0"],
    ]


def test_the_folder_has_a_report_and_the_terminal_its_verdicts(run):
    written = {path.name for path in write_report(run.folder, with_tensorboard=False)}
    assert {"results.md", "results.csv", "claims.json"} <= written
    assert "beware" in (run.folder / "results.md").read_text()
    assert "b masks its gradient (on 16 images)." in summary_text(run)
