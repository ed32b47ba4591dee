"""The best of several iterates."""

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.best import Best


def test_the_better_the_newer_of_equals_and_never_one_without_a_number():
    images = tf.zeros((4, 1, 1, 3))

    def iterate(value):
        return tf.fill((4, 1, 1, 3), float(value))

    best = Best.none(images)
    assert np.isneginf(best.merit).all() and best.perturbation.shape == (4, 1, 1, 3)
    for value, merits in ((1, [1, 2, np.nan, -np.inf]), (2, [2, 1, 3, np.nan]), (3, [np.nan, 2, 1, np.nan])):
        best = best.or_better(iterate(value), tf.constant(merits, tf.float32))
    np.testing.assert_array_equal(best.perturbation[:, 0, 0, 0], [2, 3, 2, 1])
    np.testing.assert_array_equal(best.merit, [2, 2, 3, -np.inf])
