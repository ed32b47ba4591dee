"""The count of arithmetic against closed forms."""

import keras
import pytest

from tfadvseg.layers.bilinear import GroupedBilinear
from tfadvseg.models.flops import gigaflops


def test_a_convolution_costs_two_for_each_tap_and_output():
    images = keras.Input((9, 9, 3))
    network = keras.Model(images, keras.layers.Conv2D(5, 3, strides=2, use_bias=False)(images))
    assert gigaflops(network) == pytest.approx(2e-9 * (3 * 3 * 3) * 5 * 4 * 4)


def test_a_transposed_convolution_meets_the_pixels_of_its_input():
    images = keras.Input((4, 6, 3))
    network = keras.Model(images, keras.layers.Conv2DTranspose(5, 4, strides=2)(images))
    assert gigaflops(network) == pytest.approx(2e-9 * (4 * 4 * 3) * 5 * 4 * 6)


def test_a_fixed_enlargement_does_so_too_each_channel_alone():
    images = keras.Input((4, 6, 3))
    assert gigaflops(keras.Model(images, GroupedBilinear(4)(images))) == pytest.approx(2e-9 * 4 * 4 * 3 * 4 * 6)


def test_layers_without_a_kernel_cost_nothing():
    images = keras.Input((4, 6, 3))
    assert gigaflops(keras.Model(images, keras.layers.ReLU()(keras.layers.BatchNormalization()(images)))) == 0


def test_vgg_16_takes_its_well_known_15_3_billion_multiplications():
    """Simonyan and Zisserman's network on 224 x 224: 15.35e9 multiply-adds in the convolutions."""
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    assert gigaflops(network) / 2 == pytest.approx(15.35, abs=0.05)
