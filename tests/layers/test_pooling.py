"""Pooling into bins against a loop over windows."""

import keras
import numpy as np
import pytest
from keras import ops

from tfadvseg.layers.pooling import average_bins


@pytest.mark.parametrize("shape", [(60, 60), (65, 129), (7, 9), (6, 6)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_bins_average_equal_windows_that_end_with_the_map(shape, bins):
    x = np.random.default_rng(0).normal(size=(2, *shape, 3)).astype(np.float32)
    strides = [side // bins for side in shape]
    found = ops.convert_to_numpy(average_bins(x, bins, strides))
    assert found.shape == (2, bins, bins, 3)
    for i, j in np.ndindex(bins, bins):
        window = x[
            :,
            i * strides[0] : shape[0] - (bins - 1 - i) * strides[0],
            j * strides[1] : shape[1] - (bins - 1 - j) * strides[1],
        ]
        np.testing.assert_allclose(found[:, i, j], window.mean(axis=(1, 2)), atol=1e-5)


def test_bins_are_a_layer_of_that_name():
    x = keras.Input((12, 12, 4))
    assert keras.Model(x, average_bins(x, 3, (4, 4), "pool3")).get_layer("pool3").output.shape == (None, 3, 3, 4)
