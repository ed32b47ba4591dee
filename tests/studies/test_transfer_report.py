"""What is drawn and told of transfer."""

import numpy as np
from made_up import OPPOSITE

from tfadvseg.reports.document import Bullets, Paragraph, Table
from tfadvseg.reports.markdown import markdown
from tfadvseg.studies.report import summary_text, write_report
from tfadvseg.studies.transfer import figures, report


def blocks_of(run, kind):
    return [block for block in report.document(run, [], []).blocks if isinstance(block, kind)]


def test_a_matrix_has_white_box_in_parentheses_and_the_strongest_of_the_others_marked(transfer):
    first = report.ordered(transfer())[0]
    assert first.attack == "fgsm"  # as in the paper's order, not the run's
    table = report.matrix_table(first, with_intervals=False)
    assert table.header == ["Network \\ made on", "Clean IoU", "a", "b", "c"]
    assert table.rows == [
        ["a", "40.0", "(20.0)", "60.0", "50.0"],
        ["b", "80.0", "70.0", "(10.0)", "90.0"],
        ["c", "60.0", "80.0", "85.0", "(30.0)"],
    ]
    assert table.marked == {(0, 4), (1, 2), (2, 2)}
    with_intervals = report.matrix_table(first, with_intervals=True)
    assert with_intervals.rows[0][2] == "(20.0 [20.0, 20.0])" and with_intervals.marked == table.marked


def test_rows_are_compared_in_the_upper_triangle(transfer):
    """a and b on examples of c, a and c on those of b, b and c on those of a; a difference that may be 0 is plain."""
    run = transfer(changed={("c", "a"): 85 + 15 * OPPOSITE, ("b", "c"): 85.0})
    second = blocks_of(run, Table)[1]
    assert second.header == ["Keeps more than", "b", "c"]
    assert [[text.split(" ")[0] for text in row] for row in second.rows] == [["a", "-5.0", "-25.0"], ["b", "", "-10.0"]]
    assert second.marked == {(0, 2), (1, 2)}
    told = [block.text for block in blocks_of(run, Paragraph)]
    assert "Its intervals are of 98.33 %" in told[1]


def test_the_strongest_source_is_told_with_the_next(transfer):
    strongest = "a: of the other networks c makes the strongest examples,"
    told = [item for block in blocks_of(transfer(), Bullets) for item in block.items]
    assert f"{strongest} surely before b (+10.0 [+10.0, +10.0] points)." in told
    unsure = transfer(changed={("c", "a"): 59 + 20 * OPPOSITE}, name="unsure")
    told = [item for block in blocks_of(unsure, Bullets) for item in block.items]
    assert any(item.startswith(f"{strongest} not surely before b (+1.0 [-") for item in told)


def test_the_headline_has_both_means(transfer):
    first = report.ordered(transfer())[0]
    assert report.headline(first) == (
        "FGSM at epsilon 8 leaves 20.0 [20.0, 20.0] % of the clean IoU where it is white-box and 72.5 [72.5, 72.5] % "
        "where examples come from another network (means over the cells)."
    )
    alone = report.ordered(transfer(sources="a", models="a", name="alone"))[0]
    assert "another network" not in report.headline(alone)
    shown = report.ordered(transfer(sources="a", models="bc", name="shown"))[0]
    assert "white-box" not in report.headline(shown)


def test_two_networks_or_one_can_be_told_of(transfer):
    two = transfer(models="ab", sources="ab", name="two")
    assert [block.header[0] for block in blocks_of(two, Table)] == ["Network \\ made on", "Keeps more than"] * 2
    one = transfer(models="a", sources="a", name="one")
    assert [block.header[0] for block in blocks_of(one, Table)] == ["Network \\ made on"] * 2
    assert len(write_report(one.folder, with_tensorboard=False)) > 4


