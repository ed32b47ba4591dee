"""`tf.data` pipelines of one size: how a photograph becomes a network's input, and the inverse."""

import numpy as np
import tensorflow as tf

from tfadvseg.conventions import IGNORED

FITS = ("pad", "reflect", "stretch")
"""pad: shrunk where it is too large, its aspect kept, then filled up at the bottom and at the right with one colour.
reflect: the same, filled up with its mirror image. stretch: resized, whatever its aspect."""


def to_input(
    image: tf.Tensor,
    labels: tf.Tensor,
    input_size: tuple[int, int],
    pad_colour: tuple[float, float, float] = (0.0, 0.0, 0.0),
    fit: str = "pad",
) -> dict[str, tf.Tensor]:
    """One example at a network's input size (height, width), after the released code of the paper.

    image: uint8 [H, W, 3]; labels: uint8 [H, W, 1]; fit: one of FITS. Images are resized bilinearly, labels by nearest
    neighbour. Returns image (float32), labels (int32, those of filled-up pixels ignored) and size, the (height, width)
    that comes from the photograph.
    """
    image, size = image_to_input(image, input_size, pad_colour, fit)
    resized = tf.image.resize(tf.cast(labels, tf.int32), size, method="nearest")
    filled = tf.pad(resized, _margins(size, input_size), constant_values=IGNORED)
    return {"image": image, "labels": tf.ensure_shape(filled, (*input_size, 1))[..., 0], "size": size}


def image_to_input(
    image: tf.Tensor, input_size: tuple[int, int], pad_colour: tuple[float, float, float], fit: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """(float32 [*input_size, 3], size): the image of `to_input`, and how much of it comes from the photograph."""
    shape = tf.shape(image)[:2]
    size = tf.constant(input_size) if fit == "stretch" else _shrunk(shape, input_size)
    image = tf.cast(image, tf.float32)
    image = tf.cond(tf.reduce_all(size == shape), lambda: image, lambda: tf.image.resize(image, size, antialias=False))
    if fit == "reflect":
        for axis in (0, 1):
            image = tf.gather(image, _mirrored(size[axis], input_size[axis]), axis=axis)
    elif any(pad_colour):
        colour = tf.constant(pad_colour, tf.float32)
        image = tf.pad(image - colour, _margins(size, input_size)) + colour
    else:
        image = tf.pad(image, _margins(size, input_size))
    return tf.ensure_shape(image, (*input_size, 3)), size


def _shrunk(shape, input_size):
    """The size of an image that is shrunk, with its aspect kept, as far as it must be."""
    scale = tf.reduce_min(tf.constant(input_size, tf.float64) / tf.cast(shape, tf.float64))
    size = tf.where(scale < 1, tf.cast(tf.round(tf.cast(shape, tf.float64) * scale), tf.int32), shape)
    return tf.clip_by_value(size, 1, tf.constant(input_size))


def _margins(size, input_size):
    missing = tf.constant(input_size) - size
    return [[0, missing[0]], [0, missing[1]], [0, 0]]


def _mirrored(size, wanted):
    """Indices [wanted] that run 0 ... size - 1 and back, the outermost not repeated, as often as it takes."""
    period = tf.maximum(1, 2 * (size - 1))
    index = tf.range(wanted) % period
    return tf.minimum(index, period - index)


def inside(sizes: tf.Tensor, input_size: tuple[int, int]) -> tf.Tensor:
    """bool [N, H, W]: the pixels that are photograph and not filled up; sizes: int32 [N, 2] from `to_input`."""
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
    fit: str = "pad",
) -> tf.data.Dataset:
    """Batches {"id", "image", "labels", "size"}, in order; the last may be smaller. input_size None: as they are."""

    def prepare(example):
        image, labels = example["image"], example["labels"]
        size = input_size or tuple(image.shape[:2])
        if None in size:
            raise ValueError("A model without a fixed input size needs images of one size.")
        return {"id": example["id"], **to_input(image, labels, size, pad_colour, fit)}

    return examples.map(prepare, tf.data.AUTOTUNE, deterministic=True).batch(batch_size).prefetch(2)
