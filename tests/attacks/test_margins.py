"""Leads by NumPy's sorting, and by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.margins import lead, relative_lead

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_lead_is_the_labels_logit_less_the_best_other(classes):
    logits = RNG.normal(0, 3, (2, 3, 4, classes))
    labels = RNG.integers(0, classes, (2, 3, 4)).astype(np.int32)
    own = np.take_along_axis(logits, labels[..., None], -1)[..., 0]
    others = np.where(np.arange(classes) == labels[..., None], -np.inf, logits).max(-1)
    np.testing.assert_allclose(lead(tf.constant(logits), tf.constant(labels)), own - others)
    highest = np.sort(logits, -1)[..., ::-1]
    divisor = highest[..., 0] - highest[..., 2] + 1e-8 if classes > 2 else 1.0
    found = relative_lead(tf.constant(logits), tf.constant(labels))
    np.testing.assert_allclose(found, (own - others + 1e-4) / divisor, rtol=1e-6)


def test_its_gradient_goes_to_the_two_logits_it_is_made_of():
    logits = tf.constant([[[[1.0, 4.0, 3.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        found = lead(logits, tf.constant([[[1]]]))
    np.testing.assert_array_equal(tape.gradient(found, logits)[0, 0, 0], [0, 1, -1])
