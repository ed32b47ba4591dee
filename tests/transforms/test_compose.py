"""Transforms of transforms: who is called with which seeds, and what the gradient is."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.seeds import image_seeds
from tfadvseg.transforms import TRANSFORMS, name_of, named
from tfadvseg.transforms.blur import blur
from tfadvseg.transforms.compose import InSequence, identity
from tfadvseg.transforms.draws import derive, uniform
from tfadvseg.transforms.gaussian import Gaussian
from tfadvseg.transforms.grayscale import grayscale
from tfadvseg.transforms.hsv import hsv
from tfadvseg.transforms.rescale import rescale

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


def test_names_lead_to_transforms_and_back():
    for name in (*TRANSFORMS, "rescale+blur", "jpeg+blur+jpeg"):
        assert name_of(named(name)) == name
    assert name_of(InSequence((brighter, named("hsv")))) == "brighter+hsv" and name_of(Gaussian(7.0)) == "Gaussian"


def test_the_way_back_undoes_the_last_part_first():
    """Each by its own seeds; a part that moves nothing has none."""
    chain, seeds = InSequence((rescale, brighter, rescale)), SEEDS[:6]
    expected = rescale.back(rescale.back(IMAGES, derive(seeds, 2)), derive(seeds, 0))
    np.testing.assert_array_equal(chain.back(IMAGES, seeds), expected)
    np.testing.assert_array_equal(InSequence((brighter,)).back(IMAGES, seeds), IMAGES)


def test_no_parts_are_the_identity():
    np.testing.assert_array_equal(InSequence(())(IMAGES, SEEDS[:6]), IMAGES)


def test_names_joined_by_a_plus_are_transforms_in_sequence():
    assert named("jpeg+blur") == InSequence((TRANSFORMS["jpeg"], TRANSFORMS["blur"])) and named("blur") is blur
    assert named("none") is identity
    with pytest.raises(ValueError, match="Unknown transform 'sepia'; choose one of: blur, clip, gaussian, grayscale"):
        named("blur+sepia")


def test_equal_ones_are_one():
    """So that what was traced for one serves the other."""
    assert len({InSequence((blur, hsv)), InSequence((blur, hsv)), InSequence((hsv, blur))}) == 2


@pytest.mark.parametrize(
    "transform",
    [InSequence((hsv, blur)), InSequence((blur, grayscale))],
    ids=["hsv, blur", "blur, grayscale"],
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
