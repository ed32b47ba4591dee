"""Whether a SavedModel asks for no more than a stock TensorFlow server has: TensorFlow's own operations on a CPU."""

import functools
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tfadvseg.models import safety

XLA = re.compile(r"_?Xla\w*")
"""Ops of a compiler that a server need not have."""
COMPILED = ("_XlaMustCompile", "_XlaCompile")
"""Attributes of functions and of their calls that ask for it, as `jit_compile=True` does."""
ANYWHERE = {"CPU", "DEFAULT"}
"""Kinds of devices whose kernels every server has."""
WAY = "; on a CPU TensorFlow Serving has XLA with --xla_cpu_compilation_enabled"
"""Its own default is without, and then the first request of such a model fails."""


def check_stock(folder: pathlib.Path) -> None:
    """ValueError, in a sentence that names the operation and the function that holds it, where a SavedModel does more
    than compute (`models.safety`), or wants XLA, a library beside TensorFlow or another device."""
    for graph in safety.graphs(folder):
        for found in (*safety.suspicions(graph), *_beyond(graph)):
            way = WAY if "wants XLA" in found else ""
            raise ValueError(f"{folder} cannot be served by every TensorFlow server: {found}{way}.")


def _beyond(meta: Any) -> Iterator[str]:
    """What a stock server lacks, a phrase each."""
    library = {function.signature.name: function for function in meta.graph_def.library.function}
    for name, function in library.items():
        if _is_compiled(function.attr):
            yield f"its function {name} wants XLA (jit_compile)"
    for where, node in safety.operations(meta):
        if _is_compiled(node.attr):
            yield f"{where} holds {node.op}, which wants XLA (jit_compile)"
        elif node.op not in library and (what := _lacking(node.op)):
            yield f"{where} holds {node.op}, which {what}"


def _is_compiled(attributes: Any) -> bool:
    return any(attributes[name].b for name in COMPILED if name in attributes)


@functools.cache
def _lacking(op: str) -> str | None:
    """What a server would need for an operation, None for nothing."""
    from tensorflow.python.framework import kernels

    if XLA.fullmatch(op):
        return "wants XLA"
    if not hasattr(tf.raw_ops, op):  # in contrast to the registry, it does not grow by libraries that are loaded
        return "is no op of TensorFlow alone"
    if ANYWHERE.isdisjoint(kernel.device_type for kernel in kernels.get_registered_kernels_for_op(op).kernel):
        return "does not run on a CPU"
    return None
