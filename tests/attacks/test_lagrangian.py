"""The penalty's slope against finite differences in float64 of the penalty itself, written down here once more."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.lagrangian import slope

V = np.array([-3.0, -0.7, -0.1, -1e-3, 1e-3, 0.05, 0.4, 1.0, 2.5])


def penalty(v, multiplier, weight):
    above = multiplier * v + multiplier * weight * v**2 + weight**2 * v**3 / 6
    return np.where(v >= 0, above, multiplier * v / (1 - max(weight, 1) * np.minimum(v, 0)))


@pytest.mark.parametrize("multiplier", [1e-3, 0.3, 1.0])
@pytest.mark.parametrize("weight", [0.01, 1.0, 7.0])
def test_the_slope_is_the_derivative_and_the_published_one_is_not_above_0(multiplier, weight):
    h = 1e-6
    expected = (penalty(V + h, multiplier, weight) - penalty(V - h, multiplier, weight)) / (2 * h)
    true, published = (
        slope(tf.constant(V), tf.cast(multiplier, tf.float64), tf.cast(weight, tf.float64), as_coded).numpy()
        for as_coded in (False, True)
    )
    np.testing.assert_allclose(true, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(published[V < 0], expected[V < 0], rtol=1e-6)
    np.testing.assert_allclose(published - true, np.where(V > 0, multiplier * (V - 1), 0), atol=1e-12)
    assert (abs(published - expected)[(V > 0) & (V != 1)] > 1e-4 * multiplier).all()


def test_the_true_slope_is_steady_at_0_and_the_published_one_falls_there():
    around = tf.constant([-1e-9, 0.0, 1e-9], tf.float64)
    one = tf.ones_like(around)
    np.testing.assert_allclose(slope(around, 0.5 * one, one), 0.5, rtol=1e-6)
    np.testing.assert_allclose(slope(around, 0.5 * one, one, published=True), [0.5, 0, 0], atol=1e-6)
