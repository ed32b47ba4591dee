"""Whether XLA shall compile an attack: never by itself on a CPU (it is slower there), by a measurement on a GPU."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

XLA = ("auto", "on", "off")


def choose_xla(
    mode: str, function: Callable[..., Any], *arguments: Any, repeats: int = 5, gpu: bool | None = None
) -> bool:
    """True where `function(*arguments)` shall be compiled: `mode` is auto, on or off; auto measures both on a GPU."""
    if mode not in XLA:
        raise ValueError(f"Unknown XLA mode {mode!r}; choose one of: {', '.join(XLA)}.")
    if mode != "auto":
        return mode == "on"
    if not (tf.config.list_physical_devices("GPU") if gpu is None else gpu):
        return False
    try:
        compiled = _median_seconds(tf.function(function, jit_compile=True), arguments, repeats)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return False  # an operation that XLA does not have, such as a JPEG codec
    return compiled < _median_seconds(tf.function(function), arguments, repeats)


def with_xla(function: Callable[..., Any], compiled: bool) -> Callable[..., Any]:
    """The function as it is, or compiled by XLA."""
    return tf.function(function, jit_compile=True) if compiled else function


def _median_seconds(function: Callable[..., Any], arguments: tuple[tf.Tensor, ...], repeats: int) -> float:
    function(*arguments)  # traces and warms up
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), function(*arguments))  # waits for the device
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
