"""How much arithmetic a network takes, counted in its traced graph: whoever wrote it, a shared layer at each call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
OPAQUE = ("XlaCallModule", "PyFunc", "PyFuncStateless", "EagerPyFunc")
"""Operations whose arithmetic is not in the graph."""


def gigaflops(model: Callable[[Any], Any], size: tuple[int, int]) -> float:
    """1e9 additions and multiplications of the convolutions and matrix products for one image.

    model: from images [1, H, W, 3] to logits, such as a Keras network or a LoadedModel. size: (height, width).

    Two for each tap of a kernel that meets a pixel: of its input where a convolution is transposed, else of its output.
    Products with a fixed interpolation matrix are not counted, as no other way to resize is, nor are those with sparse
    matrices, whose size the image's content decides. Raises ValueError where a size depends on more than that of the
    image, and where arithmetic is in a loop, in a branch or outside of the graph.
    """
    import tensorflow as tf

    traced = tf.function(model).get_concrete_function(tf.TensorSpec((1, *size, 3), tf.float32))
    with tf.Graph().as_default() as graph:
        # The images come first, then what the function has captured: variables, and constants with their values.
        images = [_placeholder(tensor) for tensor in traced.inputs[: len(traced.inputs) - len(traced.captured_inputs)]]
        _replay(traced.graph, images + [_captured(tensor) for tensor in traced.captured_inputs])
    return 2e-9 * sum(COUNTS[operation.type](operation) for operation in graph.get_operations() if _counts(operation))


def _replay(function: tf.Graph, arguments: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Adds the operations of a traced function to the graph, those of the functions that it calls at every call.

    TensorFlow infers their shapes anew from those of the arguments: the functions of a SavedModel were traced for an
    unknown number of images, and perhaps for images of any size. Returns the function's outputs.
    """
    known = {tensor.ref(): argument for tensor, argument in zip(function.inputs, arguments, strict=True)}
    for operation in function.get_operations():
        if operation.type == "Placeholder" or not operation.outputs:
            continue
        if not all(tensor.ref() in known for tensor in operation.inputs):
            raise _hidden("a loop")  # of TensorFlow 1, whose operations form a cycle
        outputs = _outputs(function, operation, [known[tensor.ref()] for tensor in operation.inputs])
        for tensor, output in zip(operation.outputs, outputs, strict=True):
            output.set_shape(tensor.shape)  # what the tracing code has said itself
            known[tensor.ref()] = output
    return [known[tensor.ref()] for tensor in function.outputs]


def _outputs(function: tf.Graph, operation: tf.Operation, inputs: list[tf.Tensor]) -> Sequence[tf.Tensor]:
    """The outputs in the graph of one operation of a function."""
    import tensorflow as tf

    called = list(_called(function, operation))
    if operation.type in CALLS:
        return _replay(called[0], inputs)
    if any(map(_holds_arithmetic, called)):
        raise _hidden(f"a loop or a branch ({operation.type})")
    if operation.type in OPAQUE:
        raise _hidden(f"code outside of the graph ({operation.type})")
    if called or any(_is_handle(tensor) for tensor in (*inputs, *operation.outputs)):
        return [_placeholder(tensor) for tensor in operation.outputs]  # among them the values of variables
    attributes = {name: value for name, value in operation.node_def.attr.items() if not name.startswith("_")}
    graph = tf.compat.v1.get_default_graph()
    return graph.create_op(
        operation.type, inputs, [tensor.dtype for tensor in operation.outputs], attrs=attributes
    ).outputs


def _called(function: tf.Graph, operation: tf.Operation) -> Iterator[tf.Graph]:
    """The functions that an operation calls, as a loop its condition and its body."""
    for value in operation.node_def.attr.values():
        for name in (value.func.name, *(each.name for each in value.list.func)):
            if name:
                yield function._get_function(name).graph  # the public library has definitions only, without shapes


