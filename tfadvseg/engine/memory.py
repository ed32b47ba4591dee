"""How many images fit into memory at once while a gradient is computed."""

import math
from collections.abc import Iterable, Mapping, Sequence

import tensorflow as tf
from tensorflow.core.framework.node_def_pb2 import NodeDef

from tfadvseg.attacks.base import Model


def activation_bytes(model: Model, size: tuple[int, int]) -> int:
    """Bytes that the outputs of all operations of a forward pass take for one image of `size`, (height, width).

    An upper estimate of what a gradient keeps: operations that are fused or done in place are counted apart.
    """
    graph = tf.function(model).get_concrete_function(tf.TensorSpec((1, *size, 3), tf.float32)).graph
    whole = graph.as_graph_def(add_shapes=True)
    functions = {function.signature.name: function.node_def for function in whole.library.function}
    return _bytes(whole.node, functions)


def images_at_once(model: Model, size: tuple[int, int], limit: int) -> int:
    """How many images of `size` a gradient may be computed for within `limit` bytes; at least 1."""
    return max(1, limit // max(1, activation_bytes(model, size)))


_FREE = ("Const", "ReadVariableOp", "Placeholder", "Identity")


def _bytes(nodes: Iterable[NodeDef], functions: Mapping[str, Sequence[NodeDef]]) -> int:
    """Of all images-like outputs of the nodes and of the functions they call; an unknown dimension is the batch's."""
    total = 0
    for node in nodes:
        called = node.attr["f"].func.name
        if called:
            total += _bytes(functions[called], functions)
            continue
        for shape in node.attr["_output_shapes"].list.shape:
            if not shape.unknown_rank and len(shape.dim) == 4 and node.op not in _FREE:
                total += 4 * math.prod(max(1, dim.size) for dim in shape.dim)
    return total
