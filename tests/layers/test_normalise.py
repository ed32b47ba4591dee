"""Colour order and mean of the public Caffe models."""

import numpy as np
from keras import ops

from tfadvseg.layers.normalise import bgr, caffe_bgr

IMAGES = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)


def test_channels_are_reversed():
    np.testing.assert_array_equal(ops.convert_to_numpy(bgr(ops.convert_to_tensor(IMAGES))), IMAGES[..., [2, 1, 0]])


def test_the_mean_is_blue_green_red():
    found = ops.convert_to_numpy(caffe_bgr(ops.convert_to_tensor(IMAGES), (10.0, 20.0, 30.0)))
    np.testing.assert_array_equal(found[0, 0, 0], [2 - 10, 1 - 20, 0 - 30])
