import numpy as np
import pytest

from tfadvseg.reports import figures, plots
from tfadvseg.reports.drawing import figure_pixels, save_drawings


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_a_panel_an_attack_and_a_line_a_network(make_results):
    results = make_results({"pspnet": 75.0, "enet": 50.0})
    figure = figures.ratio_figure(results, ["fgsm", "ifgsm"])
    assert [axes.get_title() for axes in figure.axes] == ["FGSM", "Iterative FGSM"]
    for axes, attack in zip(figure.axes, ["fgsm", "ifgsm"], strict=True):
        assert list(lines(axes)) == ["enet (50.0)", "pspnet (75.0)"]
        drawn = lines(axes)["enet (50.0)"]
        rows = results[(results["model"] == "enet") & (results["attack"] == attack)]
        np.testing.assert_allclose(drawn.get_xdata(), rows["epsilon"])
        np.testing.assert_allclose(drawn.get_ydata(), rows["iou_ratio"])
        shade = axes.collections[0].get_paths()[0].vertices[:, 1]
        assert shade.min() == rows["iou_ratio_low"].min() and shade.max() == rows["iou_ratio_high"].max()
        assert axes.get_ylim() == (0, 100) and axes.get_xscale() == "log"
        assert axes.get_xlabel() == "Epsilon (grey levels of 255)" and axes.get_ylabel() == "IoU ratio (%)"
        figure_pixels(figure)
        ticks = [label.get_text() for label in axes.get_xticklabels()]
        assert ticks == ["0.25", "0.5", "1", "2", "4", "8", "16", "32"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["enet (50.0)", "pspnet (75.0)"]


def test_thirteen_networks_look_different():
    looks = [plots.look(index) for index in range(13)]
    assert len({look.marker for look in looks}) == 13
    assert len({(look.colour, look.line) for look in looks}) == 13


def test_ratios_above_one_hundred_stay_inside(make_results):
    results = make_results({"enet": 50.0})
    results.loc[results["epsilon"] == 0.25, "iou_ratio_high"] = 103.0
    assert figures.ratio_figure(results, ["fgsm"]).axes[0].get_ylim() == (0, 110)


def test_clean_against_ratio(make_results):
    results = make_results({"pspnet": 75.0, "enet": 50.0})
    (axes,) = figures.clean_against_ratio_figure(results, ["fgsm"]).axes
    expected = results[(results["attack"] == "fgsm") & (results["epsilon"] == 8)].set_index("model")["iou_ratio"]
    for label, clean, model in (("enet (50.0)", 50, "enet"), ("pspnet (75.0)", 75, "pspnet")):
        assert lines(axes)[label].get_xydata().tolist() == [[clean, expected[model]]]


@pytest.mark.parametrize("count, attacks", [(1, ("ifgsm",)), (13, ("fgsm", "fgsm_ll", "pgd"))])
def test_any_number_of_networks_and_attacks_with_holes(make_results, tmp_path, count, attacks):
    results = make_results({f"net_{n}": 40.0 + n for n in range(count)}, attacks=attacks, epsilons=(1.0, 3.0))
    results.loc[1, ["iou", "iou_ratio", "iou_ratio_low", "iou_ratio_high"]] = np.nan
    results = results[~((results["model"] == "net_0") & (results["attack"] == "clean"))]
    paths = save_drawings(figures.drawings(results), tmp_path)
    assert {path.name for path in paths} == {
        f"{name}.{kind}"
        for name in ("iou_ratio", "clean_against_ratio", *(f"iou_ratio_{attack}" for attack in attacks))
        for kind in ("png", "pdf")
    }
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_redrawing_gives_the_same_bytes(make_results, tmp_path):
    results = make_results({"enet": 50.0, "pspnet": 75.0}, attacks=("fgsm",))
    first = save_drawings(figures.drawings(results), tmp_path / "first")
    second = save_drawings(figures.drawings(results), tmp_path / "second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_nothing_to_draw(make_results):
    assert figures.drawings(make_results({"enet": 50.0}, attacks=())) == []


def test_attacks_that_find_their_own_norm_are_left_out(make_results):
    results = make_results({"enet": 50.0}, attacks=("fgsm", "smallest"), epsilons=(8.0,))
    results.loc[results["attack"] == "smallest", "epsilon"] = np.nan
    assert [one.name for one in figures.drawings(results)] == ["iou_ratio", "clean_against_ratio", "iou_ratio_fgsm"]
    assert len(figures.drawings(results)[0].make().axes) == 1
