"""Examples in memory where they fit, else by index."""

import numpy as np
import pytest

from tfadvseg.training.memory import in_memory

EACH = 4 * 5 * 3 + 4 * 5
"""Bytes of an example."""


class Reading:
    def __init__(self):
        self.asked = []

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.asked.append(index)
        return f"image_{index}", np.full((4, 5, 3), index, np.uint8), np.zeros((4, 5), np.uint8)


@pytest.mark.parametrize("limit", [3 * EACH, 2 << 30])
def test_what_fits_is_read_once(limit):
    examples = Reading()
    kept = in_memory(examples, limit=limit)
    assert examples.asked == [0, 1, 2]
    for _ in range(2):
        assert [(kept[i][0], kept[i][1][0, 0, 0]) for i in range(len(kept))] == [
            ("image_0", 0),
            ("image_1", 1),
            ("image_2", 2),
        ]
    assert examples.asked == [0, 1, 2]


def test_what_does_not_fit_is_read_by_index():
    examples = Reading()
    assert in_memory(examples, limit=3 * EACH - 1) is examples and examples.asked == [0]


def test_by_default_two_gibibytes_fit():
    class Many(Reading):
        def __len__(self):
            return (2 << 30) // EACH + 1

    examples = Many()
    assert in_memory(examples) is examples


def test_nothing_is_nothing():
    assert len(in_memory([])) == 0
