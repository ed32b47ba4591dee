"""JPEG in plain operations against the libjpeg in TensorFlow: equal bit by bit, eager, traced and compiled."""

import functools
import io
import os

import numpy as np
import pytest
import scipy.fft
import tensorflow as tf
from PIL import Image

from tfadvseg.data import camvid, scenes
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.jpeg import encode_decode, jpeg
from tfadvseg.transforms.jpeg_simulated import (
    CHROMINANCE,
    DCT,
    LUMINANCE,
    TO_RGB,
    TO_YCBCR,
    jpeg_simulated,
    quantisation_steps,
    simulate,
)

QUALITIES = tf.range(50, 101)


@functools.cache
def photograph():
    """One image, float32 [192, 256, 3]."""
    return scenes.render("validation", 1)[0].astype(np.float32)


def of_every_quality(image):
    return tf.repeat(tf.constant(image, tf.float32)[None], len(QUALITIES), axis=0)


def test_every_quality_equals_libjpeg():
    images = of_every_quality(photograph()[40:136, :128])
    np.testing.assert_array_equal(simulate(images, QUALITIES), encode_decode(images, QUALITIES))


def test_low_qualities_equal_libjpeg():
    images, qualities = tf.repeat(tf.constant(photograph()[None, 40:104, :64]), 49, axis=0), tf.range(1, 50)
    np.testing.assert_array_equal(simulate(images, qualities), encode_decode(images, qualities))


@pytest.mark.parametrize("size", [(1, 5), (2, 9), (7, 16), (16, 24), (17, 31), (33, 47), (40, 18), (72, 56)])
def test_every_size_equals_libjpeg(size):
    """Blocks that the image fills in part come from its last row and column, of luma and chroma each in their way."""
    height, width = size
    images = np.stack([photograph()[30 * i :, 20 * i :][:height, :width] for i in range(4)])
    qualities = tf.constant([50, 81, 93, 100])
    np.testing.assert_array_equal(simulate(images, qualities), encode_decode(images, qualities))


def test_of_small_images_exactly_those_that_would_differ_are_refused():
    qualities = tf.constant([1, 10, 30, 50, 75, 90, 95, 100])
    rng = np.random.default_rng(0)
    for height, width in np.ndindex(9, 9):
        images = rng.integers(0, 256, (len(qualities), height + 1, width + 1, 3)).astype(np.float32)
        if width + 1 >= 5 or max(height, width) + 1 <= 2:
            np.testing.assert_array_equal(simulate(images, qualities), encode_decode(images, qualities))
        else:
            with pytest.raises(ValueError, match=f"5 or more pixels wide; got {width + 1}x{height + 1}"):
                simulate(images, qualities)


def test_noise_and_extremes_equal_libjpeg():
    """Coefficients and colours as large as can be, so that everything that can be clipped is."""
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    images, qualities = np.concatenate([noise, 255 * (noise > 127)]), tf.constant([50, 95, 75, 100])
    np.testing.assert_array_equal(simulate(images, qualities), encode_decode(images, qualities))


def test_values_are_clipped_and_rounded_first():
    images, qualities = of_every_quality(1.4 * photograph()[:32, :32] - 60.3), QUALITIES
    np.testing.assert_array_equal(simulate(images, qualities), encode_decode(images, qualities))


@pytest.mark.skipif("TFADVSEG_CAMVID" not in os.environ, reason="TFADVSEG_CAMVID names no folder with CamVid's images")
@pytest.mark.parametrize("number", [0, 50, 100])
def test_photographs_of_camvid_equal_libjpeg(number):
    _, image, _ = camvid.split(os.environ["TFADVSEG_CAMVID"], "validation")[number]
    image = tf.constant(image[None], tf.float32)
    for quality in QUALITIES[:, None]:
        np.testing.assert_array_equal(simulate(image, quality), encode_decode(image, quality))


def test_the_same_seeds_give_the_same_images_as_libjpeg():
    images = tf.constant(np.stack([photograph()[:64, :64], photograph()[64:128, :64]]))
    seeds = image_seeds(1, ["a", "b"])
    np.testing.assert_array_equal(jpeg_simulated(images, seeds), jpeg(images, seeds))


@pytest.mark.parametrize("compiled", [False, True])
def test_traced_and_compiled_by_xla_it_is_the_same(compiled):
    """With its draws and its gradient; every sum is exact, so no order of summation matters."""
    images = tf.constant(np.stack([photograph()[:33, :47], photograph()[64:97, :47]]))
    seeds = image_seeds(2, ["a", "b"])

    @tf.function(jit_compile=compiled)
    def run(images, seeds):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = jpeg_simulated(images, seeds)
            total = tf.reduce_sum(outputs**2)
        return outputs, tape.gradient(total, images)

    outputs, gradient = run(images, seeds)
    np.testing.assert_array_equal(outputs, jpeg(images, seeds))
    np.testing.assert_array_equal(gradient, 2 * outputs)


def test_steps_are_those_in_the_files_of_pillow():
    steps = [quantisation_steps(table, tf.range(1, 101)).numpy() for table in (LUMINANCE, CHROMINANCE)]
    for quality in range(1, 101):
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
        written = Image.open(file).quantization
        for table in (0, 1):
            np.testing.assert_array_equal(steps[table][quality - 1].ravel(), written[table])


def test_the_transform_is_the_cosine_transform_to_13_bits():
    """But for the roundings of the constants that an entry is the sum of."""
    exact = np.sqrt(8) * scipy.fft.dct(np.eye(8), axis=0, norm="ortho")
    np.testing.assert_allclose(DCT, exact, atol=1.5 * 2**-13)


def test_colours_are_those_of_jfif_and_come_back():
    luma = [0.299, 0.587, 0.114]
    blue, red = ((np.eye(3)[i] - luma) / (2 - 2 * luma[i]) for i in (2, 0))
    np.testing.assert_allclose(TO_YCBCR, [luma, blue, red], atol=2**-16)
    np.testing.assert_allclose(TO_RGB @ TO_YCBCR, np.eye(3), atol=1e-4)


def test_a_size_known_only_later_is_refused():
    with pytest.raises(ValueError, match=r"static height and width; got \(None, None, 32, 3\)"):
        tf.function(simulate).get_concrete_function(
            tf.TensorSpec((None, None, 32, 3)), tf.TensorSpec((None,), tf.int32)
        )
