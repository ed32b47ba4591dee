"""Random signs: their size, their seeds, and whatever bounds them."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.noise import Noise
from tfadvseg.seeds import image_seeds

SEEDS = tf.constant(image_seeds(0, ["a", "b", "c"]))
IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3)), tf.float32)


def refused(images):
    raise AssertionError("the network is not asked")


def made(images=IMAGES, seeds=SEEDS, attackable=None, **settings):
    return Noise(6.0, **settings)(refused, images, tf.zeros(images.shape[:3], tf.int32), seeds, attackable).numpy()


def test_every_value_is_plus_or_minus_epsilon_with_equal_chances_and_costs_nothing():
    found = made()
    assert set(np.unique(found)) == {-6.0, 6.0} and abs(np.mean(found > 0) - 0.5) < 5 * 0.5 / np.sqrt(found.size)
    neighbours = np.mean(found[:, :, 1:] == found[:, :, :-1]), np.mean(found[..., 1:] == found[..., :-1])
    np.testing.assert_allclose(neighbours, 0.5, atol=5 * 0.5 / np.sqrt(3 * 20 * 30 * 2))
    assert Noise(6.0).cost == Cost()


def test_an_images_seed_decides_whatever_the_batch():
    found = made()
    for i in range(3):
        np.testing.assert_array_equal(made(IMAGES[i : i + 1], SEEDS[i : i + 1])[0], found[i])
    assert 0.4 < (found[0] != found[1]).mean() < 0.6


def test_range_levels_and_what_may_change_are_kept():
    images, free = IMAGES.numpy(), made()
    np.testing.assert_array_equal(made(in_range=True), np.clip(free, -images, 255 - images))
    halves = Noise(2.5, whole_levels=True)(refused, IMAGES, None, SEEDS).numpy()
    np.testing.assert_array_equal(halves, np.sign(free) * 2)
    attackable = np.float32(np.arange(20 * 30).reshape(1, 20, 30, 1) % 3 == 0)
    np.testing.assert_array_equal(made(attackable=tf.constant(attackable)), free * attackable)


def test_in_the_euclidean_ball_it_is_the_same_direction_as_long_as_epsilon():
    found = made(ball=L2())
    np.testing.assert_allclose(found, made() / np.sqrt(20 * 30 * 3), rtol=1e-6)
    np.testing.assert_allclose(np.sqrt((found.astype(float) ** 2).sum((1, 2, 3))), 6.0, rtol=1e-6)


def test_a_negative_radius_is_refused():
    with pytest.raises(ValueError, match="Epsilon must be 0 grey levels or more; got -1"):
        Noise(-1.0)