def test_the_heat_map_has_a_panel_an_attack_with_frames_and_bold(transfer):
    run = transfer()
    figure = figures.matrix_figure(report.ordered(run), "made up")
    first, second, bar = figure.axes
    assert [first.get_title(), second.get_title()] == ["FGSM", "Iterative FGSM ll"]
    bold = {text.get_text() for text in first.texts if text.get_fontweight() == "bold"}
    assert bold == {"50.0", "70.0", "80.0"} and len(first.texts) == 9
    assert [patch.get_xy() for patch in first.patches] == [(-0.5, -0.5), (0.5, 0.5), (1.5, 1.5)]
    np.testing.assert_allclose(first.images[0].get_array(), [[20, 60, 50], [70, 10, 90], [80, 85, 30]])
    assert bar.get_ylabel() == "IoU ratio (%)"
    light = {text.get_text(): text.get_color() for text in first.texts}
    assert light["10.0"] == "white" and light["90.0"] == "black"


def test_bars_stand_in_groups_white_box_last_and_edged(transfer):
    run = transfer()
    figure = figures.bar_figure(report.ordered(run)[0], run.epsilons, "made up")
    assert [axes.get_title() for axes in figure.axes] == [f"Evaluated on {name}" for name in "abc"]
    bars = figure.axes[0].patches
    heights = [round(bar.get_height(), 6) for bar in bars]
    assert heights == [80, 60, 75, 50, 60, 20]  # b, c, then a itself, each at epsilon 1 and 8
    x = [bar.get_x() for bar in bars]
    assert x[0] < x[2] < x[4] < x[1] < x[3] < x[5]
    assert [bar.get_linewidth() > 0 for bar in bars] == [False] * 4 + [True] * 2
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["1", "8"]
    colours = {axes.get_title(): [bar.get_facecolor() for bar in axes.patches] for axes in figure.axes}
    assert colours["Evaluated on a"][4] == colours["Evaluated on b"][0]  # a, wherever it is
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c", "the network itself (white-box)"]


def test_a_report_has_all_of_it(transfer):
    run = transfer()
    write_report(run.folder, with_tensorboard=False)
    text = (run.folder / "results.md").read_text()
    row = [cell.strip() for cell in next(line for line in text.splitlines() if line.startswith("| a ")).split("|")]
    interval = "40.0 [40.0, 40.0]", "(20.0 [20.0, 20.0])", "60.0 [60.0, 60.0]", "**50.0 [50.0, 50.0]**"
    assert row == ["", "a", *interval, ""]
    for name in ("transfer_matrix", "transfer_fgsm", "transfer_ifgsm_ll"):
        assert f"(figures/{name}.png)" in text and (run.folder / "figures" / f"{name}.pdf").stat().st_size > 1000
    assert "| C40 |" in text and "| C41 |" in text
    terminal = summary_text(run)
    assert "*50.0" in terminal and "(20.0)" in terminal and "In parentheses white-box; * the strongest" in terminal


def test_it_says_how_perturbations_were_made_that_an_earlier_run_kept(transfer):
    """Once for sources that were attacked alike."""
    run = transfer()
    assert report.kept_part(run) == []
    run.design["kept"] = {"a": ["seed 0", "fgsm at epsilon 8: steps 1"], "b": ["seed 1"], "c": ["seed 1"]}
    headings = {block.heading: block.items for block in blocks_of(run, Bullets)}
    assert headings["How perturbations were made earlier on a"] == ["seed 0", "fgsm at epsilon 8: steps 1"]
    assert headings["How perturbations were made earlier on b, c"] == ["seed 1"]


def test_marked_cells_are_bold_on_a_page():
    from tfadvseg.reports.document import Document

    table = Table(["x", "y"], [["a_b", "1.0"], ["c", "2.0"]], marked=frozenset({(0, 1)}))
    assert markdown(Document("T", [table])).splitlines()[4:] == ["| a_b | **1.0** |", "| c   |     2.0 |"]
