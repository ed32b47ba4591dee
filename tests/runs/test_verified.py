"""What is said of a server, just inside and just outside of its limit; and rows worked by hand."""

import numpy as np
import pytest

from tfadvseg.runs import black_box
from tfadvseg.runs.verified import (
    COLUMNS,
    SAME,
    rows,
    serves_the_same,
    told_of_attacks,
    told_of_draws,
    verdict,
)


def of(*shares, attack="clean"):
    return [{"attack": attack, "agreement": share} for share in shares]


@pytest.mark.parametrize(
    ("share", "same", "told"),
    [
        (100.0, True, "on the same bytes 100.00 % of the clean labels agree with it"),
        (SAME, True, "99.50 % of the clean labels agree"),
        (SAME - 1e-9, False, "agree in only 99.49 % of the pixels"),
        (0.0, False, "agree in only 0.00 % of the pixels"),
        (99.999999, True, " 99.99 % of the clean labels"),
    ],
)
def test_the_verdict_at_its_limit(share, same, told):
    assert serves_the_same(of(share)) is same and told in verdict(of(share))
    assert verdict(of(share)).startswith("The server serves this model" if same else "The server serves another model")


def test_the_worst_way_of_sending_decides_and_attacked_images_do_not():
    assert not serves_the_same(of(100.0, SAME - 1, 100.0))
    assert serves_the_same(of(100.0, SAME) + of(1.0, attack="fgsm"))


def test_draws_are_told_beside_each_other():
    units = {name: {"equal_draws": np.array(equal), "pixels": np.array(10)} for name, equal in (("a", 9), ("b", 8))}
    told = told_of_draws(of(86.125, 84.5), units)
    assert "with those of other draws here in 84.50 %, and these with each other in 85.00 %, of the pixels" in told


def test_attacks_differ_where_one_epsilon_does():
    assert told_of_attacks([(2.0, ""), (0.5, "")]).endswith("bit by bit on the first photograph (epsilon 2, 0.5).")
    told = told_of_attacks([(2.0, ""), (4.0, "half of it differs"), (8.0, "all of it differs")])
    assert told.startswith(
        "The server attacks in another way, at 2 of 3 epsilons; at 4 half of it differs. Last digits"
    )


def unit(hits, predicted, equal, pixels=10):
    """Two classes of which 6 and 4 pixels are labelled; K = 2 images shown, S = 1 way to send."""
    counts = np.array([[hits, [6, 4], predicted]] * 2)
    return {
        "as_floats": counts,
        "in_8_bits": counts,
        "arrived": counts[:, None],
        "served": counts[:, None],
        "equal": np.array([[equal], [equal - 1]]),
        "pixels": np.array(pixels),
        "bytes": np.array([[100], [200]]),
        "seconds": np.array([[0.5], [1.5]]),
        "linf": np.array([0, 3]),
        "l2": np.array([0.0, 5.0]),
    }


def test_rows_of_two_photographs_by_hand():
    units = {"a": unit([6, 4], [6, 4], 10), "b": unit([3, 4], [3, 7], 8) | {"linf": np.array([0, 4])}}
    units["b"]["served"] = units["b"]["served"].copy()
    units["b"]["served"][1, 0] = [[0, 4], [6, 4], [0, 10]]
    clean, attacked = rows(units, [("fgsm", 4.0)], ["png"], ["a", "b"])
    assert set(clean) == set(COLUMNS)
    whole = (100 * 9 / 12 + 100 * 8 / 11) / 2
    assert clean["iou_served"] == clean["iou_floats"] == pytest.approx(whole)
    assert attacked["iou_served"] == pytest.approx((100 * 6 / 12 + 100 * 8 / 14) / 2)
    assert attacked["lost_server"] == pytest.approx(attacked["iou_served"] - whole) and attacked["lost_jpeg"] == 0
    assert clean["agreement"] == 90 and clean["agreement_least"] == 80
    assert attacked["agreement"] == 80 and attacked["agreement_least"] == 70
    assert (attacked["attack"], attacked["epsilon"], attacked["sent"], attacked["images"]) == ("fgsm", 4.0, "png", 2)
    assert attacked["linf"] == 4 and attacked["l2"] == 5 and attacked["bytes"] == 200 and attacked["seconds"] == 1.5
    assert clean["iou_served_low"] < whole < clean["iou_served_high"]


def test_rows_of_a_black_box_by_hand():
    counts = np.array([[[6, 4], [6, 4], [6, 4]], [[3, 4], [6, 4], [3, 7]]])
    units = {
        name: {
            "counts": counts,
            "changed": np.array([0, changed]),
            "pixels": np.array(10),
            "linf": np.array([0, 8]),
            "l2": np.array([0.0, 2.0]),
        }
        for name, changed in (("a", 3), ("b", 5))
    }
    clean, attacked = black_box.rows(units, [("dla", 8.0, 40)], ["a", "b"])
    assert set(clean) == set(black_box.COLUMNS) and clean["iou"] == clean["iou_ratio"] == 100
    assert attacked["iou"] == attacked["iou_ratio"] == pytest.approx((100 * 3 / 6 + 100 * 4 / 7) / 2)
    assert attacked["changed"] == 40 and attacked["queries"] == 40 and attacked["linf"] == 8
