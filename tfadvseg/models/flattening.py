"""A signature's graph without functions and variables, cut where gradients can pass (models of another origin).

A SavedModel often ends in a softmax, a sigmoid or an argmax and begins with a cast from whole numbers. Behind a
saturated softmax, through an argmax, and through a cast no gradient leads to the image. So the graph is flattened, and
what is called is the part between the cast and the softmax or argmax.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

PASSING = ("Identity", "IdentityN", "StopGradient", "PreventGradient")
CROPPING = ("Slice", "StridedSlice")
RESHAPING = (*PASSING, *CROPPING, "Cast", "Squeeze", "ExpandDims", "Reshape")
SQUASHING = ("Softmax", "Sigmoid")
OWN_GRADIENT = "_gradient_op_type"


@dataclasses.dataclass(frozen=True, eq=False)
class Cut:
    """call: images -> scores, a part of a graph. before: the op that its scores would have gone into, Softmax, Sigmoid
    or ArgMax, or "" where it ends where the signature ends. class_axis: of the scores, where the op says it. cropped:
    whether labels are cut after the argmax, as graphs do that fill images up within."""

    call: Callable[[tf.Tensor], tf.Tensor]
    before: str = ""
    class_axis: int | None = None
    cropped: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Flat:
    """A function without functions and variables in it: its graph as tensors, from one input to named outputs."""

    function: Any
    images: tf.Tensor
    outputs: dict[str, tf.Tensor]


def flattened(signature: Any) -> Flat:
    """A signature with its calls inlined and its variables as constants.

    Its operations are derived by what they compute: gradients of their own, which reach into the functions that are no
    more, are left out. Whoever uses it compares that with the signature's own gradient where it has one.
    """
    frozen = convert_variables_to_constants_v2(signature, lower_control_flow=False)
    graph = frozen.graph.as_graph_def()
    for node in graph.node:
        if OWN_GRADIENT in node.attr:
            del node.attr[OWN_GRADIENT]
    function = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
    keys = sorted(signature.structured_outputs)
    # A signature through which a gradient was taken has further outputs behind its own.
    outputs = {
        key: function.graph.get_tensor_by_name(tensor.name) for key, tensor in zip(keys, frozen.outputs, strict=False)
    }
    return Flat(function, function.graph.get_tensor_by_name(frozen.inputs[0].name), outputs)


def cut(signature: Any, output: str, tensor: str = "", images_are_whole: bool = False) -> Cut | None:
    """The function from images to what a softmax, sigmoid or argmax at the end of `output` is made of, or to a named
    `tensor`; else to the end.

    Where the signature takes whole numbers, its images are what follows the cast of them, and None where no cast of all
    of them is found. ValueError where the graph has no such tensor.
    """
    flat = flattened(signature)
    ends = feeds(flat, images_are_whole)
    if not ends:
        return None
    if tensor:
        return Cut(pruned(flat, ends, named(flat.function.graph, tensor)))
    end = flat.outputs[output]
    op = _behind(end, PASSING)
    if op.type in SQUASHING:
        return Cut(pruned(flat, ends, op.inputs[0]), op.type)
    op = _behind(end, RESHAPING)
    if op.type == "ArgMax":
        axis = tf.get_static_value(op.inputs[1])
        scores = pruned(flat, ends, _behind_softmax(op.inputs[0]))
        return Cut(scores, "ArgMax", None if axis is None else int(axis), _passes(end, CROPPING))
    return Cut(pruned(flat, ends, end))


def feeds(flat: Flat, images_are_whole: bool) -> list[tf.Tensor]:
    """Where images go in so that gradients come out: where they do, or, where these are whole numbers, what follows the
    cast of them, too; [] where no cast of all of them is found."""
    if not images_are_whole:
        return [flat.images]
    cast = _after_the_cast(flat.images)
    return [flat.images, *cast] if cast else []  # beside the images themselves, whose shape may be asked for


def _behind(tensor: tf.Tensor, passing: tuple[str, ...]) -> tf.Operation:
    """The op that made a tensor, with those that only hand it on left out."""
    op = tensor.op
    while op.type in passing:
        tensor = op.inputs[tensor.value_index if op.type == "IdentityN" else 0]
        op = tensor.op
    return op


def _passes(tensor: tf.Tensor, kinds: tuple[str, ...]) -> bool:
    """Whether an op of these kinds is among those that `_behind` leaves out."""
    op = tensor.op
    while op.type in RESHAPING:
        if op.type in kinds:
            return True
        op = op.inputs[0].op
    return False


def _behind_softmax(tensor: tf.Tensor) -> tf.Tensor:
    op = _behind(tensor, PASSING)
    return op.inputs[0] if op.type in SQUASHING else tensor


def _after_the_cast(images: tf.Tensor) -> list[tf.Tensor]:
    """What casts of the images to floating point give; [] where something else is done with them, too."""
    found = []
    for consumer in images.consumers():
        if consumer.type in PASSING:
            further = _after_the_cast(consumer.outputs[0])
            if not further:
                return []
            found += further
        elif consumer.type == "Cast" and consumer.outputs[0].dtype.is_floating:
            found.append(consumer.outputs[0])
        elif consumer.type not in ("Shape", "NoOp"):
            return []
    return found


def pruned(flat: Flat, feeds: list[tf.Tensor], fetch: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    """Images go in where the graph has them as floating point, and as they are for whatever else needs them, such as
    their shape."""
    ends = [flat.images, *(feed for feed in feeds if feed is not flat.images)]
    part = flat.function.prune(ends, [fetch])

    def call(images: tf.Tensor) -> tf.Tensor:
        return part(*[tf.cast(images, end.dtype) for end in ends])[0]

    return call


def named(graph: tf.Graph, tensor: str) -> tf.Tensor:
    """The tensor of that name, or the only one whose name ends with it after a /, as inlined functions prefix it."""
    name, _, place = tensor.partition(":")
    ops = [op for op in graph.get_operations() if op.outputs and f"/{op.name}".endswith(f"/{name}")]
    exact = [op for op in ops if op.name == name]
    chosen = exact or ops
    if len(chosen) == 1 and int(place or 0) < len(chosen[0].outputs):
        return chosen[0].outputs[int(place or 0)]
    near = ", ".join(f"{op.name}:0" for op in (ops or maps(graph)[::-1])[:5]) or "none"
    found = f"{len(ops)} tensors" if len(ops) > 1 else "no tensor"
    raise ValueError(f"its graph has {found} {tensor!r}; it has {near}.")


def maps(graph: tf.Graph) -> list[tf.Operation]:
    """Those that give a tensor like an image, [N, h, w, C] or [N, C, h, w], of floating point."""
    operations = [op for op in graph.get_operations() if op.outputs and op.outputs[0].dtype.is_floating]
    return [op for op in operations if op.outputs[0].shape.rank == 4]
