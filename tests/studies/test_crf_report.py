"""What is drawn and told of a network with and without a CRF, whose names say nothing of each other."""

import dataclasses

import numpy as np
import pytest

from tfadvseg.reports.document import Bullets, Heading, Paragraph, Table
from tfadvseg.studies.crf import figures, report
from tfadvseg.studies.crf.claims import pairs_of


def test_the_table_says_who_attacked_whom(crf):
    run = crf()
    (pair,) = pairs_of(run)
    table = report.pair_table(run.table, pair)
    assert table.header == ["Attack", "Without CRF", "With CRF", "With CRF, by gradient without"]
    rows = {row[0]: [value.split(" ")[0] for value in row[1:]] for row in table.rows}
    assert rows == {
        "Clean IoU": ["60.0", "60.0", "-"],
        "FGSM": ["40.0", "50.0", "41.0"],
        "FGSM, scaled": ["38.0", "10.0", "39.0"],
        "FGSM ll": ["25.0", "26.0", "25.0"],
        "Iterative FGSM": ["20.0", "30.0", "21.0"],
    }


def test_each_network_is_told_whether_its_crf_masks_the_gradient(crf):
    run = crf()
    blocks = report.summary(run).blocks
    assert blocks[:2] == [Heading("net"), Heading("Does the CRF mask the gradient?", 3)]
    assert isinstance(blocks[2], Paragraph) and blocks[2].text.startswith("The CRF masks the gradient")
    assert isinstance(blocks[3], Bullets) and len(blocks[3].items) == 1 + 2 + 1  # the start, attacks, ways
    told = blocks[5].text
    assert "logits divided by 20." in told and isinstance(blocks[6], Table)
    assert list(report.document(run, [], []).blocks) == list(blocks)


def test_a_pair_has_a_panel_a_kind_of_attack_and_one_for_each_gradient(crf):
    run = crf()
    (pair,) = pairs_of(run)
    panels = {" ".join(axes.get_title().split()): axes for axes in figures.pair_figure(run.table, pair).axes}
    assert list(panels) == [
        "Untargeted, white-box",
        "Targeted, white-box",
        "With CRF under FGSM, by whose gradient",
        "With CRF under Iterative FGSM, by whose gradient",
    ]
    untargeted, targeted, gradients, others = panels.values()
    assert [line.get_label() for line in untargeted.lines] == [
        "FGSM, without CRF",
        "FGSM, with CRF",
        "Iterative FGSM, without CRF",
        "Iterative FGSM, with CRF",
    ]
    np.testing.assert_allclose(untargeted.lines[1].get_xydata(), [[4, 100], [8, 50]])
    assert len(targeted.lines) == 2
    ways = {line.get_label(): line.get_ydata()[1] for line in gradients.lines}
    assert ways == pytest.approx(
        {"its own": 50, "without CRF": 41, "its own, scaled logits": 10, "without CRF, scaled logits": 39}
    )
    assert len(others.lines) == 2
    assert all(axes.get_legend() is not None for axes in panels.values())


def test_variants_have_a_panel_a_parameter(crf):
    run = crf()
    (pair,) = pairs_of(run)
    panels = {axes.get_title(): axes for axes in figures.sweep_figure(run.table, pair).axes}
    theta = figures.GREEK
    assert list(panels) == [
        f"{theta['theta_alpha']} varied",
        f"{theta['theta_beta']} varied",
        f"{theta['theta_gamma']} varied, spatial weight 3",
    ]
    alpha = next(iter(panels.values()))
    assert [line.get_label() for line in alpha.lines] == [
        f"{theta['theta_alpha']} = 1",
        f"{theta['theta_alpha']} = 20",
        "without CRF",
    ]
    np.testing.assert_allclose(alpha.lines[-1].get_ydata(), [80, 40])


def test_certainty_has_a_point_a_variant_in_every_panel(crf):
    run = crf()
    (pair,) = pairs_of(run)
    panels = figures.certainty_figure(run.table, pair, "mean_confidence").axes
    assert [axes.get_title() for axes in panels] == [
        "Clean",
        "Epsilon 4, rank correlation +1.00",
        "Epsilon 8, rank correlation +1.00",
    ]
    points = np.concatenate([line.get_xydata() for line in panels[2].lines])
    assert len(points) == 5
    np.testing.assert_allclose(points[0], [45, 99])
    np.testing.assert_allclose(points[-1], [40, 90])  # without CRF
    assert [axes.get_xlabel() for axes in panels] == ["IoU (%)", "IoU ratio (%)", "IoU ratio (%)"]


def test_without_a_sweep_there_is_one_figure(crf, tmp_path):
    assert {path.stem for path in report.draw(crf(swept=False), tmp_path)} == {"crf_net"}


def test_other_attacks_than_the_papers_have_no_figure(crf):
    run = crf(swept=False)
    (pair,) = pairs_of(run)
    assert figures.drawings(run.table, dataclasses.replace(pair, attacks=("mi_fgsm",))) == []
    alone = figures.pair_figure(run.table, dataclasses.replace(pair, attacks=("fgsm_ll",)))
    assert [axes.get_title() for axes in alone.axes] == ["Targeted, white-box"]
