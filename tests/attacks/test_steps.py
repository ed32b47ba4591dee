"""The step, and the paper's numbers of them."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import EPSILONS
from tfadvseg.attacks.steps import iterations, iterations_at, on_8_bits, sign_step, within_range


def test_the_paper_takes_1_1_2_3_5_10_20_36_iterations():
    assert [iterations(epsilon) for epsilon in EPSILONS] == [1, 1, 2, 3, 5, 10, 20, 36]


@pytest.mark.parametrize(("epsilon", "expected"), [(0, 1), (16.5, 21), (17, 21), (100, 104)])
def test_other_epsilons_follow_the_same_rule(epsilon, expected):
    assert iterations(epsilon) == expected


def test_a_step_moves_by_alpha_along_the_sign_and_stops_at_the_ball():
    perturbation = tf.constant([0.0, 0.0, 0.0, 1.5, -1.5, 2.0])
    gradient = tf.constant([1e-30, -7.0, 0.0, 3.0, -3.0, -1.0])
    np.testing.assert_array_equal(sign_step(perturbation, gradient, 1.0, 2.0), [1.0, -1.0, 0.0, 2.0, -2.0, 1.0])


def test_within_range_keeps_what_fits_between_0_and_255():
    images = tf.constant([0.0, 250.0, 128.0, 3.0])
    np.testing.assert_array_equal(within_range(tf.constant([-4.0, 8.0, 8.0, -2.0]), images), [0.0, 5.0, 8.0, -2.0])


def test_whole_levels_are_taken_toward_zero():
    np.testing.assert_array_equal(on_8_bits(tf.constant([0.9, -0.9, 2.5, -2.5, 3.0])), [0.0, 0.0, 2.0, -2.0, 3.0])


def test_a_radius_that_is_a_tensor_gets_the_same_number():
    """Of all hundredths up to 255, many of which float32 rounds beyond 4 / 5 of a whole number, and next to these."""
    radii = np.arange(25501) / 100
    found = iterations_at(tf.constant(radii, tf.float32))
    np.testing.assert_array_equal(found, [iterations(radius) for radius in radii])
    assert sum(iterations(float(np.float32(radius))) != iterations(radius) for radius in radii) > 0


@pytest.mark.parametrize(
    ("epsilon", "expected"), [(4.0, 5), (4.001, 6), (3.999, 5), (3.2, 4), (3.2001, 5), (16.001, 21)]
)
def test_just_inside_and_outside_of_a_whole_number(epsilon, expected):
    assert iterations_at(tf.constant(epsilon)) == expected == iterations(epsilon)
