"""Transforms of transforms: who is called with which seeds, and what the gradient is."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfadvseg.attacks.seeds import image_seeds
from tfadvseg.transforms.blur import blur
from tfadvseg.transforms.compose import InSequence, OneAtRandom, identity
from tfadvseg.transforms.draws import derive, uniform
from tfadvseg.transforms.grayscale import grayscale
from tfadvseg.transforms.hsv import hsv

SEEDS = image_seeds(0, [str(i) for i in range(600)])
IMAGES = tf.constant(np.random.default_rng(0).uniform(60, 190, (6, 5, 6, 3)))


def brighter(images, seeds):
    """Adds a draw from 0..100 to each image."""
    return images + tf.cast(uniform(seeds, (1, 1, 1), 0.0, 100.0), images.dtype)


def negative(images, seeds):
    del seeds
    return -images


def on_black(transform):
    """What 600 black pixels become, [600]; eagerly it would take seconds."""
    return tf.function(transform)(tf.zeros((600, 1, 1, 3)), SEEDS)[:, 0, 0, 0].numpy()


def test_identity_is_the_identity():
    np.testing.assert_array_equal(identity(IMAGES, SEEDS[:6]), IMAGES)


def test_parts_follow_each_other_with_seeds_of_their_own():
    chain = InSequence((brighter, negative, brighter))
    seeds = [derive(SEEDS[:6], i) for i in range(3)]
    np.testing.assert_array_equal(
        chain(IMAGES, SEEDS[:6]), brighter(negative(brighter(IMAGES, seeds[0]), seeds[1]), seeds[2])
    )
    first = on_black(InSequence((brighter,)))
    second = on_black(InSequence((brighter, brighter))) - first
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(600)


def test_no_parts_are_the_identity():
    np.testing.assert_array_equal(InSequence(())(IMAGES, SEEDS[:6]), IMAGES)


def test_one_part_is_taken_for_each_image():
    parts = (identity, brighter, negative)
    one = OneAtRandom(parts)
    choices = one.choices(SEEDS[:6]).numpy()
    assert set(choices) == {0, 1, 2}
    found = one(IMAGES, SEEDS[:6])
    for i, choice in enumerate(choices):
        expected = parts[choice](IMAGES[i : i + 1], derive(SEEDS[i : i + 1], choice))[0]
        np.testing.assert_array_equal(found[i], expected)


def test_parts_are_equally_likely_whatever_they_draw_themselves():
    one = OneAtRandom((brighter, negative, brighter, identity))
    choices = one.choices(SEEDS).numpy()
    assert scipy.stats.chisquare(np.bincount(choices, minlength=4)).pvalue > 0.01
    drawn = on_black(one)[choices % 2 == 0]
    assert scipy.stats.kstest(drawn, scipy.stats.uniform(0, 100).cdf).pvalue > 0.01


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(ValueError, match="got none"):
        OneAtRandom(())


def test_equal_ones_are_one():
    """So that what was traced for one serves the other."""
    assert len({InSequence((blur, hsv)), InSequence((blur, hsv)), OneAtRandom((blur, hsv))}) == 2


@pytest.mark.parametrize(
    "transform",
    [InSequence((hsv, blur)), InSequence((blur, grayscale)), OneAtRandom((blur, hsv, grayscale))],
    ids=["hsv, blur", "blur, grayscale", "one"],
)
def test_gradient_equals_central_differences(transform):
    """In float64, where a step of 1e-5 grey levels is far from a kink of these images."""
    seeds, images = SEEDS[:6], IMAGES[:, :3, :3]
    upstream = tf.constant(np.random.default_rng(1).normal(0, 1, images.shape))

    @tf.function
    def totals(values):
        return tf.reduce_sum(transform(values, seeds) * upstream, axis=(1, 2, 3))

    with tf.GradientTape() as tape:
        tape.watch(images)
        total = totals(images)
    found = tape.gradient(total, images).numpy()
    for place in np.ndindex(*images.shape[1:]):  # the same pixel of all images at once
        nudge = np.zeros(images.shape)
        nudge[(slice(None), *place)] = 1e-5
        differences = (totals(images + nudge) - totals(images - nudge)) / 2e-5
        np.testing.assert_allclose(found[(slice(None), *place)], differences, rtol=1e-5, atol=1e-6)
