"""What the tests of the networks share: counts without memory, and weights that only hand on what comes in."""

import keras
import numpy as np
import pytest


@pytest.fixture
def counted():
    """A function that builds a network whose weights have shapes but no values, however large it is."""

    def build(builder, *arguments):
        with keras.StatelessScope(initialize_variables=False):
            return builder(*arguments)

    yield build
    keras.utils.clear_session()  # forgets the weights, which Keras would give values at the next occasion


@pytest.fixture
def hand_on():
    """A function that makes the first channel of each convolution a copy of the first that comes in, times a scale.

    With it a trunk of rectified convolutions and maxima has a closed form: maxima of the blue channel.
    """

    def copies(network, scales=None):
        for layer in network.layers:
            if isinstance(layer, keras.layers.Conv2D):
                weights = [np.zeros_like(weight) for weight in layer.get_weights()]
                rows, columns = weights[0].shape[:2]
                weights[0][rows // 2, columns // 2, 0, 0] = (scales or {}).get(layer.name, 1)
                layer.set_weights(weights)
        return network

    return copies


@pytest.fixture
def image_gradient():
    """A function that builds a network and gives the gradient of a random sum of its logits at a random image."""
    import tensorflow as tf

    def gradient(builder, *arguments):
        keras.utils.set_random_seed(0)
        network = builder(*arguments)
        rng = np.random.default_rng(0)
        image = tf.constant(rng.uniform(0, 255, (1, *network.input_shape[1:])), tf.float32)
        weights = tf.constant(rng.normal(size=(1, *network.output_shape[1:])), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_sum(weights * network(image, training=False))
        return tape.gradient(loss, image).numpy()

    return gradient
