"""Looking up a named choice."""

import pytest

from tfadvseg.registry import choose, nearest_first

KNOWN = {"jpeg": 1, "blur": 2, "grayscale": 3, "hsv": 4}


def test_a_known_name_is_found():
    assert choose(KNOWN, "blur", "transform") == 2


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("jpg", ["jpeg", "blur", "grayscale", "hsv"]),
        ("GrayScale", ["grayscale", "blur", "hsv", "jpeg"]),
        ("sepia", ["blur", "grayscale", "hsv", "jpeg"]),
    ],
)
def test_names_like_the_unknown_one_come_first(name, order):
    assert nearest_first(name, KNOWN) == order
    with pytest.raises(ValueError, match=f"Unknown transform '{name}'; choose one of: {', '.join(order)}."):
        choose(KNOWN, name, "transform")
