"""From the blobs of a Caffe layer to the variables of a Keras layer, by name of the variable.

Caffe's kernels are [out, in, height, width] (a deconvolution's: [in, out, height, width]), Keras' [height, width, in,
out] (a transposed convolution's: [height, width, out, in]); neither flips them. Blobs of old files have leading ones in
their shapes. Everything that does not fit is refused with both shapes.
"""

from collections.abc import Sequence

import numpy as np

from tfadvseg.caffe.caffemodel import dims

Blobs = Sequence[np.ndarray]
Variables = dict[str, np.ndarray]


def convolution(blobs: Blobs, shape: tuple[int, ...]) -> Variables:
    """{"kernel": of `shape` [kh, kw, in, out], "bias" where there is one}, from a convolution or an inner product."""
    return _kernel_and_bias(blobs, shape, shape[3])


def deconvolution(blobs: Blobs, shape: tuple[int, ...]) -> Variables:
    """{"kernel": of `shape` [kh, kw, out, in], "bias" where there is one}.

    A deconvolution with a group for each channel becomes the diagonal of a full kernel.
    """
    height, width, outputs, inputs = shape
    if outputs == inputs > 1 and blobs[0].shape == (inputs, 1, height, width):
        full = np.zeros((inputs, outputs, height, width), np.float32)
        full[np.arange(inputs), np.arange(inputs)] = blobs[0][:, 0]
        blobs = [full, *blobs[1:]]
    return _kernel_and_bias(blobs, shape, outputs)


def grouped_deconvolution(blobs: Blobs, shape: tuple[int, ...]) -> Variables:
    """{"kernel": of `shape` [kh, kw, channels, 1]}, of a deconvolution with a group for each channel."""
    _count(blobs, 1)
    return {"kernel": _fitted(blobs[0], (shape[2], 1, *shape[:2])).transpose(2, 3, 0, 1)}


def normalisation(blobs: Blobs, channels: int, epsilon: float) -> Variables:
    """A batch normalisation's four variables, from a layer that holds all of them.

    Blobs: slope, bias, mean, variance (PSPNet, ICNet), or scale and shift with the statistics in them (SegNet, E-Net).
    """
    _count(blobs, 2, 4)
    gamma, beta, *statistics = (_fitted(blob, (channels,)) for blob in blobs)
    mean, variance = statistics or identity_statistics(channels, epsilon)
    return _checked({"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance})


def split_normalisation(blobs: Blobs, scale: Blobs, channels: int) -> Variables:
    """A batch normalisation's four variables, from a BatchNorm layer and the Scale layer after it.

    Blobs: sums of means and of variances, and the factor to divide them by, where 0 stands for statistics of 0. Scale:
    gamma and beta.
    """
    _count(blobs, 3)
    _count(scale, 2)
    factor = float(_fitted(blobs[2], (1,))[0])
    with np.errstate(over="ignore", invalid="ignore"):
        weight = np.float32(1 / factor if factor else 0)
        mean, variance = (_fitted(blob, (channels,)) * weight for blob in blobs[:2])
    gamma, beta = (_fitted(blob, (channels,)) for blob in scale)
    return _checked({"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance})


def identity(channels: int, epsilon: float) -> Variables:
    """A batch normalisation that changes nothing."""
    mean, variance = identity_statistics(channels, epsilon)
    one, zero = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    return {"gamma": one, "beta": zero, "moving_mean": mean, "moving_variance": variance}


def identity_statistics(channels: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of which a batch normalisation makes a subtraction of 0 and a division by exactly 1."""
    return np.zeros(channels, np.float32), np.full(channels, 1 - epsilon, np.float32)


def prelu(blobs: Blobs, shape: tuple[int, ...]) -> Variables:
    """{"alpha": of `shape` [1, 1, channels]}: one slope a channel."""
    _count(blobs, 1)
    return {"alpha": _fitted(blobs[0], (shape[-1],)).reshape(shape)}


MEAN_FIELD = ("spatial_weight", "bilateral_weight", "compatibility")
"""The matrices of CRF-RNN's layer, in the order of its blobs."""


def mean_field(blobs: Blobs, classes: int) -> Variables:
    """The three matrices [classes, classes] of CRF-RNN's layer, a row for each class that receives."""
    _count(blobs, 3)
    for blob in blobs:
        if [size for size in blob.shape if size > 1] != [classes, classes]:
            raise ValueError(f"the file holds {dims(blob.shape)} where the network has {dims((classes, classes))}")
    return {name: blob.reshape(classes, classes) for name, blob in zip(MEAN_FIELD, blobs, strict=True)}


def _kernel_and_bias(blobs: Blobs, shape: tuple[int, ...], outputs: int) -> Variables:
    _count(blobs, 1, 2)
    height, width, second, first = shape
    kernel = _fitted(blobs[0], (first, second, height, width)).transpose(2, 3, 1, 0)
    return {"kernel": kernel} | ({"bias": _fitted(blobs[1], (outputs,))} if len(blobs) == 2 else {})


def _checked(variables: Variables) -> Variables:
    if variables["moving_variance"].min() < 0 or not all(np.isfinite(array).all() for array in variables.values()):
        raise ValueError("its variance is negative or its statistics are not finite")
    return variables


def _fitted(blob: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The blob in `shape`, where the two differ in ones alone; a kernel may also be stored as an inner product."""
    if len(shape) == 1:
        fits = [size for size in blob.shape if size > 1] == [size for size in shape if size > 1]
    else:
        fits = _stripped(blob.shape) in (_stripped(shape), _stripped((shape[0], int(np.prod(shape[1:])))))
    if not fits:
        raise ValueError(f"the file holds {dims(blob.shape)} where the network has {dims(shape)}")
    return blob.reshape(shape)


def _stripped(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` without its leading ones."""
    ones = next((i for i, size in enumerate(shape) if size > 1), len(shape))
    return shape[ones:]


def _count(blobs: Blobs, *allowed: int) -> None:
    if len(blobs) not in allowed:
        expected = " or ".join(map(str, allowed))
        raise ValueError(f"the file holds {len(blobs)} blobs where {expected} belong")
