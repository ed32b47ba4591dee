"""Class weights by hand, and batches that depend on (seed, epoch, position) alone."""

import functools

import numpy as np
import pytest

from tfadvseg.training.augment import augment
from tfadvseg.training.batches import RandomViews, class_weights, weighted

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 16, 24, 3)).astype(np.uint8)
LABELS = np.random.default_rng(1).integers(0, 3, (7, 16, 24)).astype(np.uint8)
EXAMPLES = [(f"image_{i}", *example) for i, example in enumerate(zip(IMAGES, LABELS, strict=True))]
WEIGHTS = np.array([2.0, 3.0, 4.0])


def views(first_epoch=0, seed=0):
    return RandomViews(EXAMPLES, WEIGHTS, functools.partial(augment, crop=(8, 8)), 2, seed, first_epoch)


def epoch(found):
    batches = [found[i] for i in range(len(found))]
    found.on_epoch_end()
    return batches


def assert_equal(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_class_weights_by_hand():
    """Shares 3/4, 1/4 and 0 of the pixels that count."""
    photographs = np.array([[0, 0, 255]], np.uint8), np.array([[0], [1], [255]], np.uint8)
    examples = [("name", np.zeros((*labels.shape, 3), np.uint8), labels) for labels in photographs]
    expected = [1 / np.log(1.85), 1 / np.log(1.35), 1 / np.log(1.1)]
    np.testing.assert_allclose(class_weights(examples, 3), expected, rtol=1e-6)
    assert expected == pytest.approx([1.6255, 3.3322, 10.4921], abs=1e-4)


def test_a_pixel_weighs_what_its_class_does_and_an_ignored_one_nothing():
    labels, weights = weighted(np.array([[0, 2, 255, 1]], np.uint8), WEIGHTS)
    assert labels.tolist() == [[0, 2, 0, 1]] and weights.tolist() == [[2.0, 4.0, 0.0, 3.0]]
    assert labels.dtype == np.int32 and weights.dtype == np.float32


def test_batches_have_their_shapes_and_the_rest_is_left_for_another_epoch():
    found = views()
    assert len(found) == 3
    for images, labels, weights in epoch(found):
        assert images.shape == (2, 8, 8, 3) and labels.shape == weights.shape == (2, 8, 8)


def test_an_epoch_sees_no_photograph_twice():
    seen = []

    def view(image, labels, rng):
        seen.append(image.tobytes())
        return image.astype(np.float32), labels

    found = RandomViews(EXAMPLES, WEIGHTS, view, 2, 0)
    epoch(found)
    epoch(found)
    assert len(seen) == 12 and len(set(seen[:6])) == len(set(seen[6:])) == 6
    assert seen[:6] != seen[6:]


@pytest.mark.parametrize("k", [1, 3])
def test_a_resumed_run_gets_the_same_batches(k):
    whole = views()
    epochs = [epoch(whole) for _ in range(4)]
    resumed = views(first_epoch=k)
    for expected in epochs[k:]:
        assert_equal(epoch(resumed), expected)


def test_every_view_of_a_run_draws_anew():
    draws = []

    def view(image, labels, rng):
        draws.append(rng.random())
        return image.astype(np.float32), labels

    found = RandomViews(EXAMPLES, WEIGHTS, view, 2, 0)
    for _ in range(4):
        epoch(found)
    assert len(set(draws)) == len(draws) == 24


def test_batches_do_not_depend_on_the_order_in_which_they_are_asked_for():
    forwards, backwards = views(), views()
    assert_equal([forwards[i] for i in (0, 1, 2)], [backwards[i] for i in (2, 1, 0)][::-1])


def test_another_seed_or_epoch_gives_other_views():
    first = views()[0][0]
    assert (first != views(seed=1)[0][0]).any() and (first != views(first_epoch=1)[0][0]).any()


class Reading:
    """Photographs of many sizes, each made when it is asked for; `asked` is the indices so far."""

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 5

    def __getitem__(self, index):
        self.asked.append(index)
        size = 10 + index, 30 - index
        return f"image_{index}", np.full((*size, 3), index, np.uint8), np.full(size, index % 3, np.uint8)


def test_photographs_of_many_sizes_are_read_when_their_view_is_drawn():
    examples = Reading()
    found = RandomViews(examples, WEIGHTS, functools.partial(augment, crop=(8, 9), colour=0.0), 2, 0)
    assert len(found) == 2 and examples.asked == []
    images, labels, _ = found[1]
    assert images.shape == (2, 8, 9, 3) and len(examples.asked) == 2
    assert images[:, 0, 0, 0].tolist() == examples.asked
    assert labels[:, 0, 0].tolist() == [index % 3 for index in examples.asked]


def test_class_weights_of_photographs_of_many_sizes():
    pixels = np.bincount([index % 3 for index in range(5)], [(10 + i) * (30 - i) for i in range(5)])
    np.testing.assert_allclose(class_weights(Reading(), 3), 1 / np.log(1.1 + pixels / pixels.sum()), rtol=1e-6)
