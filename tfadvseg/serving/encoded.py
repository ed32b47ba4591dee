"""Photographs as the files that cameras and browsers send: JPEG and PNG, decoded inside of a graph.

A header says how many pixels follow, so it is read first, and a file that announces more than a limit is refused before
anything is allocated. What is no RGB of 8 bits becomes so: grey is repeated, transparent pixels are laid on white, of
16 bits the upper 8 are kept, palettes are looked up. Neither EXIF orientation nor a colour profile is applied.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.serving.answers import Answer, Logits, answer, answer_of_scores

MAX_PIXELS = 4096 * 4096
PNG, JPEG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff"
"""First bytes. Of a PNG up to the name of its first chunk: decoders skip an unknown one before the header."""
HEADER = 33
"""Bytes of a PNG up to the end of its first chunk, which holds width and height from byte 16 on."""

UNKNOWN = "An image is neither a JPEG nor a PNG file by its first bytes; send one of the two."
TRANSPARENT = "A PNG is transparent everywhere, so nothing of it would be seen; save it without alpha."


def answer_encoded(logits: Logits, frame: Frame, files: tf.Tensor, max_pixels: int) -> dict[str, tf.Tensor]:
    """Of files, string [N], each a photograph of its own size: labels_bytes, string [N], PNGs of the labels in these
    sizes; confidence and entropy, float32 [N].

    A network of one input size is shown all at once, one of any size each by itself.
    """

    def of_one(file: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return _first(answer(logits, frame, decode(file, max_pixels)[tf.newaxis]))

    def place(file: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        photograph = decode(file, max_pixels)
        return *frame.place(photograph), tf.shape(photograph)[:2]

    def lift(found: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        scores, inside, shape = found
        return _first(answer_of_scores(scores[tf.newaxis], frame, inside, shape))

    answered = (tf.TensorSpec((), tf.string), tf.TensorSpec(()), tf.TensorSpec(()))
    if frame.size is None:
        labels, confidence, entropy = _each(of_one, files, answered)
    else:
        sides = tf.TensorSpec((2,), tf.int32)
        placed, inside, shapes = _each(place, files, (tf.TensorSpec((*frame.size, 3)), sides, sides))
        labels, confidence, entropy = _each(lift, (logits(placed), inside, shapes), answered)
    return {"labels_bytes": labels, "confidence": confidence, "entropy": entropy}


def decode(file: tf.Tensor, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """RGB uint8 [H, W, 3] of a JPEG or a PNG, a string; an assertion with a sentence for what is neither, or announces
    more pixels."""
    head = tf.strings.join([tf.strings.substr(file, 0, HEADER), tf.constant(b"\0" * HEADER)])
    is_png = tf.strings.substr(head, 0, len(PNG)) == PNG
    is_jpeg = tf.strings.substr(head, 0, len(JPEG)) == JPEG
    with tf.control_dependencies([tf.debugging.Assert(is_png | is_jpeg, [UNKNOWN])]):
        height, width = tf.unstack(tf.cond(is_png, lambda: _announced_by_png(head), lambda: _announced_by_jpeg(file)))
    size = tf.strings.join([tf.strings.as_string(tf.cast(side, tf.int64)) for side in (width, height)], "x")
    sentence = tf.strings.join(
        ["An image announces ", size, f" pixels, and at most {max_pixels} in all are decoded; send a smaller one."]
    )
    with tf.control_dependencies([tf.debugging.Assert(height * width <= max_pixels, [sentence])]):
        return tf.ensure_shape(tf.cond(is_png, lambda: _png(file, head), lambda: _jpeg(file)), (None, None, 3))


def _announced_by_png(head: tf.Tensor) -> tf.Tensor:
    """(height, width), float64: a product of two numbers of 32 bits would overflow any whole number."""
    digits = tf.reshape(tf.io.decode_raw(tf.strings.substr(head, 16, 8), tf.uint8), (2, 4))
    width_and_height = tf.linalg.matvec(tf.cast(digits, tf.float64), tf.constant(256.0 ** np.arange(3, -1, -1)))
    return tf.reverse(width_and_height, [0])


def _announced_by_jpeg(file: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.extract_jpeg_shape(file)[:2], tf.float64)


def _jpeg(file: tf.Tensor) -> tf.Tensor:
    """By libjpeg's accurate transform, as Pillow."""
    return tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE")


def _png(file: tf.Tensor, head: tf.Tensor) -> tf.Tensor:
    """Transparent pixels are laid on white, since what lies below them is anything; rounded as Pillow does."""
    rgba = tf.io.decode_png(file, channels=4)
    rgb, alpha = rgba[..., :3], rgba[..., 3:]
    bits = tf.minimum(tf.io.decode_raw(tf.strings.substr(head, 24, 1), tf.uint8)[0], 8)
    # TensorFlow gives a file without alpha the largest value that its own bits hold, so 1, 3 or 15 of 255 may mean that
    # nothing is transparent.
    whole = tf.bitwise.left_shift(tf.constant(1, tf.int32), tf.cast(bits, tf.int32)) - 1

    def on_white() -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_any(alpha > 0), [TRANSPARENT])]):
            share = tf.cast(alpha, tf.int32)
        return tf.cast((tf.cast(rgb, tf.int32) * share + 255 * (255 - share) + 127) // 255, tf.uint8)

    return tf.cond(tf.reduce_all(tf.cast(alpha, tf.int32) == whole), lambda: rgb, on_white)


def _first(found: Answer) -> tuple[tf.Tensor, ...]:
    """(the labels as a PNG, confidence, entropy) of the one image of a batch."""
    return tf.io.encode_png(found.labels[0][..., tf.newaxis]), found.confidence[0], found.entropy[0]


def _each(call: Callable[..., Any], elements: tf.Tensor, signature: tf.TensorSpec) -> tf.Tensor:
    """One after the other, so that a request of many large files holds one of them decoded."""
    return tf.map_fn(call, elements, fn_output_signature=signature, parallel_iterations=1)
