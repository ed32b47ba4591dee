"""What is called of a SavedModel: its signature, or the part of its graph through which gradients lead to the image."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.models.conversion import classes_last, in_batches, to_input, to_logits, whole
from tfadvseg.models.flattening import Cut, cut
from tfadvseg.models.interface import FLOATS
from tfadvseg.models.spec import ModelSpec

TOLERANCE = 1e-3
"""How far what is called may lie from what the signature answers: last digits of a sum in another order."""

PROBE = 64, 96
"""Of the image that a network of any size is tried on: multiples of 32, and small enough for graphs that fill up to a
size of their own."""
MOST_CLASSES = 1024
"""For labels of which nobody said how many there are."""


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """call: a float32 input in the network's layout -> what it returns. kind: of `reading.OUTPUTS`, what that is.
    layout: of the scores. gradient: whether one can lead from them to the input.
    """

    call: Callable[[tf.Tensor], tf.Tensor]
    kind: str
    layout: str
    gradient: bool


def open_network(spec: ModelSpec, signature: Any) -> Network:
    """The best way into the file: scores before a softmax, sigmoid or argmax rather than after it, and a cast from
    whole numbers gone around by a straight-through rounding. Whatever is not the signature itself must answer as it
    does, and have its gradient where it has one."""
    interface, kind = spec.interface, spec.reading.output
    whole_images = interface.dtype not in FLOATS
    gradient = not whole_images and kind != "labels"
    plain = Network(_of_signature(spec, signature), kind, interface.scores_layout, gradient)
    if spec.reading.tensor:
        try:
            named = _around(spec, cut(signature, interface.output, spec.reading.tensor, whole_images), kind)
        except ValueError as error:
            raise ValueError(f"{spec.path}: {error}") from error
        if interface.output_labels and not _agree(spec, named, dataclasses.replace(plain, kind="labels")):
            raise ValueError(
                f"{spec.path}: the tensor {spec.reading.tensor!r} says something else than the labels of "
                f"{interface.output!r}; name another, or leave it out."
            )
        return named
    if kind == "logits" and not whole_images:
        return plain
    found = cut(signature, interface.output, images_are_whole=whole_images)
    if found is None or not (found.before or whole_images):
        return plain
    around = _around(spec, found, "logits" if found.before else kind)
    if found.before == "ArgMax" and _gives_probabilities(spec, around):
        around = dataclasses.replace(around, kind="probabilities")
    return around if _agree(spec, around, plain) else plain


def _layout(cut: Cut, layout: str) -> str:
    """That of the scores, where an argmax says on which axis it looks."""
    return {1: "NCHW", 3: "NHWC", -1: "NHWC"}.get(cut.class_axis or 0, "NHWC" if layout == "NHW" else layout)


def _of_signature(spec: ModelSpec, signature: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    interface = spec.interface
    dtype = tf.dtypes.as_dtype(interface.dtype)

    def call(images: tf.Tensor) -> tf.Tensor:
        given = images if dtype.is_floating else whole(images, dtype)
        return signature(**{interface.input: tf.cast(given, dtype)})[interface.output]

    return batched(call, interface.batch)


def _around(spec: ModelSpec, found: Cut | None, kind: str) -> Network:
    """What was cut out of the graph."""
    whole_images = spec.interface.dtype not in FLOATS
    if found is None:
        raise ValueError("its whole numbers become floating point in a way that this package does not know.")
    layout = _layout(found, spec.interface.scores_layout)
    dtype = tf.dtypes.as_dtype(spec.interface.dtype)

    def call(images: tf.Tensor) -> tf.Tensor:
        scores = found.call(whole(images, dtype) if whole_images else images)
        return _cropped(scores, images, spec.interface.layout, layout) if found.cropped else scores

    return Network(batched(call, spec.interface.batch), kind, layout, True)


def _cropped(scores: tf.Tensor, images: tf.Tensor, layout: str, scores_layout: str) -> tf.Tensor:
    """The upper left corner of scores that is as large as the images, of those that are larger."""
    height, width = tf.unstack(tf.shape(images)[2:4] if layout == "NCHW" else tf.shape(images)[1:3])
    return scores[:, :, :height, :width] if scores_layout == "NCHW" else scores[:, :height, :width]


def batched(call: Callable[[tf.Tensor], tf.Tensor], batch: int | None) -> Callable[[tf.Tensor], tf.Tensor]:
    """A call that takes exactly `batch` images, or any number, as one that takes any."""
    return call if batch is None else lambda images: in_batches(call, images, batch)


def _gives_probabilities(spec: ModelSpec, network: Network) -> bool:
    """Whether an argmax was taken of a softmax's answers, as where these are resized in between."""
    try:
        given = to_input(_noise(spec), spec.reading, spec.interface.layout)
        scores = classes_last(network.call(given), network.layout).numpy()
    except Exception:  # a part that does not fit may hit anything
        return False
    return bool(scores.min() >= 0 and np.allclose(scores.sum(-1), 1, atol=1e-3))


def _noise(spec: ModelSpec) -> tf.Tensor:
    """A random image [1, H, W, 3]."""
    height, width = spec.frame.size or spec.interface.size or PROBE
    return tf.constant(np.random.default_rng(0).integers(0, 256, (1, height, width, 3)), tf.float32)


def _agree(spec: ModelSpec, one: Network, other: Network) -> bool:
    """Whether a network says of a random image what the signature says: class by class, or the same labels but for
    ties, and by the same gradient. Compared where they are computed: scores at a stride become others when a softmax
    follows their resizing, and the same network by that."""
    images = _noise(spec)
    try:
        first, slope = _answer(spec, one, images)
        second, other_slope = _answer(spec, other, images)
    except Exception:  # a part that does not fit may hit anything
        return False
    if not np.abs(slope).max() > 0:
        return False
    if other.kind == "labels" and first.shape[:3] != second.shape[:3]:  # scores at a stride, or of a filled up image
        rows, columns = (b / a for a, b in zip(first.shape[1:3], second.shape[1:3], strict=True))
        return abs(rows / columns - 1) < 0.1
    if other.kind == "labels":
        return bool(np.mean(first.argmax(-1) == second.argmax(-1)) > 1 - TOLERANCE)
    if first.shape != second.shape or np.abs(_softmax(first) - _softmax(second)).max() > TOLERANCE:
        return False
    if not other.gradient or not np.abs(other_slope).max() > 0:
        return True
    return bool(np.sum(slope * other_slope) > (1 - TOLERANCE) * np.linalg.norm(slope) * np.linalg.norm(other_slope))


def _answer(spec: ModelSpec, network: Network, images: tf.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(logits, gradient of the mean log-probability of the likeliest classes), zeros where a network has none."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        given = to_input(images, spec.reading, spec.interface.layout)
        scores = network.call(given)
        size = tf.shape(classes_last(scores, network.layout))[1:3]
        logits = to_logits(scores, network.kind, network.layout, size, spec.classes or MOST_CLASSES)
        likeliest = tf.reduce_mean(tf.reduce_max(tf.nn.log_softmax(logits), -1))
    gradient = tape.gradient(likeliest, images) if network.gradient else None
    return logits.numpy(), np.zeros(images.shape) if gradient is None else gradient.numpy()


def _softmax(logits: np.ndarray) -> np.ndarray:
    return tf.nn.softmax(logits).numpy()
