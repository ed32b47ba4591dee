"""Mean field as a graph: batches, SavedModels, and what its operations are."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.crf.sparse import WIDEST

CRF_RNN = PARAMETERS["crf_rnn"]


class Refined(tf.Module):
    """Mean field on batches and images of any size, for five classes."""

    @tf.function(
        input_signature=[tf.TensorSpec((None, None, None, 5)), tf.TensorSpec((None, None, None, 3))]
    )
    def logits(self, unary, images):
        return mean_field(unary, images, CRF_RNN)


@pytest.fixture(scope="module")
def four(scene):
    """Logits and images of a batch of four: as it is, turned, white, and under noise beyond 0..255."""
    image, logits = scene
    noisy = image + np.random.default_rng(0).uniform(-32, 32, image.shape)
    images = np.stack([image, image[:, ::-1], np.full_like(image, 255), noisy])
    unary = np.stack([logits, logits[:, ::-1], logits, 2 * logits[::-1]])
    return tf.constant(unary[:, :23, :31], tf.float32), tf.constant(images[:, :23, :31], tf.float32)


def slope(function, unary, images):
    """Gradient of a sum of squares with respect to the unary logits."""
    with tf.GradientTape() as tape:
        tape.watch(unary)
        total = tf.reduce_sum(function(unary, images) ** 2)
    return tape.gradient(total, unary).numpy()


@pytest.mark.parametrize("normalisation", ["after", "symmetric"])
@pytest.mark.parametrize("theta_gamma", [3.0, 20.0])
def test_images_of_a_batch_come_out_as_alone_bit_by_bit(normalisation, theta_gamma, four):
    """Traced anew for one image, so neither the place in the batch nor what is known of its size may matter.

    So are the gradients. A softmax without oneDNN would round differently at the end of a batch.
    """
    parameters = dataclasses.replace(CRF_RNN, normalisation=normalisation, theta_gamma=theta_gamma, iterations=4)
    infer = tf.function(lambda unary, images: mean_field(unary, images, parameters))
    gradient = tf.function(lambda unary, images: slope_of(infer, unary, images))
    together, gradients = infer(*four), gradient(*four)
    for i in range(4):
        alone = [tensor[i : i + 1] for tensor in four]
        np.testing.assert_array_equal(infer(*alone)[0], together[i])
        np.testing.assert_array_equal(gradient(*alone)[0], gradients[i])


def slope_of(function, unary, images):
    with tf.GradientTape() as tape:
        tape.watch(unary)
        total = tf.reduce_sum(function(unary, images) ** 2)
    return tape.gradient(total, unary)
