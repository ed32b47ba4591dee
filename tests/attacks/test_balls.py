"""The balls: projection, steepest step, noise."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.balls import BALLS
from tfadvseg.seeds import image_seeds

RNG = np.random.default_rng(6)
VALUES = RNG.normal(0, 3, (3, 4, 5, 3)).astype(np.float32)
SEEDS = tf.constant(image_seeds(0, ["a", "b", "c"]))


def norm(name, values):
    flat = np.abs(np.asarray(values, float)).reshape(len(values), -1)
    return flat.max(1) if name == "linf" else np.sqrt((flat**2).sum(1))


def expected_projection(name, values, epsilon):
    if name == "linf":
        return np.clip(values, -epsilon, epsilon)
    return values * np.minimum(1, epsilon / norm(name, values))[:, None, None, None]


@pytest.mark.parametrize("name", BALLS)
@pytest.mark.parametrize("epsilon", [0.0, 2.5, 1000.0])
def test_projection_is_the_nearest_point_of_the_ball(name, epsilon):
    found = BALLS[name].project(tf.constant(VALUES), epsilon).numpy()
    np.testing.assert_allclose(found, expected_projection(name, VALUES, epsilon), rtol=1e-6)
    assert (norm(name, found) <= epsilon * (1 + 1e-6)).all()  # float32
    if epsilon == 1000.0:
        np.testing.assert_array_equal(found, VALUES)  # what lies within stays as it is, bit by bit


@pytest.mark.parametrize("name", BALLS)
def test_the_steepest_step_has_norm_1_and_rises_as_far_as_any(name):
    """By duality the rise is the l1 norm of the gradient for the max-norm, and the Euclidean one for itself."""
    step = BALLS[name].steepest(tf.constant(VALUES)).numpy()
    np.testing.assert_allclose(norm(name, step), 1, rtol=1e-6)
    rise = (step * VALUES).sum((1, 2, 3))
    most = np.abs(VALUES).sum((1, 2, 3)) if name == "linf" else norm("l2", VALUES)
    np.testing.assert_allclose(rise, most, rtol=1e-5)


@pytest.mark.parametrize("name", BALLS)
def test_no_gradient_no_step(name):
    ball, zeros = BALLS[name], tf.zeros((1, 2, 2, 3))
    np.testing.assert_array_equal(ball.steepest(zeros), 0)
    np.testing.assert_array_equal(ball.project(zeros, 4.0), 0)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_euclidean_norms_of_gradients_whose_squares_are_none_of_float32(size):
    step = BALLS["l2"].steepest(tf.constant(size * VALUES)).numpy()
    np.testing.assert_allclose(step, BALLS["l2"].steepest(tf.constant(VALUES)), rtol=1e-5)


@pytest.mark.parametrize("name", BALLS)
def test_noise_lies_in_the_ball_and_follows_from_each_images_seed(name):
    images, ball = tf.zeros((3, 20, 30, 3)), BALLS[name]
    drawn = ball.noise(images, 4.0, SEEDS).numpy()
    assert (norm(name, drawn) <= 4 * (1 + 1e-6)).all()
    np.testing.assert_array_equal(ball.noise(images, 4.0, SEEDS), drawn)
    for i in range(3):
        np.testing.assert_array_equal(ball.noise(images[:1], 4.0, SEEDS[i : i + 1])[0], drawn[i])
    assert (drawn[0] != drawn[1]).mean() > 0.99
    np.testing.assert_array_equal(ball.noise(images, 0.0, SEEDS), 0)


def test_noise_is_uniform_in_the_cube_and_on_the_sphere():
    images = tf.zeros((3, 40, 60, 3))
    cube = BALLS["linf"].noise(images, 4.0, SEEDS).numpy()
    shares, _ = np.histogram(cube, 8, (-4, 4))
    np.testing.assert_allclose(shares / cube.size, 1 / 8, atol=0.01)  # 5 standard deviations
    np.testing.assert_array_less(np.abs(cube).max(), 4.0 + 1e-12)
    sphere = BALLS["l2"].noise(images, 4.0, SEEDS).numpy()
    np.testing.assert_allclose(norm("l2", sphere), 4, rtol=1e-6)
    assert abs(sphere.mean()) < 5 * 4 / sphere[0].size / np.sqrt(3)
