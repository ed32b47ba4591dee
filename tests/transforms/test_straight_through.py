"""The identity as a gradient: bit by bit, in a loop, and after a SavedModel is loaded again."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.transforms.jpeg import jpeg
from tfadvseg.transforms.jpeg_simulated import jpeg_simulated
from tfadvseg.transforms.straight_through import straight_through

SEEDS = tf.constant([[1, 2], [3, 4]])
WEIGHTS = np.random.default_rng(0).normal(size=(3, 1)).astype(np.float32)


def darkened(images, seeds):
    """Has no gradient, for it rounds; its seeds matter."""
    return tf.round(images / 16) * 16 - tf.cast(seeds[:, :1, None, None], tf.float32)


def gradient(function, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = function(images)
    return tape.gradient(outputs, images)


@pytest.mark.parametrize("compiled", [False, True])
def test_forwards_the_transform_and_backwards_what_comes_from_above(images, compiled):
    upstream = tf.random.stateless_normal(images.shape, (5, 6))
    wrapped = tf.function(straight_through(darkened)) if compiled else straight_through(darkened)
    np.testing.assert_array_equal(wrapped(images, SEEDS), darkened(images, SEEDS))
    np.testing.assert_array_equal(gradient(lambda x: wrapped(x, SEEDS) * upstream, images), upstream)
    assert not np.any(gradient(lambda x: darkened(x, SEEDS) * upstream, images))


def test_what_surrounds_the_transform_keeps_its_gradient(images):
    """d/dx sum(T(3 x)^2) = 6 T(3 x) with the identity for T'."""
    found = gradient(lambda x: straight_through(darkened)(3 * x, SEEDS) ** 2, images)
    np.testing.assert_array_equal(found, 6 * darkened(3 * images, SEEDS))


class Defended(tf.Module):
    """A transform before a linear network, whose gradient is its weights."""

    def __init__(self, transform):
        self.transform, self.weights = transform, tf.Variable(WEIGHTS)

    @tf.function(input_signature=[tf.TensorSpec((None, 32, 48, 3)), tf.TensorSpec((None, 2), tf.int32)])
    def __call__(self, images, seeds):
        return {"logits": self.transform(images, seeds) @ self.weights}


@pytest.mark.parametrize("transform", [jpeg, jpeg_simulated], ids=["jpeg", "jpeg_simulated"])
def test_a_saved_transform_keeps_its_gradient_also_in_a_loop(transform, images, tmp_path):
    """Of any batch size, through the loaded function and through its signature."""
    network = Defended(transform)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(network, str(tmp_path), options=options)
    loaded = tf.saved_model.load(str(tmp_path))
    expected = np.broadcast_to(WEIGHTS[:, 0], images.shape)

    def signature(images, seeds):
        return loaded.signatures["serving_default"](images=images, seeds=seeds)

    for model in (network, loaded, signature):
        np.testing.assert_array_equal(model(images, SEEDS)["logits"], transform(images, SEEDS) @ WEIGHTS)
        np.testing.assert_array_equal(gradient(lambda x, m=model: m(x, SEEDS)["logits"], images), expected)

        @tf.function
        def ascend(images, model=model):
            for _ in tf.range(3):
                step = gradient(lambda x: model(x, SEEDS)["logits"], images)
                images += tf.ensure_shape(tf.sign(step), images.shape)
            return images

        np.testing.assert_array_equal(ascend(images), images + 3 * np.sign(expected))
