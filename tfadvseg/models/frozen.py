"""A frozen graph of TensorFlow 1 as a SavedModel (the form in which DeepLab's networks were published)."""

import os
from collections.abc import Sequence

import tensorflow as tf
from google.protobuf.message import DecodeError


def read(graph: str | os.PathLike[str]) -> tf.compat.v1.GraphDef:
    """What a graph's file holds; ValueError where it is none."""
    definition = tf.compat.v1.GraphDef()
    try:
        with open(graph, "rb") as file:
            definition.ParseFromString(file.read())
    except (OSError, DecodeError) as error:
        raise ValueError(f"{graph} cannot be read as a frozen graph ({error}).") from error
    if not definition.node:
        raise ValueError(f"{graph} cannot be read as a frozen graph (it has no operation).")
    return definition


def ends(definition: tf.compat.v1.GraphDef) -> tuple[list[str], list[str]]:
    """(placeholders, operations that no other one uses) as names of tensors like ImageTensor:0."""
    used = {name.lstrip("^").partition(":")[0] for node in definition.node for name in node.input}
    inputs = [node.name for node in definition.node if node.op == "Placeholder"]
    outputs = [
        node.name
        for node in definition.node
        if node.name not in used and node.op not in ("Placeholder", "NoOp", "Assert", "Const")
    ]
    return [f"{name}:0" for name in inputs], [f"{name}:0" for name in outputs]


def to_saved_model(
    graph: str | os.PathLike[str], folder: str | os.PathLike[str], inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """Writes a SavedModel with one signature, serving_default, between tensors of a graph's file, named like
    ImageTensor:0. ValueError where the file is no graph or has no such tensor."""
    definition = read(graph)
    whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(definition, name=""), [])
    try:
        starts, stops = [[whole.graph.get_tensor_by_name(name) for name in names] for names in (inputs, outputs)]
    except (KeyError, ValueError) as error:
        first, last = ends(definition)
        raise ValueError(
            f"{graph} has no such tensor ({error.args[0]}); its inputs are {', '.join(first)}, it ends in "
            f"{', '.join(last[-3:])}."
        ) from error
    part = whole.prune(starts, stops)
    keys = [name.partition(":")[0].rpartition("/")[2] for name in outputs]

    @tf.function(input_signature=[tf.TensorSpec(t.shape, t.dtype, t.op.name.rpartition("/")[2]) for t in starts])
    def serve(*images: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(keys, part(*images), strict=True))

    tf.saved_model.save(tf.Module(), str(folder), signatures=serve.get_concrete_function())
