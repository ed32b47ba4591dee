"""The estimate of a gradient's memory, on a network whose activations can be counted."""

import tensorflow as tf

from tests.models.strangers import FREE, NHWC, SIZE, of
from tfadvseg.doctor.memory import activation_bytes, images_at_once
from tfadvseg.models import load


def test_every_feature_map_counts_once_also_within_functions():
    """Two convolutions and a ReLU: 8 + 8 + 5 planes of 10 x 20 float32 values."""
    kernels = tf.ones((3, 3, 3, 8)), tf.ones((3, 3, 8, 5))

    def network(images):
        return tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(images, kernels[0], 1, "SAME")), kernels[1], 1, "SAME")

    assert activation_bytes(network, (10, 20)) == 4 * 200 * (8 + 8 + 5)
    assert activation_bytes(tf.function(network), (10, 20)) == 4 * 200 * (8 + 8 + 5)


def test_a_loaded_model_is_counted_within(conv_model):
    """At least the eight planes of its first convolution, before and after the activation."""
    height, width = conv_model.input_size
    assert 2 * 4 * height * width * 8 < activation_bytes(conv_model, conv_model.input_size) < 4 * height * width * 200


def test_an_unknown_height_and_width_are_those_of_the_image(tmp_path):
    """A file for images of any size does not say within its functions how large its planes are."""
    of(lambda net, images: net(images), FREE)(tmp_path / "free")
    of(lambda net, images: net(images), NHWC)(tmp_path / "fixed")
    free, fixed = (activation_bytes(load(tmp_path / name), SIZE) for name in ("free", "fixed"))
    assert fixed / 2 < free < 2 * fixed


def test_as_many_images_as_fit_but_at_least_one():
    def network(images):
        return images + 1.0

    assert activation_bytes(network, (4, 5)) == 240
    assert [images_at_once(network, (4, 5), limit) for limit in (0, 239, 480, 2399)] == [1, 1, 2, 9]
