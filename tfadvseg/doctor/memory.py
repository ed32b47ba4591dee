"""How many images fit into memory at once while a gradient is computed."""

import math
from collections.abc import Iterable, Mapping, Sequence

import tensorflow as tf
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tfadvseg.attacks.base import Model


def activation_bytes(model: Model, size: tuple[int, int]) -> int:
    """Bytes that the outputs of all operations of a forward pass take for one image of `size`, (height, width).

    An upper estimate of what a gradient keeps: operations that are fused or done in place are counted apart.
    """
    forward = tf.function(model).get_concrete_function(tf.TensorSpec((1, *size, 3), tf.float32))
    whole = forward.graph.as_graph_def(add_shapes=True)
    if any(map(_is_open, [*whole.node, *(node for function in whole.library.function for node in function.node_def)])):
        # The functions of a file for images of any size do not know this size before they are inlined.
        inlined = convert_variables_to_constants_v2(forward, lower_control_flow=False)
        whole = inlined.graph.as_graph_def(add_shapes=True)
    functions = {function.signature.name: function.node_def for function in whole.library.function}
    return _bytes(whole.node, functions)


def images_at_once(model: Model, size: tuple[int, int], limit: int) -> int:
    """How many images of `size` a gradient may be computed for within `limit` bytes; at least 1."""
    return max(1, limit // max(1, activation_bytes(model, size)))


_FREE = ("Const", "ReadVariableOp", "Placeholder", "Identity")


def _is_open(node: NodeDef) -> bool:
    """Whether height or width of an images-like output is unknown."""
    shapes = node.attr["_output_shapes"].list.shape
    return any(len(shape.dim) == 4 and min(dim.size for dim in shape.dim[1:3]) < 0 for shape in shapes)


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
