"""Universal perturbations: Iterative FGSM as a special case, the gradient of a tile, and what a tile is of an image."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ifgsm
from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.attacks.universal import FixedTile, Universal, folded, repeated


@pytest.fixture(scope="module")
def few(smooth_model):
    x = tf.constant(np.random.default_rng(8).integers(0, 256, (2, 7, 10, 3)), tf.float32)
    return smooth_model, x, tf.argmax(smooth_model(x), -1, tf.int32)


def fitted(attack, model, images, labels, attackable=None):
    """The tile after all passes over one batch."""
    ascent, tile = attack.ascent_of(model), tf.zeros((*attack.size, 3), images.dtype)
    for _ in range(attack.passes):
        tile = attack.step(tile, ascent(tile, images, labels, attackable)[0])
    return tile.numpy()


@pytest.mark.parametrize(("epsilon", "alpha"), [(4.0, 1.0), (2.5, 0.3)])
def test_on_one_image_a_tile_as_large_is_iterative_fgsm_bit_by_bit(few, epsilon, alpha):
    model, images, labels = few
    one = images[:1], labels[:1]
    found = fitted(Universal(epsilon, alpha, 9, (7, 10)), model, *one)
    np.testing.assert_array_equal(found, ifgsm(epsilon, alpha, steps=9)(model, *one)[0])


def test_repeats_begin_in_the_upper_left_corner():
    tile = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    found = repeated(tf.constant(tile), (5, 7)).numpy()
    for y, x in np.ndindex(5, 7):
        np.testing.assert_array_equal(found[y, x], tile[y % 2, x % 3])


def test_a_tiles_gradient_is_the_sum_over_its_repeats():
    """A loop over all pixels; a tile larger than the image has nothing beyond it."""
    gradient = np.random.default_rng(0).normal(size=(5, 7, 3))
    for size in ((2, 3), (5, 7), (8, 4)):
        expected = np.zeros((*size, 3))
        for y, x in np.ndindex(5, 7):
            expected[y % size[0], x % size[1]] += gradient[y, x]
        np.testing.assert_allclose(folded(tf.constant(gradient), size), expected, rtol=1e-12)


def test_the_gradient_agrees_with_finite_differences(few):
    """In float64, of both images at once, where some pixels may not change."""
    model, images, labels = few
    images, mask = tf.cast(images, tf.float64), np.ones((2, 7, 10, 1))
    mask[1, :, 6:] = 0
    ascent = Universal(size=(3, 4)).ascent_of(model)
    tile = np.random.default_rng(1).normal(size=(3, 4, 3))

    def score(values):
        return float(ascent(tf.constant(values), images, labels, tf.constant(mask))[1])

    gradient = ascent(tf.constant(tile), images, labels, tf.constant(mask))[0].numpy()
    for place in [(0, 0, 0), (1, 3, 2), (2, 2, 1)]:
        step = np.zeros_like(tile)
        step[place] = 1e-4
        assert (score(tile + step) - score(tile - step)) / 2e-4 == pytest.approx(gradient[place], rel=1e-4)


def test_a_fixed_tile_is_an_attack_that_costs_nothing(few):
    _, images, labels = few
    tile = np.random.default_rng(2).uniform(-8, 8, (4, 6, 3)).astype(np.float32)
    attack = FixedTile.of(tile, 8.0)
    assert isinstance(attack, Attack) and attack.cost == Cost() and attack.cost.work == 0
    assert attack == FixedTile.of(tile.copy(), 8.0) and hash(attack) == hash(FixedTile.of(tile.copy(), 8.0))
    assert attack != FixedTile.of(-tile, 8.0)
    found = attack(None, images, labels).numpy()
    np.testing.assert_array_equal(found, np.broadcast_to(np.tile(tile, (2, 2, 1))[:7, :10], found.shape))
    kept = FixedTile.of(tile, 8.0, in_range=True, whole_levels=True)(None, images, labels).numpy()
    assert (images + kept).numpy().min() >= 0 and (images + kept).numpy().max() <= 255
    np.testing.assert_array_equal(kept, np.rint(kept))
    mask = np.zeros((2, 7, 10, 1), np.float32)
    mask[:, 2:4] = 1
    limited = attack(None, images, labels, attackable=tf.constant(mask)).numpy()
    np.testing.assert_array_equal(limited, found * mask)


def test_a_tile_keeps_its_bound():
    with pytest.raises(ValueError, match="values within epsilon, 2, of 0; got"):
        FixedTile.of(np.full((2, 2, 3), 2.5, np.float32), 2.0)
    FixedTile.of(np.full((2, 2, 3), 2.0, np.float32), 2.0)


@pytest.mark.parametrize("settings", [{"epsilon": 0.0}, {"alpha": 0.0}, {"passes": 0}])
def test_settings_that_fit_nothing_are_refused(settings):
    with pytest.raises(ValueError, match="; got"):
        Universal(**settings)


def test_images_stay_in_range_under_the_tile(few):
    """Of a white image nothing is added, so nothing raises the objective there."""
    model, images, labels = few
    white = tf.fill(images.shape, 255.0)
    attack = Universal(4.0, 4.0, 1, (7, 10), in_range=True)
    up = tf.fill((7, 10, 3), 4.0)
    expected = attack.ascent_of(model)(tf.zeros((7, 10, 3)), white, labels, None)[1]
    assert attack.ascent_of(model)(up, white, labels, None)[1] == expected
    assert dataclasses.replace(attack, in_range=False).ascent_of(model)(up, white, labels, None)[1] != expected
