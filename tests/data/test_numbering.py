"""Numbers in files become classes, or are named."""

import pickle

import numpy as np
import pytest

from tfadvseg.data.numbering import Numbering

NUMBERING = Numbering(((0, 255), (7, 0), (8, 1), (300, 2)))


def test_numbers_become_classes():
    found = NUMBERING.classes(np.array([[0, 7], [300, 8]], np.int32), "a.png")
    assert found.dtype == np.uint8 and found.tolist() == [[255, 0], [2, 1]]
    assert pickle.loads(pickle.dumps(NUMBERING)) == NUMBERING


def test_bytes_are_looked_up_as_wider_numbers_are():
    stored = np.array([[0, 7, 8]], np.uint8)
    np.testing.assert_array_equal(NUMBERING.classes(stored, "a"), NUMBERING.classes(stored.astype(np.int32), "a"))
    with pytest.raises(ValueError, match="a holds label 254, first in row 0 and column 1"):
        NUMBERING.classes(np.array([[0, 254]], np.uint8), "a")


@pytest.mark.parametrize("wrong", [-1, 1, 9, 299, 301, 65535, -(2**31), 2**31 - 1])
def test_any_other_is_named_with_its_place_and_what_is_known(wrong):
    stored = np.array([[0, 7], [7, wrong]], np.int32)
    with pytest.raises(
        ValueError, match=rf"a.png holds label {wrong}, first in row 1 and column 1 .*\(0, 7 to 8, 300\)"
    ):
        NUMBERING.classes(stored, "a.png")


@pytest.mark.parametrize("known", [(), (0,), (0, 1, 2), (0, 1, 3), tuple(range(254))])
@pytest.mark.parametrize("ignored", [True, False])
def test_numbers_that_are_those_of_the_classes_stay_and_others_are_found(known, ignored):
    pairs = (*((number, number) for number in known), *(((255, 255),) if ignored else ((300, 255),)))
    numbering = Numbering(pairs)
    for number in range(256):
        stored = np.full((1, 2), number, np.uint8)
        if number in known or (number == 255 and ignored):
            np.testing.assert_array_equal(numbering.classes(stored, "a"), stored)
        else:
            with pytest.raises(ValueError, match=f"a holds label {number}, first in row 0"):
                numbering.classes(stored, "a")


def test_an_order_of_its_own_is_translated():
    assert Numbering(((0, 1), (1, 0), (255, 255))).classes(np.array([[0, 1, 255]], np.uint8), "a").tolist() == [
        [1, 0, 255]
    ]
