"""`tf.data` pipelines of one size: shrink to fit, pad at the bottom and at the right, and the inverse crop."""

import numpy as np
import tensorflow as tf

from tfadvseg.conventions import IGNORED


def to_input(
    image: tf.Tensor, labels: tf.Tensor, input_size: tuple[int, int], pad_colour: tuple[float, float, float]
) -> dict[str, tf.Tensor]:
    """One example at a network's input size (height, width), after the released code of the paper.

    image: uint8 [H, W, 3]; labels: uint8 [H, W, 1]. Where the image exceeds the input it is shrunk, bilinear and with
    its aspect kept, labels by nearest neighbour; then it is padded. Returns image (float32), labels (int32, padding
    ignored) and size, the (height, width) that is not padding.
    """
    shape = tf.shape(image)[:2]
    scale = tf.reduce_min(tf.constant(input_size, tf.float64) / tf.cast(shape, tf.float64))
    size = tf.where(scale < 1, tf.cast(tf.round(tf.cast(shape, tf.float64) * scale), tf.int32), shape)
    size = tf.clip_by_value(size, 1, tf.constant(input_size))
    image, labels = tf.cast(image, tf.float32), tf.cast(labels, tf.int32)
    if_larger = scale < 1
    image = tf.cond(if_larger, lambda: tf.image.resize(image, size, antialias=False), lambda: image)
    labels = tf.cond(if_larger, lambda: tf.image.resize(labels, size, method="nearest"), lambda: labels)
    missing = tf.constant(input_size) - size
    margins = [[0, missing[0]], [0, missing[1]], [0, 0]]
    colour = tf.constant(pad_colour, tf.float32)
    image = tf.pad(image - colour, margins) + colour if any(pad_colour) else tf.pad(image, margins)
    labels = tf.pad(labels, margins, constant_values=IGNORED)
    return {
        "image": tf.ensure_shape(image, (*input_size, 3)),
        "labels": tf.ensure_shape(labels, (*input_size, 1))[..., 0],
        "size": size,
    }


def inside(sizes: tf.Tensor, input_size: tuple[int, int]) -> tf.Tensor:
    """bool [N, H, W]: the pixels that are image and not padding; sizes: int32 [N, 2] from `to_input`."""
    rows = tf.range(input_size[0])[None, :, None] < sizes[:, None, None, 0]
    return rows & (tf.range(input_size[1])[None, None, :] < sizes[:, None, None, 1])


def crop(array: np.ndarray, size) -> np.ndarray:
    """The part of one padded array [H, W, ...] that is image: the inverse of the padding."""
    return array[: size[0], : size[1]]


def batches(
    examples: tf.data.Dataset,
    input_size: tuple[int, int] | None,
    pad_colour: tuple[float, float, float],
    batch_size: int,
) -> tf.data.Dataset:
    """Batches {"id", "image", "labels", "size"}, in order; the last may be smaller. input_size None: as they are."""

    def prepare(example):
        image, labels = example["image"], example["labels"]
        size = input_size or tuple(image.shape[:2])
        if None in size:
            raise ValueError("A model without a fixed input size needs images of one size.")
        return {"id": example["id"], **to_input(image, labels, size, pad_colour)}

    return examples.map(prepare, tf.data.AUTOTUNE, deterministic=True).batch(batch_size).prefetch(2)
