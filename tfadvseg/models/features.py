"""Features of a network: a tensor within its graph, between the image and the scores of classes."""

import pathlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfadvseg.models.conversion import whole
from tfadvseg.models.flattening import feeds, flattened, maps, named, pruned
from tfadvseg.models.interface import FLOATS
from tfadvseg.models.network import batched
from tfadvseg.models.spec import ModelSpec

VALUE_BY_VALUE = (
    "Identity",
    "BiasAdd",
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "RealDiv",
    "FusedBatchNorm",
    "FusedBatchNormV3",
    "Relu",
    "Relu6",
    "LeakyRelu",
    "Elu",
    "Selu",
    "Softplus",
    "Tanh",
)
"""What may follow a convolution in its layer."""


def open_features(spec: ModelSpec, signature: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    """A float32 input in the network's layout -> features [N, h, w, C], differentiable.

    Of the tensor that its reading names, by default of its widest layer (`widest`). ValueError, in a sentence that
    lists tensors, where there is none.
    """
    interface, name = spec.interface, spec.reading.features
    dtype, whole_images = tf.dtypes.as_dtype(interface.dtype), interface.dtype not in FLOATS
    flat = flattened(signature)
    ends = feeds(flat, whole_images)
    if not ends:
        raise ValueError(f"{spec.path}: no gradient leads to its whole numbers, so an attack cannot move its features.")
    graph = flat.function.graph
    try:
        tensor = named(graph, name) if name else widest(flat.images, graph, max(spec.classes, len(spec.mapping)))
    except ValueError as error:
        raise ValueError(f"{spec.path}: {error}") from error
    if tensor.shape.rank != 4 or not tensor.dtype.is_floating or tensor.shape[-1] is None:
        raise ValueError(
            f"{spec.path}: features are [N, h, w, channels], and {tensor.name} is {tensor.shape}; name others."
        )
    part = pruned(flat, ends, tensor)

    def call(images: tf.Tensor) -> tf.Tensor:
        return tf.cast(part(whole(images, dtype) if whole_images else images), tf.float32)

    return batched(call, interface.batch)


def refuse_dead(path: pathlib.Path, features: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor) -> None:
    """ValueError where no gradient leads from the features back to the images: flattening takes a graph's own gradients
    away, without which rounding and the like have none, and an attack on features would leave images as they are."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(tf.sin(features(images)))  # a plain sum may be the same everywhere, as behind a mean
    slope = tape.gradient(total, images)
    if slope is None or not bool(tf.reduce_any(slope != 0)):
        raise ValueError(
            f"{path}: no gradient leads from its features to the image, so FSPGD would leave it as it is; name others "
            "as `features`, in front of what stops it."
        )


def widest(images: tf.Tensor, graph: tf.Graph, classes: int) -> tf.Tensor:
    """What leaves the last layer with the most channels, of the convolutions at a stride that have more than classes.

    A layer is a convolution and what follows it value by value, such as a bias, a batch normalisation, a residual sum
    and an activation. A dilated convolution that TensorFlow computes on shuffled places is none.
    """
    found = [op.outputs[0] for op in graph.get_operations() if op.type == "Conv2D" and _fits(op, images, classes)]
    if not found:
        near = ", ".join(op.outputs[0].name for op in maps(graph)[::-1][:5]) or "none"
        raise ValueError(
            f"its graph has no convolution at a stride with more channels than its {classes} classes; name a tensor "
            f"as `features`, such as one of {near}."
        )
    most = max(tensor.shape[-1] for tensor in found)
    return _layer([tensor for tensor in found if tensor.shape[-1] == most][-1])


def _fits(op: tf.Operation, images: tf.Tensor, classes: int) -> bool:
    shape = op.outputs[0].shape
    if op.get_attr("data_format") != b"NHWC" or shape[-1] is None or shape[-1] <= classes:
        return False
    if op.inputs[0].op.type == "SpaceToBatchND":
        return False
    sides = images.shape[2:4] if images.shape[1] == 3 else images.shape[1:3]
    return all(own is None or side is None or own < side for own, side in zip(shape[1:3], sides, strict=True))


def _layer(tensor: tf.Tensor) -> tf.Tensor:
    """The end of a layer that begins with a convolution."""
    while True:
        after = tensor.consumers()
        if len(after) != 1 or after[0].type not in VALUE_BY_VALUE:
            return tensor
        following = after[0].outputs[0]
        if following.shape.as_list() != tensor.shape.as_list():
            return tensor
        tensor = following
