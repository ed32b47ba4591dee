"""What a look at a model finds, on functions made for it."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.doctor.examination import input_gradient, least_multiple, response


def taking(multiple):
    """A network that fails but for sides that are multiples."""

    def network(images):
        if any(side % multiple for side in images.shape[1:3]):
            raise ValueError("sides")
        return images

    return network


@pytest.mark.parametrize("multiple", [2, 8, 32])
def test_the_least_multiple_is_not_found_by_chance(multiple):
    """191 x 255 filled up to multiples of 2 would be multiples of 64."""
    assert least_multiple(taking(multiple), tf.zeros((1, 191, 255, 3))) == multiple


def test_no_multiple_may_help():
    assert least_multiple(taking(1000), tf.zeros((1, 20, 20, 3))) is None


def test_the_response_of_a_linear_network_is_the_share_of_the_noise():
    x = tf.constant(np.random.default_rng(0).uniform(1, 2, (1, 4, 5, 3)), tf.float32)
    expected = 0.5 * np.sqrt(60) / np.linalg.norm(x)
    assert response(lambda images: 3 * images, x, 0.5) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("function", "zero", "not_finite"),
    [
        (lambda x: x, 0, 0),
        (lambda x: x * [1.0, 0.0, 1.0], 1 / 3, 0),
        (lambda x: x + [1.0, 0.0, 0.0] * tf.sqrt(x - 1.0), 0, 1 / 3),
    ],
)
def test_the_share_of_an_input_gradient_that_is_zero_or_no_number(function, zero, not_finite):
    """Of images of 1 in the first channel, where a root behind it has no slope."""
    x = tf.constant(np.full((1, 4, 5, 3), [1.0, 2.0, 3.0]), tf.float32)
    found = input_gradient(lambda images: function(images) / 10, x)
    assert (found.zero, found.not_finite) == pytest.approx((zero, not_finite)) and not found.missing
