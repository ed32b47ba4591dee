"""Against TensorFlow Addons and an older TensorFlow, whose answers `make reference` wrote down."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.transforms.blur import gaussian_blur
from tfadvseg.transforms.grayscale import weighted_gray
from tfadvseg.transforms.hsv import hsv_to_rgb, jitter, rgb_to_hsv


@pytest.fixture(scope="module")
def reference():
    with np.load(pathlib.Path(__file__).with_name("reference.npz")) as arrays:
        return dict(arrays)


def test_reference_comes_from_the_libraries_it_names(reference):
    versions = str(reference["versions"])
    assert "tensorflow 2.15.1" in versions and "tensorflow-addons 0.23.0" in versions


def test_blur_equals_tensorflow_addons(reference):
    for sigma, expected in zip(reference["sigmas"], reference["blurred"], strict=True):
        found = gaussian_blur(tf.constant(reference["images"]), tf.fill((2,), sigma))
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_hsv_equals_the_older_tensorflow(reference):
    """Its hue has fewer digits where colours are nearly grey."""
    np.testing.assert_allclose(rgb_to_hsv(tf.constant(reference["images"])), reference["hsv"], atol=5e-3)
    np.testing.assert_allclose(hsv_to_rgb(tf.constant(reference["hsv"])), reference["images"], atol=2e-3)


def test_jitter_equals_the_older_tensorflow(reference):
    found = jitter(tf.constant(reference["images"]), tf.constant(reference["noise"]))
    np.testing.assert_allclose(found, reference["jittered"], atol=2e-3)


def test_gray_equals_the_older_tensorflow(reference):
    """By its fixed weights."""
    weights = tf.constant([[0.2989, 0.5870, 0.1140]] * 2)
    found = weighted_gray(tf.constant(reference["images"]), weights)
    np.testing.assert_allclose(found, reference["gray"].repeat(3, -1), atol=1e-4)
