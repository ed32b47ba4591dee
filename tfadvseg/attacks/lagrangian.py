"""The penalty by which ALMA prox turns a constraint v <= 0 into something to lower (Rony et al. 2023).

With multiplier m and weight w it is m v + m w v^2 + w^2 v^3 / 6 for v >= 0, and m v / (1 - max(w, 1) v) below: what is
met draws no more, what is broken ever harder. The attack needs its slope alone.
"""

import tensorflow as tf


def slope(v: tf.Tensor, multiplier: tf.Tensor, weight: tf.Tensor, published: bool = False) -> tf.Tensor:
    """Derivative of the penalty in v, all [N, H, W]: m + 2 m w v + w^2 v^2 / 2, or m / (1 - max(w, 1) v)^2 below 0.

    published: as in the code that its authors released, whose first term is m v above 0. It jumps from m to 0 there, so
    that constraints that are barely broken draw less than those that are barely met.
    """
    above, below = tf.maximum(v, 0.0), tf.minimum(v, 0.0)
    first = multiplier * above if published else multiplier
    broken = first + 2 * multiplier * weight * above + tf.square(weight * above) / 2
    return tf.where(v >= 0, broken, multiplier / tf.square(1 - tf.maximum(weight, 1.0) * below))
