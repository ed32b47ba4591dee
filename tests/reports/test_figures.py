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


def test_intervals_of_few_networks_are_shaded_and_those_of_many_are_not(make_results):
    """They would hide each other; the figure against clean IoU has them."""
    for count, shades in ((4, 4), (5, 0), (12, 0)):
        results = make_results({f"net_{n}": 40.0 + n for n in range(count)})
        (axes,) = figures.ratio_figure(results, ["fgsm"]).axes
        assert len(axes.lines) == count and len(axes.collections) == shades
        (axes,) = figures.clean_against_ratio_figure(results, ["fgsm"]).axes
        assert len(axes.collections) == 2 * count


def test_a_legend_of_twelve_networks_lies_within_the_figure(make_results):
    results = make_results({f"deeplab_v2_resnet101_number_{n}": 40.0 + n for n in range(12)})
    figure = figures.ratio_figure(results, ["fgsm"])
    figure.draw_without_rendering()
    legend, width = figure.legends[0].get_window_extent(), figure.get_window_extent()
    assert legend.y0 >= width.y0 and legend.y1 <= width.y1 and legend.x1 <= width.x1
    assert [text.get_text()[-6:] for text in figure.legends[0].get_texts()] == [f"({40 + n}.0)" for n in range(12)]


def test_parameters_against_ratio(make_results):
    """A network whose number nobody knows is left out."""
    results = make_results({"pspnet": 75.0, "enet": 50.0, "stranger": 60.0})
    sizes = {"pspnet": 65_000_000, "enet": 350_000, "stranger": 0}
    (axes,) = figures.parameters_against_ratio_figure(results, ["ifgsm"], sizes).axes
    expected = results[(results["attack"] == "ifgsm") & (results["epsilon"] == 8)].set_index("model")["iou_ratio"]
    assert {label: line.get_xydata().tolist() for label, line in lines(axes).items()} == {
        "pspnet (75.0)": [[65.0, expected["pspnet"]]],
        "enet (50.0)": [[0.35, expected["enet"]]],
    }
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "Parameters (millions)"
    left, right = axes.get_xlim()
    assert left < 0.35 and right > 65 and [text.get_text() for text in axes.get_xticklabels()] == ["1", "10"]


def test_parameters_are_drawn_where_two_networks_tell_them(make_results):
    results = make_results({"pspnet": 75.0, "enet": 50.0})
    for sizes, drawn in (({"pspnet": 1, "enet": 2}, True), ({"pspnet": 1, "enet": 0}, False), ({}, False)):
        assert ("parameters_against_ratio" in {one.name for one in figures.drawings(results, sizes)}) == drawn


def test_single_step_and_iterative_attacks_are_two_lines_a_network(make_results):
    results = make_results({"pspnet": 75.0, "enet": 50.0})
    figure = figures.kinds_figure(results)
    assert [axes.get_title() for axes in figure.axes] == ["Untargeted", "Targeted"]
    for axes, pair in zip(figure.axes, (("fgsm", "ifgsm"), ("fgsm_ll", "ifgsm_ll")), strict=True):
        for attack, step, style in zip(pair, ("single-step", "iterative"), ("-", "--"), strict=True):
            line = lines(axes)[f"enet (50.0), {step}"]
            rows = results[(results["model"] == "enet") & (results["attack"] == attack)]
            np.testing.assert_allclose(line.get_ydata(), rows["iou_ratio"])
            assert line.get_linestyle() == style
        colours = {label: line.get_color() for label, line in lines(axes).items()}
        assert (
            colours["enet (50.0), iterative"]
            == colours["enet (50.0), single-step"]
            != colours["pspnet (75.0), iterative"]
        )


@pytest.mark.parametrize(
    "count, attacks, drawn",
    [(4, ("fgsm", "ifgsm"), True), (5, ("fgsm", "ifgsm"), False), (2, ("fgsm", "ifgsm_ll"), False)],
)
def test_both_kinds_are_drawn_of_few_networks_that_met_both(make_results, count, attacks, drawn):
    results = make_results({f"net_{n}": 40.0 + n for n in range(count)}, attacks=attacks)
    found = {one.name: one for one in figures.drawings(results)}
    assert ("single_step_and_iterative" in found) == drawn
    assert not drawn or len(found["single_step_and_iterative"].make().axes) == 1


@pytest.mark.parametrize("count, attacks", [(1, ("ifgsm",)), (13, ("fgsm", "fgsm_ll", "pgd"))])
def test_any_number_of_networks_and_attacks_with_holes(make_results, tmp_path, count, attacks):
    results = make_results({f"net_{n}": 40.0 + n for n in range(count)}, attacks=attacks, epsilons=(1.0, 3.0))
    results.loc[1, ["iou", "iou_ratio", "iou_ratio_low", "iou_ratio_high"]] = np.nan
    results = results[~((results["model"] == "net_0") & (results["attack"] == "clean"))]
    paths = save_drawings(figures.drawings(results), tmp_path)
    assert {path.name for path in paths} == {
        f"{name}.{kind}"
        for name in ("iou_ratio", "clean_against_ratio", *(f"iou_ratio_{attack}" for attack in attacks))
        for kind in ("png", "pdf", "svg")
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
