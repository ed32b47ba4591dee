"""Which reading suits photographs: counted by hand, decided just inside and just outside the margin."""

import dataclasses

import numpy as np
import pytest

from tfadvseg.doctor.plausible import POINTS, Tried, clearly_better, other_order
from tfadvseg.models.reading import PLAIN, Reading


def with_ious(*ious):
    """Two classes of 100 pixels each a photograph; both have this IoU in per cent."""
    confusion = [[[100 - w, w], [w, 100 - w]] for w in (100 * (100 - iou) / (100 + iou) for iou in ious)]
    return Tried("", PLAIN, np.array(confusion))


def test_the_iou_of_photographs_alone_and_together():
    tried = Tried("", PLAIN, np.array([[[90, 10], [0, 100]], [[50, 50], [50, 50]]]))
    np.testing.assert_allclose(tried.ious, [100 * (90 / 100 + 100 / 110) / 2, 100 / 3])
    assert tried.iou == pytest.approx(100 * (140 / 250 + 150 / 260) / 2)


@pytest.mark.parametrize(("more", "told"), [(POINTS - 0.1, False), (POINTS + 0.1, True)])
def test_a_reading_is_better_by_points(more, told):
    own, other = with_ious(50, 60), with_ious(50 + more, 60 + more)
    assert (clearly_better(own, [with_ious(10, 10), other]) is other) == told


def test_it_must_be_better_on_every_photograph():
    own = with_ious(50, 60, 70)
    assert clearly_better(own, [with_ious(90, 90, 69.9)]) is None
    assert clearly_better(own, [with_ious(90, 90, 70.1)]) is not None
    assert clearly_better(own, []) is None


@pytest.mark.parametrize(("blue", "kept"), [((51.9, 51.9), "rgb"), ((52.1, 52.1), "bgr"), ((60, 49.9), "rgb")])
def test_the_order_of_channels_stays_where_the_other_is_not_surely_better(blue, kept):
    """By more than 2 points and on every photograph."""
    red, turned = with_ious(50, 50), dataclasses.replace(with_ious(*blue), reading=Reading(channel_order="bgr"))
    found = clearly_better(with_ious(10, 10), [red, turned])
    assert found is not None and found.reading.channel_order == kept


def test_another_order_of_the_classes_is_found():
    """Class 0 lies where the labels are 2, 1 where they are 0, 2 where they are 1."""
    confusion = np.array([[5, 90, 5], [10, 0, 90], [80, 10, 10]])
    assert other_order(confusion) == [2, 0, 1]
    assert other_order(np.diag([90, 90, 90])) is None
    assert other_order(np.zeros((3, 3), int)) is None


@pytest.mark.parametrize(("straight", "told"), [(46, False), (44, True)])
def test_another_order_must_explain_more(straight, told):
    """A tenth of the pixels: 100 - s of them against s."""
    confusion = np.array([[straight, 100 - straight], [100 - straight, straight]])
    assert (other_order(confusion) is not None) == told


@pytest.mark.parametrize(("share", "told"), [(49, False), (51, True)])
def test_another_order_must_explain_half_of_the_pixels(share, told):
    rest = (100 - share) / 2
    confusion = np.array([[rest, share, rest], [rest, rest, share], [share, rest, rest]])
    assert (other_order(confusion) is not None) == told
