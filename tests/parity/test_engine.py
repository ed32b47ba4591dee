"""The reference's own parts, against loops over pixels: where engines differ, OpenCV's layers do as Caffe's."""

import numpy as np
import pytest

from . import engine, prototxt, weights
from .caffemodel import varint
from .networks import REFERENCES
from .reference import zoomed_by_8

RNG = np.random.default_rng(0)


def run(layer, shape, folder, blobs=None):
    """The output of a layer for a random input [3, H, W], and that input."""
    x = RNG.normal(-5, 1, (3, *shape)).astype(np.float32)
    layers = layer if isinstance(layer, list) else [layer]
    net = engine.network(layers, {layers[0].name: blobs} if blobs else {}, shape, folder)
    net.setInput(x[None])
    return net.forward(layers[-1].name)[0], x


@pytest.mark.parametrize("side", range(4, 13))
@pytest.mark.parametrize(("kernel", "stride", "pad"), [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
def test_pools_round_up_and_padding_never_wins(side, kernel, stride, pad, tmp_path):
    found, x = run(prototxt.max_pool("pool", "data", kernel, stride, pad), (side, 7), tmp_path)
    rows = -(-(side + 2 * pad - kernel) // stride) + 1
    assert found.shape[1] == rows
    for i in range(rows):
        low = max(0, i * stride - pad)
        np.testing.assert_array_equal(
            found[:, i, 1].max(),
            max(x[:, low : i * stride - pad + kernel, stride - pad : stride - pad + kernel].max((1, 2))),
        )


@pytest.mark.parametrize(
    ("before", "after"), [((7, 5), (49, 33)), ((13, 9), (7, 5)), ((1, 1), (4, 3)), ((9, 5), (13, 4))]
)
def test_interp_aligns_the_corners(before, after, tmp_path):
    found, x = run(prototxt.interp("interp", "data", *after), before, tmp_path)
    expected = np.empty_like(found)
    for i, j in np.ndindex(*after):
        y, z = (k * (n - 1) / max(1, m - 1) for k, n, m in zip((i, j), before, after, strict=True))
        cells = [(a, b, max(0, 1 - abs(y - a)) * max(0, 1 - abs(z - b))) for a, b in np.ndindex(*before)]
        expected[:, i, j] = sum(share * x[:, a, b] for a, b, share in cells)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_unpooling_puts_the_maxima_back(tmp_path):
    layers = [prototxt.max_pool("pool", "data", 2, 2, mask="mask"), prototxt.unpool("unpool", "pool", "mask")]
    found, x = run(layers, (6, 8), tmp_path)
    largest = x.reshape(3, 3, 2, 4, 2).max((2, 4)).repeat(2, 1).repeat(2, 2)
    np.testing.assert_array_equal(found, np.where(x == largest, x, 0))


@pytest.mark.parametrize("group", [1, 3])
def test_deconvolutions_spread_their_kernels(group, tmp_path):
    kernel = RNG.normal(size=(3, 3 // group, 4, 4)).astype(np.float32)
    layer = prototxt.deconvolution("up", "data", 3, 4, 2, pad=1, group=group)
    found, x = run(layer, (5, 6), tmp_path, [kernel])
    expected = np.zeros((3, 12, 14))
    for c, i, j in np.ndindex(*x.shape):
        outputs = slice(None) if group == 1 else slice(c, c + 1)
        expected[outputs, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += x[c, i, j] * kernel[c]
    np.testing.assert_allclose(found, expected[:, 1:-1, 1:-1], atol=1e-4)


def test_crops_keep_what_lies_at_the_offset(tmp_path):
    layers = [prototxt.max_pool("small", "data", 3, 2), prototxt.crop("crop", "data", "small", 2)]
    found, x = run(layers, (9, 11), tmp_path)
    np.testing.assert_array_equal(found, x[:, 2:6, 2:7])


def test_maps_are_zoomed_as_the_dilated_nets_release_does():
    values, size = RNG.normal(size=(3, 4, 2)), (23, 30)
    found = zoomed_by_8(values, size)
    for i, j in np.ndindex(*size):
        (y, below), (x, right) = divmod(i, 8), divmod(j, 8)
        corner = values[y : y + 2, x : x + 2] if y < 2 and x < 3 else None
        if corner is not None:  # past the last row or column there is nothing to interpolate with
            weight = np.outer([8 - below, below], [8 - right, right]) / 64
            np.testing.assert_allclose(found[i, j], np.tensordot(weight, corner), atol=1e-12)
    np.testing.assert_allclose(found[16:, 24:], np.broadcast_to(values[2, 3], (7, 6, 2)), atol=1e-12)


def test_bilinear_kernels_and_protobuf_integers_follow_their_definitions():
    np.testing.assert_allclose(weights.bilinear(4), np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25]))
    np.testing.assert_allclose(weights.bilinear(3)[1], [0.5, 1, 0.5])
    assert varint(1) == b"\x01" and varint(300) == b"\xac\x02"


COUNTS = {
    "enet": 372_551,
    "fcn8s_vgg": 134_489_780,
    "fcn8s_vgg_cityscapes": 134_358_489,
    "deeplab_v2_vgg": 37_877_652,
    "deeplab_v2_resnet101": 44_153_980,
    "dilated_frontend_voc": 134_346_581,
    "dilated_context_voc": 141_149_720,
    "dilated_context_cityscapes": 134_373_043,
    "pspnet_voc": 65_819_349,
    "pspnet_cityscapes": 65_818_323,
    "icnet": 6_728_534,
    "icnet_merged": 6_685_718,
    "segnet": 29_455_125,
    "fcn8s_resnet101": 42_695_047,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTS)
def test_references_hold_as_many_values_as_the_published_files(name):
    reference = REFERENCES[name]
    values = weights.draw(reference.layers(reference.classes, (1025, 1025), 1.0))
    assert sum(blob.size for blobs in values.values() for blob in blobs) == COUNTS[name]
