"""A frozen graph of TensorFlow 1 as a SavedModel (the form in which DeepLab's networks were published)."""

import os
from collections.abc import Sequence

import tensorflow as tf
from google.protobuf.message import DecodeError


def to_saved_model(
    graph: str | os.PathLike, folder: str | os.PathLike, inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """Writes a SavedModel with one signature, serving_default, between tensors of a graph's file, named like
    ImageTensor:0. ValueError where the file is no graph or has no such tensor."""
    definition = tf.compat.v1.GraphDef()
    try:
        with open(graph, "rb") as file:
            definition.ParseFromString(file.read())
    except (OSError, DecodeError) as error:
        raise ValueError(f"{graph} cannot be read as a frozen graph ({error}).") from error
    whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(definition, name=""), [])
    try:
        ends = [[whole.graph.get_tensor_by_name(name) for name in names] for names in (inputs, outputs)]
    except (KeyError, ValueError) as error:
        placeholders = [f"{op.name}:0" for op in whole.graph.get_operations() if op.type == "Placeholder"]
        last = [f"{op.name}:0" for op in whole.graph.get_operations() if not any(t.consumers() for t in op.outputs)]
        raise ValueError(
            f"{graph} has no such tensor ({error}); its inputs are {', '.join(placeholders)}, it ends in "
            f"{', '.join(last[-3:])}."
        ) from error
    part = whole.prune(*ends)
    keys = [name.split(":")[0].split("/")[-1] for name in outputs]

    @tf.function(input_signature=[tf.TensorSpec(t.shape, t.dtype, t.op.name.split("/")[-1]) for t in ends[0]])
    def serve(*images):
        return dict(zip(keys, part(*images), strict=True))

    tf.saved_model.save(tf.Module(), str(folder), signatures=serve.get_concrete_function())
