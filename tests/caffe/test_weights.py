"""Layouts: each converted layer computes what Caffe's layer does, spelled out with loops over the Caffe blobs."""

import keras
import numpy as np
import pytest
from keras import layers

from tfadvseg.caffe import weights
from tfadvseg.layers.bilinear import GroupedBilinear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(1, 5, 6, 3)).astype(np.float32)


def draw(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def output(layer, variables, x=X):
    layer.build(x.shape)
    assert {variable.name for variable in layer.weights} == set(variables)
    for variable in layer.weights:
        variable.assign(variables[variable.name])
    return keras.ops.convert_to_numpy(layer(x))


def correlate(x, kernel, bias):
    """Caffe's convolution of x [1, H, W, I] with kernel [O, I, kh, kw]."""
    height, width = kernel.shape[2:]
    y = np.zeros((1, x.shape[1] - height + 1, x.shape[2] - width + 1, len(kernel)))
    for row, column in np.ndindex(*y.shape[1:3]):
        window = x[0, row : row + height, column : column + width].transpose(2, 0, 1)
        y[0, row, column] = (kernel * window).sum((1, 2, 3)) + bias
    return y


def spread(x, kernel, stride, group=1):
    """Caffe's deconvolution of x [1, H, W, I] with kernel [I, O / group, kh, kw]: each pixel adds its kernel."""
    inputs, outputs, height, width = kernel.shape
    y = np.zeros((1, stride * (x.shape[1] - 1) + height, stride * (x.shape[2] - 1) + width, outputs * group))
    for row, column, i, o in np.ndindex(*x.shape[1:], outputs):
        target = i if group > 1 else o
        y[0, stride * row : stride * row + height, stride * column : stride * column + width, target] += (
            x[0, row, column, i] * kernel[i, o]
        )
    return y


@pytest.mark.parametrize("form", ["new", "legacy"])
def test_a_convolution(form):
    kernel, bias = draw(4, 3, 2, 3), draw(4)
    blobs = [kernel, bias if form == "new" else bias.reshape(1, 1, 1, 4)]
    found = output(layers.Conv2D(4, (2, 3)), weights.convolution(blobs, (2, 3, 3, 4)))
    np.testing.assert_allclose(found, correlate(X, kernel, bias), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 18), (1, 1, 4, 18)])
def test_an_inner_product_is_a_convolution_as_large_as_its_map(shape):
    """Caffe flattens a map [C, H, W] in this order."""
    matrix = draw(4, 18)
    x = X[:, :2, :3]
    found = output(
        layers.Conv2D(4, (2, 3), use_bias=False), weights.convolution([matrix.reshape(shape)], (2, 3, 3, 4)), x
    )
    np.testing.assert_allclose(found[0, 0, 0], matrix @ x[0].transpose(2, 0, 1).ravel(), rtol=1e-5, atol=1e-5)


def test_a_full_deconvolution():
    kernel, bias = draw(3, 2, 4, 4), draw(2)
    found = output(layers.Conv2DTranspose(2, 4, 2), weights.deconvolution([kernel, bias], (4, 4, 2, 3)))
    np.testing.assert_allclose(found, spread(X, kernel, 2) + bias, rtol=1e-5, atol=1e-5)


def test_a_grouped_deconvolution_in_a_full_layer_and_in_a_grouped_one():
    kernel = draw(3, 1, 4, 4)
    expected = spread(X, kernel, 2, group=3)
    full = layers.Conv2DTranspose(3, 4, 2, use_bias=False)
    found = output(full, weights.deconvolution([kernel], (4, 4, 3, 3)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    found = output(GroupedBilinear(4), weights.grouped_deconvolution([kernel], (4, 4, 3, 1)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("kind", ["scale and shift", "four blobs", "three and two blobs", "factor 0"])
def test_batch_normalisation(kind, legacy):
    gamma, beta, mean, variance = draw(3), draw(3), draw(3), draw(3) ** 2
    factor = np.array([0 if kind == "factor 0" else 999.98], np.float32)
    blobs = {
        "scale and shift": [gamma, beta],
        "four blobs": [gamma, beta, mean, variance],
        "three and two blobs": [mean * 999.98, variance * 999.98, factor],
        "factor 0": [mean, variance, factor],
    }[kind]
    if kind == "scale and shift":
        expected = X * gamma + beta
    elif kind == "factor 0":
        expected = X / np.sqrt(1e-5) * gamma + beta
    else:
        expected = (X - mean) / np.sqrt(variance + 1e-5) * gamma + beta
    scale = [gamma, beta]
    blobs, scale = ([np.float32(b).reshape((1, -1, 1, 1) if legacy else -1) for b in part] for part in (blobs, scale))
    split = len(blobs) == 3
    variables = weights.split_normalisation(blobs, scale, 3) if split else weights.normalisation(blobs, 3, 1e-5)
    found = output(layers.BatchNormalization(epsilon=1e-5), variables)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_identity_is_one_to_the_bit():
    found = output(layers.BatchNormalization(epsilon=1e-5), weights.identity(3, 1e-5))
    np.testing.assert_array_equal(found, X)


def test_prelu():
    slopes = draw(3)
    found = output(layers.PReLU(shared_axes=[1, 2]), weights.prelu([slopes], (1, 1, 3)))
    np.testing.assert_allclose(found, np.where(X > 0, X, X * slopes), rtol=1e-6)


VECTOR = np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("convert", "sentence"),
    [
        (lambda: weights.convolution([draw(4, 2, 3, 3)], (3, 3, 2, 8)), "holds 4x2x3x3 where the network has 8x2x3x3"),
        (lambda: weights.convolution([draw(4, 18)], (3, 2, 3, 5)), "holds 4x18 where the network has 5x3x3x2"),
        (lambda: weights.convolution([draw(3, 4, 1, 1)], (1, 1, 3, 4)), "holds 3x4x1x1 where the network has 4x3x1x1"),
        (lambda: weights.convolution([draw(4, 3, 1, 1), draw(5)], (1, 1, 3, 4)), "holds 5 where the network has 4"),
        (lambda: weights.convolution([VECTOR] * 3, (1, 1, 1, 3)), "holds 3 blobs where 1 or 2 belong"),
        (lambda: weights.deconvolution([draw(4, 1, 2, 2)], (2, 2, 3, 3)), "holds 4x1x2x2 where the network has 3x3"),
        (lambda: weights.grouped_deconvolution([draw(3, 3, 2, 2)], (2, 2, 3, 1)), "where the network has 3x1x2x2"),
        (lambda: weights.prelu([draw(1)], (1, 1, 3)), "holds 1 where the network has 3"),
        (lambda: weights.normalisation([VECTOR] * 3, 3, 1e-5), "holds 3 blobs where 2 or 4 belong"),
        (lambda: weights.normalisation([VECTOR] * 4, 5, 1e-5), "holds 3 where the network has 5"),
        (lambda: weights.normalisation([*[VECTOR] * 3, -VECTOR], 3, 1e-5), "variance is negative"),
        (lambda: weights.split_normalisation([VECTOR] * 3, [VECTOR] * 2, 3), "holds 3 where the network has 1"),
        (lambda: weights.split_normalisation([VECTOR] * 2, [VECTOR] * 2, 3), "holds 2 blobs where 3 belong"),
        (
            lambda: weights.split_normalisation([VECTOR, VECTOR, VECTOR[:1] * 1e-40], [VECTOR, VECTOR], 3),
            "statistics are not finite",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_both_shapes(convert, sentence):
    with pytest.raises(ValueError) as caught:
        convert()
    assert sentence in str(caught.value)
