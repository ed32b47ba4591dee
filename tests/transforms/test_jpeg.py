"""JPEG of random quality, against Pillow's libjpeg."""

import functools
import io

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from PIL import Image

from tfadvseg.data import scenes
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.jpeg import Jpeg, encode_decode, jpeg
from tfadvseg.transforms.jpeg_simulated import simulate

SEEDS = image_seeds(0, ["a", "b", "c", "d"])


@functools.cache
def photographs(height=96, width=128):
    """Four crops, float32 [4, height, width, 3]."""
    image = scenes.render("validation", 0)[0]
    return tf.constant(np.stack([image[y:, x:][:height, :width] for y in (0, 64) for x in (0, 100)]), tf.float32)


def pillow(images, quality):
    """Through Pillow's files."""
    decoded = []
    for image in np.asarray(images, np.uint8):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
        decoded.append(np.asarray(Image.open(file)))
    return np.stack(decoded)


@pytest.mark.parametrize("quality", [50, 60, 75, 90, 95, 100])
@pytest.mark.parametrize("size", [(96, 128), (33, 47)])
def test_files_equal_those_of_pillow(size, quality):
    """Bit by bit: both are libjpeg-turbo, whose accurate DCT is the same in all its versions."""
    images = photographs(*size)
    np.testing.assert_array_equal(encode_decode(images, tf.fill((4,), quality)), pillow(images, quality))


def test_each_image_gets_its_own_quality():
    images, qualities = photographs(), tf.constant([50, 100, 75, 62])
    expected = [pillow(images[i : i + 1], int(q))[0] for i, q in enumerate(qualities)]
    np.testing.assert_array_equal(encode_decode(images, qualities), expected)


def test_values_are_clipped_and_rounded_first():
    images, qualities = 1.4 * photographs() - 60.3, tf.fill((4,), 90)
    whole = np.clip(np.rint(images), 0, 255)
    assert (images < 0).numpy().any() and (images > 255).numpy().any()
    np.testing.assert_array_equal(encode_decode(images, qualities), encode_decode(tf.constant(whole), qualities))


def test_a_higher_quality_loses_less_and_the_highest_nearly_nothing():
    """Of grey images, which lose no colour: whole coefficients leave an error of about one level."""
    grey = tf.round(tf.repeat(tf.reduce_mean(photographs(), -1, keepdims=True), 3, -1))
    losses = [np.abs(encode_decode(grey, tf.fill((4,), quality)) - grey) for quality in (50, 75, 90, 100)]
    means = [loss.mean() for loss in losses]
    assert means == sorted(means, reverse=True) and means[0] > 4 * means[-1]
    assert means[-1] < 0.5 and losses[-1].max() <= 2


def test_qualities_are_uniform_over_both_ends():
    """Chi-square of 10 200 draws on 51 qualities."""
    seeds = image_seeds(0, [str(number) for number in range(10_200)])
    counts = np.bincount(tf.function(jpeg.qualities)(seeds), minlength=101)
    assert counts[:50].sum() == 0 and len(counts) == 101
    assert scipy.stats.chisquare(counts[50:]).pvalue > 0.01


@pytest.mark.parametrize("codec", [encode_decode, simulate])
def test_an_image_and_its_seed_decide_alone(codec):
    images, transform = photographs(), Jpeg(codec=codec)
    together = transform(images, SEEDS).numpy()
    np.testing.assert_array_equal(together, codec(images, transform.qualities(SEEDS)))
    np.testing.assert_array_equal(transform(images[::-1], SEEDS[::-1]), together[::-1])
    for i in range(4):
        np.testing.assert_array_equal(transform(images[i : i + 1], SEEDS[i : i + 1]), together[i : i + 1])
    assert len(set(transform.qualities(SEEDS).numpy())) > 1


@pytest.mark.parametrize("codec", [encode_decode, simulate])
def test_the_gradient_is_the_one_from_above(codec):
    images = photographs(33, 47)
    upstream = tf.random.stateless_normal(images.shape, (1, 2))
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = Jpeg(codec=codec)(images, SEEDS)
    assert outputs.shape == images.shape and (outputs != images).numpy().mean() > 0.5
    np.testing.assert_array_equal(tape.gradient(outputs, images, upstream), upstream)


@pytest.mark.parametrize("codec", [encode_decode, simulate])
def test_in_a_data_set_and_for_any_number_of_images(codec):
    images, transform = photographs(33, 47), Jpeg(codec=codec)
    expected = transform(images, SEEDS)
    dataset = tf.data.Dataset.from_tensor_slices((images, SEEDS)).batch(3).map(transform)
    assert dataset.element_spec.shape.as_list() == [None, 33, 47, 3]
    np.testing.assert_array_equal(np.concatenate(list(dataset.as_numpy_iterator())), expected)


def test_settings_are_values():
    assert jpeg == Jpeg(low=50, high=100) and hash(jpeg) == hash(Jpeg())
    assert jpeg != Jpeg(codec=simulate)
    np.testing.assert_array_equal(Jpeg(low=70, high=70).qualities(SEEDS), [70] * 4)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (50, 101), (80, 60)])
def test_impossible_qualities_are_refused(low, high):
    with pytest.raises(ValueError, match=f"1 <= low <= high <= 100; got low={low} and high={high}"):
        Jpeg(low, high)
