"""What all figures have in common."""

import numpy as np
import pytest

from tfadvseg.reports import plots


def ticks(axes):
    return {
        float(place): label.get_text() for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    }


@pytest.mark.parametrize("count, abreast, rows", [(1, 2, 1), (2, 2, 1), (5, 3, 2)])
def test_spare_places_stay_empty(count, abreast, rows):
    figure, panels = plots.panels(count, abreast, width=4, height=3, margin=2)
    assert len(panels) == count == len(figure.axes)
    assert figure.get_size_inches().tolist() == pytest.approx([4 * min(count, abreast) + 2, 3 * rows + 0.6])


def test_epsilons_are_told_by_their_ratio():
    _, (axes,) = plots.panels(1)
    plots.epsilon_axis(axes, [0.25, 1, 8])
    assert ticks(axes) == {0.25: "0.25", 1: "1", 8: "8"} and axes.get_xscale() == "log"
    assert axes.get_xlabel() == "Epsilon (grey levels of 255)"
    left, right = axes.get_xlim()
    assert left < 0.25 and right > 8


def test_clean_images_stand_before_the_smallest_epsilon():
    _, (axes,) = plots.panels(1)
    plots.epsilon_axis(axes, [1, 8], with_clean=True)
    assert ticks(axes) == {0.5: "clean", 1: "1", 8: "8"} and plots.clean_place([1, 8]) == 0.5


def test_labels_of_neighbours_do_not_touch():
    figure, (axes,) = plots.panels(1)
    plots.epsilon_axis(axes, [0.25 * n for n in range(1, 65)])
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) > 5 and all(one.x1 < other.x0 for one, other in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize(
    "highest, at_least, top", [(96, 100, 100), (103, 100, 110), (float("nan"), 100, 100), (7, 10, 10)]
)
def test_ratios_stay_inside(highest, at_least, top):
    _, (axes,) = plots.panels(1)
    plots.ratio_axis(axes, highest, at_least)
    assert axes.get_ylim() == (0, top) and axes.get_ylabel() == "IoU ratio (%)"


def test_a_curve_with_its_interval():
    _, (axes,) = plots.panels(1)
    plots.draw_curve(axes, [1, 2], [50.0, 40.0], [49.0, 38.0], [51.0, 43.0], look=plots.look(1), label="enet")
    (line,), (shade,) = axes.lines, axes.collections
    assert line.get_xydata().tolist() == [[1, 50], [2, 40]] and line.get_label() == "enet"
    assert (line.get_color(), line.get_marker(), line.get_linestyle()) == plots.look(1)
    heights = shade.get_paths()[0].vertices[:, 1]
    assert heights.min() == 38 and heights.max() == 51


def test_a_curve_without_points_is_in_no_legend():
    _, (axes,) = plots.panels(1)
    plots.draw_curve(axes, [], [], look=plots.look(0), label="enet")
    plots.legend_inside(axes)
    assert not axes.lines and axes.get_legend() is None


def test_nothing_is_cut_off_beside_a_long_name():
    """All that a figure holds lies within it."""
    label = "deeplab_v2_resnet101_multiscale (75.5)"
    figure, panels = plots.panels(4, margin=plots.room_beside([label]))
    for axes in panels:
        plots.draw_curve(axes, [1, 8], [99.0, 3.0], look=plots.look(0), label=label)
        plots.epsilon_axis(axes, [1, 8])
        plots.ratio_axis(axes, 99.0)
    plots.finish(figure, panels, ["Iterative FGSM ll"] * 4, "White-box attacks, camvid test, 233 images")
    plots.legend_beside(figure, panels[0], "Network (clean IoU, %)")
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    box = figure.get_tightbbox()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
    assert panels[0].get_window_extent().width > 3 * figure.dpi


def test_the_highest_of_what_is_known():
    assert plots.highest([1.0, np.nan, 3.0]) == 3 and np.isnan(plots.highest([np.nan])) and np.isnan(plots.highest([]))


@pytest.mark.parametrize(
    "sizes, expected",
    [([0.37, 134], ["1", "10", "100"]), ([20, 44], ["20", "50"]), ([134], ["100", "200"]), ([1e-3, 9e-3], None)],
)
def test_sizes_have_few_round_ticks_within_the_axis(sizes, expected):
    _, (axes,) = plots.panels(1)
    plots.size_axis(axes, "Parameters (millions)", sizes)
    left, right = axes.get_xlim()
    assert left < min(sizes) and max(sizes) < right and all(left <= place <= right for place in ticks(axes))
    assert list(ticks(axes).values()) == (expected or ["0.001", "0.002", "0.005", "0.01"])


def test_a_long_heading_has_two_lines():
    figure, panels = plots.panels(2)
    name = "deeplab_v2_resnet101_camvid_multiscale@50"
    plots.finish(figure, panels, [f"Evaluated on {name}", "Evaluated on enet"], "title")
    assert [axes.get_title() for axes in panels] == [f"Evaluated on\n{name}", "Evaluated on enet"]
