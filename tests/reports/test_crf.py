"""Tables and figures of networks with and without a CRF, from made-up results."""

import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports import crf
from tfadvseg.reports.cells import CLEAN

EPSILONS = (4.0, 8.0)


@pytest.fixture
def results(make_results):
    """`net` and `net+crf`, by own gradients, by those of `net` and on scaled logits; and variants under FGSM."""
    base = make_results({"net": 60.0}, attacks=(), epsilons=()).to_dict("records")[0]
    rows = []

    def cells(model, source, attack, ratio, confidence=0.9):
        for epsilon in (0.0,) if attack == CLEAN else EPSILONS:
            value = ratio / (epsilon or 1)
            rows.append(base | {
                "model": model, "source_model": source, "attack": attack, "epsilon": epsilon, "iou_ratio": value,
                "iou_ratio_low": value - 1, "iou_ratio_high": value + 1, "mean_confidence": confidence,
            })  # fmt: skip

    for model in ("net", "net+crf"):
        cells(model, "net", CLEAN, 100)
        for attack, ratio in (("fgsm", 320), ("ifgsm", 160), ("fgsm_ll", 200), ("fgsm_scaled", 300)):
            cells(model, "net", attack, ratio + 8 * (model != "net"))
    for attack, ratio in (("fgsm", 400), ("ifgsm", 240), ("fgsm_ll", 208), ("fgsm_scaled", 80)):
        cells("net+crf", "net+crf", attack, ratio)
    for i, variant in enumerate(("theta_alpha=1", "theta_alpha=20", "theta_beta=2", "spatial_weight=3,theta_gamma=1")):
        model = f"net+crf,{variant}"
        cells(model, model, CLEAN, 100, 0.95)
        cells(model, model, "fgsm", 360 - 40 * i, 0.99 - i / 100)
    return pd.DataFrame(rows)


def test_pairs_and_variants_are_read_off_the_names(results, make_results):
    assert crf.pairs(results) == [("net", "net+crf")] and not crf.pairs(make_results({"net": 60.0}))
    assert crf.moved("net+crf,spatial_weight=3,theta_gamma=1") == {"spatial_weight": 3, "theta_gamma": 1}
    assert crf.moved("net+crf") == {}


def test_the_table_says_who_attacked_whom(results):
    lines = crf.pair_table(results, "net", "net+crf").splitlines()
    cells = {row[0]: row[1:] for row in ([c.strip() for c in line.strip("|").split("|")] for line in lines)}
    assert cells["FGSM"] == ["40.0 [39.0, 41.0]", "37.5 [36.5, 38.5]", "50.0 [49.0, 51.0]", "10.0 [9.0, 11.0]",
                             "41.0 [40.0, 42.0]", "38.5 [37.5, 39.5]"]  # fmt: skip
    assert cells["FGSM ll"][1] == "-" and cells["clean IoU"][0].startswith("60.0")


def test_the_figure_has_three_panels(results):
    left, middle, right = crf.pair_figure(results, "net", "net+crf").axes
    assert [line.get_label() for line in left.lines][:2] == ["FGSM, without CRF", "FGSM, with CRF"]
    np.testing.assert_allclose(left.lines[1].get_ydata(), [100, 50])
    assert len(middle.lines) == 4 + 2 and len(right.lines) == 2
    np.testing.assert_allclose(middle.lines[2].get_ydata(), [20, 10])


def test_variants_have_a_panel_a_parameter(results):
    panels = {axes.get_title(): axes for axes in crf.sweep_figure(results, "net+crf").axes}
    assert len(panels) == 3 and any("spatial weight 3" in title for title in panels)
    alpha = panels["$\\theta_\\alpha$ varied"]
    np.testing.assert_allclose(alpha.lines[1].get_ydata(), [80, 40])
    np.testing.assert_allclose(alpha.lines[-1].get_ydata(), [80, 40])  # without CRF, dashed


def test_certainty_has_a_point_a_variant_in_every_panel(results):
    panels = crf.certainty_figure(results, "net+crf", "mean_confidence").axes
    titles = ["Clean", "Epsilon 4, rank correlation +1.00", "Epsilon 8, rank correlation +1.00"]
    assert [axes.get_title() for axes in panels] == titles
    points = np.concatenate([line.get_xydata() for line in panels[2].lines])
    assert len(points) == 5
    np.testing.assert_allclose(points[0], [45, 99])
    np.testing.assert_allclose(points[-1], [40, 90])  # without CRF


def test_results_md_and_files(results, tmp_path):
    paths = crf.draw_crf(results, tmp_path)
    stems = {path.stem for path in paths}
    assert stems == {"crf_net", "crf_sweep_net", "crf_confidence_net", "crf_entropy_net"} and len(paths) == 8
    claim = {"model": "net", "number": "C72", "statement": "It helps", "verdict": "holds", "measured": "+1"}
    text = crf.crf_markdown(results, ["figures/a.png"], ["Odd."], [claim], {"net": "It masks."})
    for part in ("It masks.", "| C72 | It helps | holds | +1 |", "(figures/a.png)", "- Odd.", "Epsilon 8"):
        assert part in text
    assert "50.0 [49.0, 51.0]" in crf.terminal_crf(results)
