"""Aligned-corner interpolation against TensorFlow's, lines in closed form, and its gradient against the transpose."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tfadvseg.layers.interpolation import resize, shrink, weights, zoom

SIZES = [
    ((5, 9), (33, 65)),  # zoom 8
    ((33, 65), (17, 33)),  # shrink 2: picks every second pixel
    ((33, 65), (25, 49)),  # shrink 4, zoom 3, in one step
    ((8, 15), (5, 40)),  # one axis shrinks, the other grows
    ((9, 12), (5, 12)),  # one axis stays
    ((6, 6), (13, 10)),
    ((7, 10), (1, 1)),
    ((1, 1), (4, 6)),
    ((1, 5), (7, 3)),
    ((4, 6), (4, 6)),
]


def noise(size, channels=3):
    return np.random.default_rng(0).normal(size=(2, *size, channels)).astype(np.float32)


@pytest.mark.parametrize(("before", "after"), SIZES)
def test_agrees_with_tensorflow(before, after):
    """To 1e-4: TensorFlow has the positions in float32."""
    x = noise(before)
    expected = tf.compat.v1.image.resize_bilinear(x, after, align_corners=True)
    np.testing.assert_allclose(ops.convert_to_numpy(resize(x, after)), expected, atol=1e-4)


@pytest.mark.parametrize(("before", "after"), [pair for pair in SIZES if min(*pair[0], *pair[1]) > 1])
def test_corners_stay(before, after):
    x = noise(before)
    found = ops.convert_to_numpy(resize(x, after))
    corners = np.s_[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(found[corners], x[corners], atol=1e-6)


def test_a_plane_stays_a_plane():
    """Between the corners it is spread evenly, whatever the sizes."""
    planes = [
        np.add.outer(np.linspace(-1, 3, h), np.linspace(0, 7, w))[None, :, :, None] for h, w in ((7, 11), (18, 5))
    ]
    np.testing.assert_allclose(
        ops.convert_to_numpy(resize(planes[0].astype(np.float32), (18, 5))), planes[1], atol=1e-5
    )


@pytest.mark.parametrize(
    ("size", "factor", "expected"), [(60, 8, 473), (90, 8, 713), (65, 2, 129), (257, 4, 1025), (7, 1, 7)]
)
def test_zoom_gives_the_sizes_of_the_published_networks(size, factor, expected):
    assert zoom(np.zeros((1, size, 3, 1), np.float32), factor).shape == (1, expected, 2 * factor + 1, 1)


@pytest.mark.parametrize(
    ("size", "factor", "expected"), [(1025, 2, 513), (65, 2, 33), (513, 2, 257), (12, 2, 6), (7, 1, 7)]
)
def test_shrink_gives_the_sizes_of_the_published_networks(size, factor, expected):
    assert shrink(np.zeros((1, size, 9, 1), np.float32), factor).shape == (1, expected, 8 // factor + 1, 1)


def test_shrinking_to_aligned_pixels_picks_them_bit_by_bit():
    x = noise((17, 25))
    np.testing.assert_array_equal(ops.convert_to_numpy(shrink(x, 4)), x[:, ::4, ::4])


def test_zooming_and_shrinking_back_gives_the_same_pixels():
    x = noise((5, 7))
    np.testing.assert_allclose(ops.convert_to_numpy(shrink(zoom(x, 8), 8)), x, atol=1e-6)


@pytest.mark.parametrize("kept", [(32, 64), (1, 3), (33, 60), (33, 65), (5, 9)])
@pytest.mark.parametrize("size", [(5, 9), (65, 129)])
def test_what_is_kept_is_the_beginning(size, kept):
    """Of an enlargement and of a reduction that picks pixels."""
    x = noise(size)
    whole = ops.convert_to_numpy(resize(x, (33, 65)))
    found = ops.convert_to_numpy(resize(x, (33, 65), kept))
    np.testing.assert_allclose(found, whole[:, : kept[0], : kept[1]], atol=1e-6)


@pytest.mark.parametrize(("before", "after"), SIZES)
def test_the_gradient_is_the_transpose(before, after):
    """Resizing is linear, so the gradient of <r, resize(x)> is the transposed weights times r, without any of x."""
    x, upstream = noise(before), noise(after)
    with tf.GradientTape() as tape:
        variable = tf.Variable(x)
        loss = tf.reduce_sum(resize(variable, after) * upstream)
    rows, columns = (weights(*pair) for pair in zip(before, after, strict=True))
    expected = np.einsum("ah,nabc,bw->nhwc", rows, upstream, columns)
    np.testing.assert_allclose(tf.convert_to_tensor(tape.gradient(loss, variable)), expected, atol=1e-4)


@pytest.mark.parametrize(("before", "after"), [(6, 13), (13, 6), (1, 5), (5, 1), (9, 9)])
def test_each_pixel_is_an_average_of_two_neighbours(before, after):
    found = weights(before, after)
    assert found.shape == (after, before)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    assert ((found > 1e-6).sum(1) <= 2).all()
