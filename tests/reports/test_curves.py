"""Attacks step by step, drawn and as events: what is in curves.csv, each line whole."""

import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports.curves import drawings, events, part
from tfadvseg.runs import curves


@pytest.fixture
def table():
    """Two networks, two photographs, an attack of 3 steps and one of two stages of 2; no label in one photograph."""
    rows = []
    for model in ("anet", "b/net"):
        for image in ("0001", "0002"):
            for attack, stages in (("ifgsm", [0, 0, 0, 0]), ("sea_mce@4", [0, 0, 1, 1, 1])):
                for step, stage in enumerate(stages):
                    iou = np.nan if image == "0002" else 90.0 - 10 * step
                    rows.append((model, image, attack, 8.0, step, stage, 0.5 * step, 20.0 * step, iou, 2.0 * step))
    return pd.DataFrame(rows, columns=list(curves.COLUMNS))


def test_a_file_is_read_as_it_was_written(table, tmp_path):
    table.loc[0, "model"] = "NA"
    table.to_csv(tmp_path / curves.FILE, index=False)
    pd.testing.assert_frame_equal(curves.read(tmp_path / curves.FILE), table)


def test_a_figure_has_a_row_a_photograph_and_a_line_an_attack(table):
    first, second = drawings(table)
    assert (first.name, second.name) == ("steps_anet", "steps_b/net")
    figure = first.make()
    assert len(figure.axes) == 2 * 3
    for place, (image, column) in enumerate((i, c) for i in ("0001", "0002") for c in ("loss", "changed", "iou")):
        lines = [line for line in figure.axes[place].lines if not line.get_label().startswith("_")]
        assert [line.get_label() for line in lines] == [
            "Iterative FGSM, epsilon 8",
            "SEA MCE, 4 steps, epsilon 8",
        ]
        for line, attack in zip(lines, ("ifgsm", "sea_mce@4"), strict=True):
            own = table[(table["model"] == "anet") & (table["image"] == image) & (table["attack"] == attack)]
            np.testing.assert_array_equal(line.get_xdata(), own["step"])
            np.testing.assert_array_equal(line.get_ydata(), own[column])
        borders = [line.get_xdata()[0] for line in figure.axes[place].lines if line.get_label().startswith("_")]
        assert borders == [1.5]


def test_a_report_shows_them_where_they_lie(table):
    paths = [f"figures/{name}.{ending}" for name in ("steps_anet", "steps_b_net") for ending in ("png", "pdf")]
    heading, told, *shown = part(table, [path for path in paths if path.endswith(".png")])
    assert heading.text == "Attacks step by step" and "Dotted lines" in told.text
    assert [one.path for one in shown] == ["figures/steps_anet.png", "figures/steps_b_net.png"]


def test_events_are_over_steps_and_attacks_share_a_chart(table):
    found = {one.run: list(one.scalars) for one in events(table)}
    assert list(found) == [
        "steps/anet/ifgsm_8",
        "steps/anet/sea_mce@4_8",
        "steps/b_net/ifgsm_8",
        "steps/b_net/sea_mce@4_8",
    ]
    loss = [(one.step, one.value) for one in found["steps/anet/sea_mce@4_8"] if one.tag == "steps_loss/0001"]
    assert loss == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    tags = {one.tag for scalars in found.values() for one in scalars}
    assert tags == {
        f"steps_{name}/{image}" for name in ("loss", "changed", "iou", "linf") for image in ("0001", "0002")
    }
