"""From images in 0..255 to what a network of another origin wants, and from what it returns to logits.

Each part is differentiable, so that attacks see through it; the only step without a derivative, rounding to whole
numbers, is straight-through.
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.models.reading import Reading

LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""The smallest normal number: what a softmax in float32 leaves below it has no gradient left."""
SURE = 1e4
"""The logit of a label that comes without scores: far above the others' 0, so that its probability is 1."""


def to_input(images: tf.Tensor, reading: Reading, layout: str) -> tf.Tensor:
    """RGB images [N, H, W, 3] in 0..255 -> a network's input, in its layout."""
    if reading.channel_order == "bgr":
        images = tf.reverse(images, [-1])
    low, high = reading.intensity_range
    if (low, high) != (0.0, 255.0):
        images = images * ((high - low) / 255.0) + low
    if any(reading.mean):
        images -= tf.constant(reading.mean, images.dtype)
    if set(reading.std) != {1.0}:
        images /= tf.constant(reading.std, images.dtype)
    return tf.transpose(images, [0, 3, 1, 2]) if layout == "NCHW" else images


def whole(images: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Values as a type of whole numbers holds them, in images' own type, with the gradient of the identity (BPDA;
    Athalye et al. 2018, section 4.1)."""

    @tf.custom_gradient
    def rounded(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        held = tf.clip_by_value(tf.round(values), float(dtype.min), float(dtype.max))
        return held, lambda upstream: upstream

    return rounded(images)


def to_logits(scores: tf.Tensor, kind: str, layout: str, size: tf.TensorShape | tf.Tensor, classes: int) -> tf.Tensor:
    """What a network returned -> float32 logits [N, H, W, C] at the images' `size`, (H, W).

    kind: of `reading.OUTPUTS`. Scores of another size are resized bilinearly as they are, labels to the nearest.
    """
    scores = classes_last(scores, layout)
    if kind == "labels":
        labels = _resized(scores, size, "nearest")[..., 0]
        return SURE * tf.one_hot(tf.cast(labels, tf.int32), classes)
    scores = _resized(tf.cast(scores, tf.float32), size, "bilinear")
    if kind == "sigmoid":
        scores = _log(scores) - _log(1 - scores)
    elif kind == "probabilities":
        scores = _log(scores)
    return tf.concat([tf.zeros_like(scores), scores], -1) if scores.shape[-1] == 1 else scores


def classes_last(scores: tf.Tensor, layout: str) -> tf.Tensor:
    """Scores in a layout -> [N, H, W, C]."""
    if layout == "NHW":
        return scores[..., None]
    return tf.transpose(scores, [0, 2, 3, 1]) if layout == "NCHW" else scores


def joined(logits: tf.Tensor, mapping: tuple[int, ...], classes: int, when: str = "before") -> tf.Tensor:
    """Logits [..., K] of a network's classes -> [..., classes] of a dataset, of `reading.JOINED`.

    before: the probabilities of those that count as one are added. after: the largest of their logits, so that the
    argmax is what the network's own argmax (among classes that count as anything) counts as, and has a gradient.
    """
    join = {"before": tf.reduce_logsumexp, "after": tf.reduce_max}[when]
    groups = [[k for k, to in enumerate(mapping) if to == c] for c in range(classes)]
    return tf.stack([join(tf.gather(logits, own, axis=-1), -1) for own in groups], -1)


def tiles(images: tf.Tensor, tile: tuple[int, int]) -> tf.Tensor:
    """Images [N, H, W, C] -> [N * H / h * W / w, h, w, C]: tiles side by side, row by row."""
    height, width = tile
    n, rows, columns, channels = _sides(images)
    rows, columns = rows // height, columns // width
    cut = tf.reshape(images, [n, rows, height, columns, width, channels])
    return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [n * rows * columns, height, width, channels])


def untiled(parts: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The reverse of `tiles`, of whatever number of channels."""
    _, height, width, channels = _sides(parts)
    n, rows, columns, _ = _sides(images)
    grid = tf.reshape(parts, [n, rows // height, columns // width, height, width, channels])
    return tf.reshape(tf.transpose(grid, [0, 1, 3, 2, 4, 5]), [n, rows, columns, channels])


def in_batches(call: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, batch: int) -> tf.Tensor:
    """`call` on images [N, ...] of a network that takes exactly `batch` of them: lot after lot, the last one filled up
    with its own first image. ValueError where the graph leaves N open."""
    count = images.shape[0]
    if count is None:
        raise ValueError(f"A network that takes batches of {batch} needs a known number of images.")
    lots = []
    for first in range(0, count, batch):
        lot = images[first : first + batch]
        missing = batch - lot.shape[0]
        answered = call(tf.concat([lot, *[lot[:1]] * missing], 0) if missing else lot)
        lots.append(answered[: batch - missing])
    return tf.concat(lots, 0) if len(lots) > 1 else lots[0]


def _sides(tensor: tf.Tensor) -> list[int | tf.Tensor]:
    """The shape, each side a number where it is known."""
    dynamic = tf.shape(tensor)
    return [dynamic[k] if side is None else side for k, side in enumerate(tensor.shape)]


def _resized(scores: tf.Tensor, size: Sequence[int] | tf.Tensor, method: str) -> tf.Tensor:
    static = tf.TensorShape(size) if not tf.is_tensor(size) else None
    if static is not None and static.is_fully_defined() and scores.shape[1:3] == static:
        return scores
    return tf.image.resize(scores, size, method=method, antialias=False)


def _log(probabilities: tf.Tensor) -> tf.Tensor:
    return tf.math.log(tf.maximum(probabilities, LEAST_PROBABILITY))
