"""Labels of photographs from scores of inputs, against all classes at once."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models.labelling import labels_on_photographs, mean_inside

FRAME = Frame((32, 48))
CASES = [((32, 48), (32, 48)), ((28, 40), (28, 40)), ((32, 48), (64, 96)), ((32, 47), (61, 90)), ((1, 1), (7, 3))]
"""(the part of the input that is photograph, the photograph's size)."""


def drawn(count, classes, ties):
    rng = np.random.default_rng(classes)
    shape = count, 32, 48, classes
    return (rng.integers(0, 3, shape) if ties else rng.normal(0, 5, shape)).astype(np.float32)


def direct(scores, inside, shape):
    """By NumPy's argmax, of the scores of all classes on the photograph."""
    return np.argmax(FRAME.lift(tf.constant(scores), tf.constant(inside), shape).numpy(), -1)


@pytest.mark.parametrize("call", [labels_on_photographs, tf.function(labels_on_photographs)], ids=["eager", "graph"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("inside", "shape"), CASES)
def test_they_are_the_highest_scores_on_the_photograph_and_of_equal_ones_the_first(call, ties, inside, shape):
    scores = drawn(3, 11, ties)
    found = call(tf.constant(scores), FRAME, tf.constant(inside), tf.constant(shape))
    assert found.dtype == tf.uint8
    for labels, one in zip(found.numpy(), scores, strict=True):
        np.testing.assert_array_equal(labels, direct(one, inside, shape))


@pytest.mark.parametrize(("inside", "shape"), [CASES[0], CASES[2]])
def test_more_classes_than_a_byte_holds_have_a_wider_type(inside, shape):
    scores = drawn(1, 300, False)
    found = labels_on_photographs(tf.constant(scores), FRAME, tf.constant(inside), tf.constant(shape), tf.int32)
    assert found.dtype == tf.int32 and found.numpy().max() > 255
    np.testing.assert_array_equal(found[0], direct(scores[0], inside, shape))


def test_means_are_of_the_part_that_is_photograph():
    values = drawn(3, 1, False)[..., 0]
    found = mean_inside(tf.constant(values), tf.constant([5, 7]))
    np.testing.assert_allclose(found, values[:, :5, :7].mean((1, 2)), rtol=1e-5, atol=1e-6)
