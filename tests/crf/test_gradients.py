"""Gradients of mean field, against differences in float64 and against a backward pass by explicit matrices."""

import dataclasses

import brute_force
import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.filtering import bilateral_filter, normalised
from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS

CRF_RNN = PARAMETERS["crf_rnn"]
SMALL = dataclasses.replace(CRF_RNN, theta_alpha=4.0, theta_beta=20.0, theta_gamma=1.5, iterations=3)


def gradients_of(function, *inputs):
    """Of the sum of the results weighted by fixed random numbers; and that sum as a function."""

    @tf.function
    def total(*inputs):
        results = function(*inputs)
        return tf.reduce_sum(results * np.random.default_rng(1).normal(size=results.shape))

    @tf.function
    def gradients(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = total(*inputs)
        return tape.gradient(value, inputs)

    return [np.array(gradient) for gradient in gradients(*inputs)], total


def differences(total, inputs, position, step=1e-5):
    """Central differences of total by every value of one of its inputs."""
    start = np.array(inputs[position])
    found = np.zeros_like(start)
    for place in np.ndindex(*start.shape):
        ends = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            ends.append(float(total(*inputs[:position], tf.constant(moved), *inputs[position + 1 :])))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


@pytest.fixture(scope="module")
def tiny(scene):
    """Float64 logits [1, 5, 6, 3] and image [1, 5, 6, 3]."""
    image, logits = scene
    return tf.constant(logits[None, :5, :6, :3], tf.float64), tf.constant(image[None, 9:14, 4:10], tf.float64)


@pytest.mark.parametrize("normalisation", ["symmetric", "before", "after", "none"])
def test_gradient_of_the_logits_equals_differences(normalisation, tiny):
    logits, image = tiny
    weak = 0.1 if normalisation == "none" else 1
    parameters = dataclasses.replace(SMALL, normalisation=normalisation)
    weights = {"spatial_weight": 3 * weak, "bilateral_weight": 5 * weak}
    (gradient,), total = gradients_of(lambda x: mean_field(x, image, parameters, **weights), logits)
    np.testing.assert_allclose(gradient, differences(total, [logits], 0), rtol=1e-5, atol=1e-7)
    (without,), _ = gradients_of(tf.identity, logits)
    assert np.abs(gradient - without).max() > 0.1  # the CRF takes part


def test_gradients_of_matrices_and_scalars_equal_differences(tiny):
    rng = np.random.default_rng(2)
    weights = [tf.constant(rng.normal(0, 0.5, (3, 3)) + 2 * np.eye(3)), tf.constant(1.3), -tf.eye(3)]
    weights = [tf.cast(weight, tf.float64) for weight in weights]
    gradients, total = gradients_of(lambda *w: mean_field(*tiny, SMALL, *w), *weights)
    for position, gradient in enumerate(gradients):
        np.testing.assert_allclose(gradient, differences(total, weights, position), rtol=1e-5, atol=1e-7)
        assert np.abs(gradient).max() > 0.1


def backward(logits, upstream, kernels, weights, iterations):
    """Gradient [P, C] of sum(upstream * Q) by the chain rule through every iteration; kernels [P, P]."""
    beliefs, marginals = logits, []
    for _ in range(iterations):
        marginals.append(brute_force.softmax(beliefs))
        beliefs = logits + sum(w * kernel @ marginals[-1] for w, kernel in zip(weights, kernels, strict=True))
    total, behind = np.zeros_like(logits), upstream
    for q in reversed(marginals):
        total += behind
        behind = sum(w * kernel.T @ behind for w, kernel in zip(weights, kernels, strict=True))
        behind = q * (behind - (behind * q).sum(1, keepdims=True))
    return total + behind


@pytest.mark.parametrize("normalisation", ["symmetric", "before", "after"])
def test_float32_gradient_equals_a_backward_pass_by_matrices(normalisation, scene):
    """10 iterations of CRF-RNN; the bilateral matrix is the lattice's own, read off unit vectors."""
    height, width = 16, 18
    image = tf.constant(scene[0][None, :height, :width])
    logits = scene[1][:height, :width]
    parameters = dataclasses.replace(CRF_RNN, normalisation=normalisation)
    pixels = height * width
    lattice = normalised(bilateral_filter(image, 160.0, 3.0), image, normalisation)
    bilateral = lattice(tf.reshape(tf.eye(pixels), (1, height, width, pixels))).numpy().reshape(pixels, pixels)
    spatial = brute_force.kernels(image[0].numpy(), parameters)[0]
    assert np.abs(bilateral - bilateral.T).max() > 1e-3  # a gradient by the forward filter would be wrong
    upstream = np.random.default_rng(3).normal(size=(pixels, 5))
    expected = backward(
        logits.reshape(pixels, 5).astype(float), upstream, (spatial, bilateral.astype(float)), (3, 5), 10
    )

    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(mean_field(x, image, parameters) * upstream.reshape(1, height, width, 5))
        return tape.gradient(total, x)

    found = gradient(tf.constant(logits[None])).numpy().reshape(pixels, 5)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_no_gradient_goes_to_the_image_unless_it_is_asked_for(tiny):
    logits, image = tiny
    with tf.GradientTape() as tape:
        tape.watch([logits, image])
        total = tf.reduce_sum(mean_field(logits, image, SMALL) ** 2)
    by_logits, by_image = tape.gradient(total, [logits, image])
    assert by_image is None and np.abs(by_logits).max() > 0


def test_gradient_of_the_image_equals_differences(tiny):
    """Where the simplices stay as they are, as they do for steps of 1e-5 grey levels here."""
    logits, image = tiny
    gradients, total = gradients_of(lambda x, y: mean_field(x, y, SMALL, image_gradient=True), logits, image)
    np.testing.assert_allclose(gradients[1], differences(total, [logits, image], 1), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(gradients[0], differences(total, [logits, image], 0), rtol=1e-4, atol=1e-7)
    assert np.abs(gradients[1]).max() > 0.01
