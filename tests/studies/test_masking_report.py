"""What is told of models that may mask their gradient."""

import numpy as np
import pytest

from tfadvseg.reports.document import Heading, Paragraph, Table
from tfadvseg.studies.masking import STUDY
from tfadvseg.studies.masking.figures import doubts_figure
from tfadvseg.studies.masking.report import drawings
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


def test_the_figure_has_a_point_where_the_table_has_a_number(run):
    (drawing,) = drawings(run)
    figure = drawing.make()
    *_, table = STUDY.report().document(run, [], []).blocks
    for axes, column in zip(figure.axes, range(1, 3), strict=True):
        points = {int(line.get_ydata()[0]): line.get_xdata()[0] for line in axes.lines if line.get_marker() in "os"}
        told = {place: float(row[column].split()[0]) for place, row in enumerate(table.rows[1:]) if row[column] != "-"}
        assert points == pytest.approx(told, abs=0.05)
        assert axes.get_xlim() == (0, 100) and axes.get_title() == table.header[column]


def test_a_ratio_above_100_is_on_its_axis(masking):
    run = masking()
    rows = [("better", [np.full(101, 123.0), None])]
    figure = doubts_figure(run, ["a", "b"], rows)
    assert [axes.get_xlim()[1] for axes in figure.axes] == [130.0, 130.0]