def _holds_arithmetic(function: tf.Graph) -> bool:
    return any(
        _counts(operation) or any(map(_holds_arithmetic, _called(function, operation)))
        for operation in function.get_operations()
    )


def _hidden(where: str) -> ValueError:
    return ValueError(f"Arithmetic in {where} cannot be counted; give a network without it.")


def _is_handle(tensor: tf.Tensor) -> bool:
    """Whether it stands for a variable, a table or the like."""
    return tensor.dtype.name in ("resource", "variant")


def _placeholder(tensor: tf.Tensor) -> tf.Tensor:
    """A tensor of that type and shape in the graph."""
    import tensorflow as tf

    return tf.compat.v1.placeholder(tensor.dtype, tensor.shape)


def _captured(tensor: tf.Tensor) -> tf.Tensor:
    """An eager tensor in the graph."""
    import tensorflow as tf

    return _placeholder(tensor) if _is_handle(tensor) else tf.constant(tensor.numpy())


def _counts(operation: tf.Operation) -> bool:
    return operation.type in COUNTS


def _convolution(operation: tf.Operation) -> int:
    output = operation.outputs[0]
    for consumer in output.consumers():
        if consumer.type == "BatchToSpaceND":  # TensorFlow dilates by rearranging pixels, and some to fill up
            output = consumer.outputs[0]
    return _size(operation.inputs[1]) * _pixels(operation, output)


def _transposed_convolution(operation: tf.Operation) -> int:
    return _size(operation.inputs[1]) * _pixels(operation, operation.inputs[2])


def _matrix_product(operation: tf.Operation) -> int:
    if any(map(_interpolates, operation.inputs)):
        return 0
    first = operation.inputs[0]
    transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return _size(operation.outputs[0]) * _side(first, -2 if transposed else -1)


def _einstein_sum(operation: tf.Operation) -> int:
    if len(operation.inputs) == 1 or any(map(_interpolates, operation.inputs)):
        return 0
    terms, result = operation.get_attr("equation").decode().split("->")
    sides: dict[str, int] = {}
    for term, tensor in zip(terms.split(","), operation.inputs, strict=True):
        before, _, after = term.partition("...")
        sides |= {label: _side(tensor, axis) for axis, label in enumerate(before)}
        sides |= {label: _side(tensor, axis - len(after)) for axis, label in enumerate(after)}
    return _size(operation.outputs[0]) * math.prod(side for label, side in sides.items() if label not in result)


COUNTS: dict[str, Callable[[tf.Operation], int]] = {
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "Conv2DBackpropInput": _transposed_convolution,
    "Conv3DBackpropInputV2": _transposed_convolution,
    "DepthwiseConv2dNativeBackpropInput": _transposed_convolution,
    "MatMul": _matrix_product,
    "BatchMatMul": _matrix_product,
    "BatchMatMulV2": _matrix_product,
    "BatchMatMulV3": _matrix_product,
    "Einsum": _einstein_sum,
}
"""Operation -> multiplications of which each comes with an addition."""


def _pixels(operation: tf.Operation, maps: tf.Tensor) -> int:
    """Places of all maps that a convolution reads or writes."""
    layout = operation.get_attr("data_format").decode()
    return _size(maps) // _side(maps, layout.index("C"))


def _interpolates(tensor: tf.Tensor) -> bool:
    """Whether it is a constant matrix that makes each pixel of two at most."""
    import tensorflow as tf

    value = tf.get_static_value(tensor)
    return value is not None and value.ndim == 2 and np.count_nonzero(value) <= 2 * max(value.shape)


def _size(tensor: tf.Tensor) -> int:
    """Number of elements."""
    size = tensor.shape.num_elements()
    if size is None:
        raise ValueError(
            f"Arithmetic with a tensor of shape {tensor.shape} ({tensor.op.type}) cannot be counted; give a network "
            "whose sizes follow from the image's."
        )
    return size


def _side(tensor: tf.Tensor, axis: int) -> int:
    _size(tensor)  # raises where it is unknown
    return tensor.shape[axis]
