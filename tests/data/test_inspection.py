"""What is counted of a split, photograph by photograph."""

import numpy as np

from tfadvseg.data.inspection import inspect
from tfadvseg.data.split import Split

LABELS = {0: [[0, 0, 2], [255, 2, 2]], 1: [[0, 0]], 3: [[255, 255, 255]]}


def read(number):
    if number == 2:
        raise ValueError("two.png is\n damaged.")
    labels = np.array(LABELS[number], np.uint8)
    return np.zeros((*labels.shape, 3), np.uint8), labels


SPLIT = Split("made", "train", tuple("0123"), tuple("aabb"), tuple((i,) for i in range(4)), read)


def test_pixels_and_images_are_counted_by_class_and_damage_is_kept_to_the_end():
    found = inspect(SPLIT, 3, range(4))
    assert found.pixels.tolist() == [4, 0, 3] and found.images.tolist() == [2, 0, 1]
    assert (found.labelled, found.ignored, found.unlabelled) == (7, 4, ("3",))
    assert found.sizes == {(2, 3): 1, (1, 2): 1, (1, 3): 1}
    assert found.damaged == ("two.png is damaged.",)


def test_an_empty_split_has_nothing():
    found = inspect(SPLIT.chosen(), 3, [])
    assert (found.labelled, found.sizes, found.damaged) == (0, {}, ())
