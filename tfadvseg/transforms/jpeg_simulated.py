"""JPEG in plain TensorFlow operations, which XLA compiles and a GPU runs: libjpeg's own arithmetic.

Where libjpeg multiplies whole numbers and shifts the sum to the right, this multiplies by a matrix of fractions over a
power of two and rounds. float64 holds every such sum exactly, in whatever order it is taken, so the result is libjpeg's
bit by bit. Planes are centred on 0, as its transform wants them.
"""

import numpy as np
import tensorflow as tf

from tfadvseg.transforms.jpeg import Jpeg

LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
CHROMINANCE = np.full((8, 8), 99)
CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
"""Quantisation steps at quality 50, vertical frequencies down and horizontal ones across (ITU-T T.81, Annex K)."""

TO_YCBCR = np.array([[19595, 38470, 7471], [-11059, -21709, 32768], [32768, -27439, -5329]]) / 2**16
TO_RGB = np.array([[65536, 0, 91881], [65536, -22554, -46802], [65536, 116130, 0]]) / 2**16
"""The conversion of JFIF 1.02 and its inverse, in 16-bit fractions."""

LEFT_HALF = np.array(
    [
        [8192, 8192, 8192, 8192],
        [11363, 9633, 6437, 2260],
        [10703, 4433, -4433, -10703],
        [9633, -2259, -11362, -6436],
        [8192, -8192, -8192, 8192],
        [6437, -11362, 2261, 9633],
        [4433, -10704, 10704, -4433],
        [2260, -6436, 9633, -11363],
    ]
)
DCT = np.hstack([LEFT_HALF, LEFT_HALF[:, ::-1] * np.array([[1], [-1]] * 4)]) / 2**13
"""Root of 8 times the orthogonal cosine transform [8, 8], in the sums of 13-bit fractions that the fast algorithm of
Loeffler, Ligtenberg and Moschytz (1989) comes to: some entries are off by one in the last bit."""


def simulate(images: tf.Tensor, qualities: tf.Tensor) -> tf.Tensor:
    """`encode_decode(images, qualities)` for qualities in 1..100 and static sizes, 5 or more pixels wide.

    libjpeg repeats the chroma of narrower images, which this interpolates; they are refused by ValueError unless they
    have but one pixel of chroma, which is the same either way.
    """
    height, width = images.shape[1:3]
    if height is None or width is None:
        raise ValueError(f"The simulated JPEG needs images of a static height and width; got {images.shape}.")
    if width < 5 and max(height, width) > 2:
        raise ValueError(f"The simulated JPEG needs images 5 or more pixels wide; got {width}x{height}.")
    pixels = tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.float64)
    below_half = 0.5 - 2.0**-16  # chroma halves go down, luma halves up
    y, cb, cr = tf.unstack(tf.floor(_convert(pixels, TO_YCBCR) + [0.5 - 128, below_half, below_half]), axis=-1)
    y = _quantise(y, quantisation_steps(LUMINANCE, qualities))[:, :height, :width]
    steps = quantisation_steps(CHROMINANCE, qualities)
    cb, cr = (_double(_quantise(_halve(plane), steps), height, width) for plane in (cb, cr))
    decoded = _round(_convert(tf.stack([y + 128, cb, cr], axis=-1), TO_RGB))
    return tf.cast(tf.clip_by_value(decoded, 0.0, 255.0), tf.float32)


def quantisation_steps(table: np.ndarray, qualities: tf.Tensor) -> tf.Tensor:
    """Steps float64 [N, 8, 8] that libjpeg makes of a table for qualities int32 [N] in 1..100."""
    percent = tf.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    steps = (percent[:, None, None] * tf.constant(table, tf.int32) + 50) // 100
    return tf.cast(tf.clip_by_value(steps, 1, 255), tf.float64)


def _quantise(plane: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
    """The plane [N, H, W] that quantised coefficients give, filled up to whole blocks; steps [N, 8, 8]."""
    plane = _fill_up(plane, 8, 8)
    _, height, width = plane.shape
    rows, columns = (-1, 8), (-1, 8, width)  # matrices whose blocks' rows, or columns, a product transforms
    x = _round(tf.reshape(plane, rows) @ (4 * DCT.T))  # two more bits than whole numbers until the second product
    x = _round((DCT / 4) @ tf.reshape(x, columns))
    x = tf.reshape(x, (-1, height // 8, 8, width // 8, 8))
    steps = steps[:, None, :, None]
    x = steps * tf.sign(x) * _round(tf.abs(x) / (8 * steps))
    x = _round((4 * DCT.T) @ tf.reshape(x, columns))
    x = _round(tf.reshape(x, rows) @ (DCT / 32))
    return tf.reshape(tf.clip_by_value(x, -128.0, 127.0), (-1, height, width))


def _halve(plane: tf.Tensor) -> tf.Tensor:
    """Means of 2 x 2 pixels, quarters rounded up from 3 and 2 in turns; columns filled up to whole blocks."""
    plane = _fill_up(plane, 2, 16)
    _, height, width = plane.shape
    means = tf.reduce_mean(tf.reshape(plane, (-1, height // 2, 2, width // 2, 2)), axis=(2, 4))
    return tf.floor(means + np.tile([0.25, 0.5], width // 4))


def _double(plane: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Each pixel as 2 x 2: 3/4 of itself and 1/4 of its neighbour, both ways; halves of columns go up and down."""
    rows, columns = -(-height // 2), -(-width // 2)
    plane = tf.pad(plane[:, :rows, :columns], [[0, 0], [1, 1], [1, 1]], "SYMMETRIC")
    own = 3 * plane[:, 1:-1]
    plane = tf.stack([own + plane[:, :-2], own + plane[:, 2:]], axis=2)
    plane = tf.reshape(plane, (-1, 2 * rows, columns + 2))
    own = 3 * plane[:, :, 1:-1]
    plane = tf.stack([own + plane[:, :, :-2] + 8, own + plane[:, :, 2:] + 7], axis=3)
    plane = tf.reshape(plane, (-1, 2 * rows, 2 * columns))
    return tf.floor(plane / 16)[:, :height, :width]


def _fill_up(plane: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """The plane up to multiples of `rows` and `columns`, by its last row and column."""
    _, height, width = plane.shape
    plane = tf.concat([plane] + -height % rows * [plane[:, -1:]], axis=1)
    return tf.concat([plane] + -width % columns * [plane[:, :, -1:]], axis=2)


def _convert(images: tf.Tensor, matrix: np.ndarray) -> tf.Tensor:
    return tf.reshape(tf.reshape(images, (-1, 3)) @ matrix.T, (-1, *images.shape[1:]))


def _round(x: tf.Tensor) -> tf.Tensor:
    """The nearest whole number, halves up."""
    return tf.floor(x + 0.5)


jpeg_simulated = Jpeg(codec=simulate)
