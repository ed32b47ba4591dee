import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports import tables
from tfadvseg.reports.document import Heading, Table
from tfadvseg.reports.numbers import number, with_interval


@pytest.fixture
def small(make_results):
    """Two networks, one attack, two epsilons: ratios 96 % and 96 / 2 ** 0.25 = 80.7 %."""
    return make_results({"pspnet": 75.0, "enet": 50.0}, attacks=("fgsm",), epsilons=(0.25, 8.0))


def test_iou_table_is_laid_out_as_in_the_paper(small):
    assert tables.iou_table(small, "fgsm") == Table(
        ["Network \\ epsilon", "0", "0.25", "8"], [["enet", "50.0", "48.0", "40.4"], ["pspnet", "75.0", "72.0", "60.5"]]
    )


def test_headline_table_holds_intervals(small):
    assert tables.headline_table(small) == Table(
        ["Network", "Clean IoU", "FGSM"],
        [
            ["enet", "50.0 [49.0, 51.0]", "80.7 [78.7, 82.7]"],
            ["pspnet", "75.0 [74.0, 76.0]", "80.7 [78.7, 82.7]"],
        ],
    )


def test_ratio_table_has_a_row_a_network_and_attack(small):
    assert tables.ratio_table(small) == Table(
        ["model", "attack", "clean", "0.25", "8"],
        [["enet", "FGSM", "50.0", "96.0", "80.7"], ["pspnet", "FGSM", "75.0", "96.0", "80.7"]],
        labels=2,
    )


def test_missing_numbers_are_dashes(small):
    small.loc[(small["model"] == "enet") & (small["epsilon"] == 8), ["iou", "iou_ratio"]] = np.nan
    assert tables.iou_table(small, "fgsm").rows[0] == ["enet", "50.0", "48.0", "-"]
    assert tables.ratio_table(small).rows[0] == ["enet", "FGSM", "50.0", "96.0", "-"]
    assert tables.headline_table(small).rows[0][-1] == "-"
    no_clean = small[small["attack"] != "clean"]
    assert tables.iou_table(no_clean, "fgsm").rows[1] == ["pspnet", "-", "72.0", "60.5"]


def test_clean_rows_alone(small):
    clean = small[small["attack"] == "clean"]
    assert tables.ratio_table(clean) == Table(
        ["model", "attack", "clean"], [["enet", "-", "50.0"], ["pspnet", "-", "75.0"]], labels=2
    )


def test_attacks_that_find_their_own_norm_have_a_part_of_their_own(small):
    assert tables.own_norm_part(small) == []
    row = small[(small["model"] == "enet") & (small["epsilon"] == 8)].assign(
        attack="smallest",
        epsilon=np.nan,
        iou=1.0,
        iou_low=0.5,
        iou_high=1.5,
        iou_ratio=2.0,
        iou_ratio_low=1.0,
        iou_ratio_high=3.0,
        linf=3.25,
        linf_median=0.126,
        l2=12.5,
        broken=96.0,
        gradients=500,
        queries=100,
        images=50,
    )
    heading, told, table = tables.own_norm_part(pd.concat([small, row]))
    assert heading == Heading("Attacks that find their own norm") and "grey levels" in told.text
    assert table.header[4:8] == ["Broken", "Median change", "Largest change", "Mean length"]
    assert table.rows == [
        ["enet", "smallest", "1.0 [0.5, 1.5]", "2.0 [1.0, 3.0]", "96.0", "0.13", "3.25", "12.5", "10", "2"]
    ]
    assert tables.ratio_table(pd.concat([small, row])) == tables.ratio_table(small)


def test_numbers_without_an_interval_have_no_brackets():
    assert with_interval(71.23, 69.84, 72.6) == "71.2 [69.8, 72.6]"
    assert with_interval(71.23, np.nan, 72.6) == "71.2" and with_interval(np.nan, 1, 2) == "-" == number(np.nan)
