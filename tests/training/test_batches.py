"""Class weights by hand, and batches that depend on (seed, epoch, position) alone."""

import keras
import numpy as np
import pytest

from tfadvseg.training.batches import RandomViews, survey
from tfadvseg.training.views import Draw, views

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 16, 24, 3)).astype(np.uint8)
LABELS = np.random.default_rng(1).integers(0, 3, (7, 16, 24)).astype(np.uint8)
EXAMPLES = [(f"image_{i}", *example) for i, example in enumerate(zip(IMAGES, LABELS, strict=True))]


def batches(first_epoch=0, seed=0, examples=EXAMPLES, largest=(16, 24), crop=(8, 8), scales=(0.75, 1.75), colour=0.2):
    return RandomViews(examples, largest, crop, 2, scales, colour, seed, first_epoch)


def epoch(found):
    batches = [found[i] for i in range(len(found))]
    found.on_epoch_end()
    return batches


def assert_equal(first, second):
    for (one,), (other,) in zip(first, second, strict=True):
        assert one.keys() == other.keys() == {"images", "labels", "draws"}
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_class_weights_by_hand():
    """Shares 3/4, 1/4 and 0 of the pixels that count."""
    photographs = np.array([[0, 0, 255]], np.uint8), np.array([[0], [1], [255]], np.uint8)
    examples = [("name", np.zeros((*labels.shape, 3), np.uint8), labels) for labels in photographs]
    expected = [1 / np.log(1.85), 1 / np.log(1.35), 1 / np.log(1.1)]
    weights, largest = survey(examples, 3)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert expected == pytest.approx([1.6255, 3.3322, 10.4921], abs=1e-4)
    assert largest == (3, 3)  # no photograph is that large, but each fits into it


def test_batches_have_their_shapes_and_the_rest_is_left_for_another_epoch():
    found = batches()
    assert len(found) == 3
    for (batch,) in epoch(found):
        assert batch["images"].shape == (2, 15, 15, 3) and batch["labels"].shape == (2, 15, 15)
        assert batch["images"].dtype == batch["labels"].dtype == np.uint8
        assert batch["draws"].shape == (2, len(Draw._fields)) and batch["draws"].dtype == np.float32


class Reading:
    """Photographs of many sizes, each made when it is asked for; `asked` is the indices so far."""

    def __init__(self, count=5):
        self.count, self.asked = count, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.asked.append(index)
        size = 10 + index, 30 - index
        return f"image_{index}", np.full((*size, 3), index, np.uint8), np.full(size, index % 3, np.uint8)


def test_an_epoch_sees_no_photograph_twice():
    examples = Reading(7)
    found = batches(examples=examples, largest=(16, 30))
    epoch(found)
    epoch(found)
    assert len(examples.asked) == 12
    assert len(set(examples.asked[:6])) == len(set(examples.asked[6:])) == 6
    assert examples.asked[:6] != examples.asked[6:]


@pytest.mark.parametrize("k", [1, 3])
def test_a_resumed_run_gets_the_same_batches(k):
    whole = batches()
    epochs = [epoch(whole) for _ in range(4)]
    resumed = batches(first_epoch=k)
    for expected in epochs[k:]:
        assert_equal(epoch(resumed), expected)


def test_every_view_of_a_run_draws_anew():
    found = batches()
    scales = [scale for _ in range(4) for (batch,) in epoch(found) for scale in batch["draws"][:, 0]]
    assert len(set(scales)) == len(scales) == 24


def test_batches_do_not_depend_on_the_order_in_which_they_are_asked_for():
    forwards, backwards = batches(), batches()
    assert_equal([forwards[i] for i in (0, 1, 2)], [backwards[i] for i in (2, 1, 0)][::-1])


@pytest.mark.parametrize("other", [{"seed": 1}, {"first_epoch": 1}])
def test_another_seed_or_epoch_gives_other_views(other):
    assert (batches()[0][0]["draws"] != batches(**other)[0][0]["draws"]).all(0)[0]  # every scale


def test_photographs_of_many_sizes_are_read_when_their_view_is_drawn():
    examples = Reading()
    found = batches(examples=examples, largest=survey(examples, 3)[1], crop=(8, 9), colour=0.0, scales=(1.0, 1.75))
    examples.asked.clear()
    assert len(found) == 2
    (batch,) = found[1]
    assert len(examples.asked) == 2
    images, labels = map(keras.ops.convert_to_numpy, views(*batch.values(), (8, 9)))
    np.testing.assert_allclose(images[:, 4, 4, 0], examples.asked, atol=1e-5)
    assert labels[:, 4, 4].tolist() == [index % 3 for index in examples.asked]


def test_what_is_asked_for_reaches_the_draws():
    draws = np.concatenate([batch["draws"] for (batch,) in epoch(batches(scales=(0.5, 0.6), colour=0.0))])
    drawn = Draw(*draws.T)
    assert 0.5 <= drawn.scale.min() and drawn.scale.max() <= 0.6 and (drawn.gain == 1).all()


def test_a_survey_of_photographs_of_many_sizes():
    pixels = np.bincount([index % 3 for index in range(5)], [(10 + i) * (30 - i) for i in range(5)])
    weights, largest = survey(Reading(), 3)
    np.testing.assert_allclose(weights, 1 / np.log(1.1 + pixels / pixels.sum()), rtol=1e-6)
    assert largest == (14, 30)
