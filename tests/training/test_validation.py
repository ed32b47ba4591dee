"""Counts of a network's predictions on photographs, by brute force."""

import keras
import numpy as np
import pytest

from tfadvseg.training.validation import validation_counts

RNG = np.random.default_rng(0)


def brightest_channel(size):
    """A network whose logits are the channels."""
    return keras.Sequential([keras.Input((*size, 3)), keras.layers.Rescaling(1.0)])


def example(height, width, name="name"):
    image = RNG.permuted(np.broadcast_to(np.array([10, 100, 200], np.uint8), (height, width, 3)), axis=-1)
    labels = RNG.integers(0, 3, (height, width)).astype(np.uint8)
    labels[RNG.random(labels.shape) < 0.2] = 255
    return name, image, labels


@pytest.mark.parametrize("batch_size", [1, 2, 4, 9])
@pytest.mark.parametrize("sizes", [[(6, 7)] * 5, [(6, 7), (3, 7), (6, 2), (1, 1), (5, 6)]])
def test_counts_are_those_of_the_photographs_alone(sizes, batch_size):
    examples = [example(*size) for size in sizes]
    counts = validation_counts(brightest_channel((6, 7)), examples, 3, batch_size)
    for row, (_, image, labels) in enumerate(examples):
        guess, counted = image.argmax(-1), labels != 255
        for label in range(3):
            assert counts.labelled[row, label] == (labels == label).sum()
            assert counts.predicted[row, label] == ((guess == label) & counted).sum()
            assert counts.hits[row, label] == ((guess == label) & (labels == label)).sum()


def test_what_fills_up_is_grey_below_and_at_the_right():
    """A network that answers with what it was given, whatever is asked."""
    seen = []

    class Spy:
        input_shape = (None, 4, 5, 3)

        def predict_on_batch(self, images):
            seen.append(images)
            return np.zeros((len(images), 4, 5, 2), np.float32)

    _, image, labels = example(3, 2)
    validation_counts(Spy(), [("name", image, np.minimum(labels, 1))], 2)
    (given,) = seen[0]
    assert given.dtype == np.float32
    np.testing.assert_array_equal(given[:3, :2], image)
    assert (given[3:] == 128).all() and (given[:, 2:] == 128).all()


@pytest.mark.parametrize("size", [(5, 5), (4, 6)])
def test_a_photograph_that_is_larger_is_refused_by_its_name(size):
    with pytest.raises(
        ValueError, match=f"cat is {size[1]}x{size[0]}, which is larger than the network's input of 5x4"
    ):
        validation_counts(brightest_channel((4, 5)), [example(4, 5), example(*size, "cat")], 3)
