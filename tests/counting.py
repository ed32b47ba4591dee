"""A gradient estimator that counts, shared by tests of attacks and of the engine."""

import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient


class CountingEstimator:
    """The plain gradient; counts how often it is computed, not how often it is traced."""

    def __init__(self):
        self.calls = tf.Variable(0, dtype=tf.int64)

    def __call__(self, *arguments):
        self.calls.assign_add(1)
        return plain_gradient(*arguments)
