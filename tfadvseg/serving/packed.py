"""The weights of a network in two variables: its large kernels as float16 in one, all else as float32 in the other.

A file of a few hundred variables spends as much on naming, saving and restoring each as on computing with them, and
float16 halves the kernels. The graph takes the variables apart and casts them, so it computes in float32 as ever, and
nothing but the rounding, once, of each kernel changes. A list in assets.extra/ says what lies where.
"""

from __future__ import annotations

import functools
import json
import math
import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfadvseg.models.packing import FILE, HALF, WHOLE

SMALL = 5000
"""Values of a kernel below which it keeps float32: there is little to gain, and where few weights are summed, their
rounding averages out least. Of an FCN8s the first kernel alone, of 216 weights, moved logits by half of FARTHEST."""

FARTHEST = 1e-3
"""How far logits may move, as a share of the largest one."""


class PackedWeights:
    """module: holds the variables, and nothing else, for a SavedModel. entries: [part, name, shape] of each weight, in
    the order in which they lie in the variable of that part."""

    def __init__(self, network: keras.Model):
        self._stored = {variable.path: _stored(variable) for variable in network.weights}
        self.entries = [[_part(values), name, list(values.shape)] for name, values in self._stored.items()]
        self.module = tf.Module()
        self.module.packed = {part: self._flat(part) for part in (HALF, WHOLE)}

    def _flat(self, part: str) -> tf.Variable:
        own = [np.ravel(values) for values in self._stored.values() if _part(values) == part]
        values = np.concatenate(own) if own else np.zeros(0, part)
        return tf.Variable(values, trainable=False, name=part)

    def call(self, network: keras.Model, images: tf.Tensor) -> tf.Tensor:
        """The answer of the network, or of a part of it that has the same variables, to images [N, H, W, 3]."""
        found = self._values()

        def of(variable: Any) -> tf.Tensor:
            """Of the states of random draws, on which no answer depends, a zero."""
            return found[variable.path] if variable.path in found else tf.zeros(variable.shape, variable.dtype)

        variables = network.trainable_variables, network.non_trainable_variables
        return network.stateless_call(*([*map(of, part)] for part in variables), images, training=False)[0]

    def _values(self) -> dict[str, tf.Tensor]:
        """Each weight in float32, by its name."""
        found: dict[str, tf.Tensor] = {}
        for part, flat in self.module.packed.items():
            own = [(name, shape) for at, name, shape in self.entries if at == part]
            if own:
                pieces = tf.split(flat, [math.prod(shape) for _, shape in own])
                found |= {
                    name: tf.cast(tf.reshape(piece, shape), tf.float32)
                    for (name, shape), piece in zip(own, pieces, strict=True)
                }
        return found

    def write_list(self, folder: pathlib.Path) -> None:
        """Writes what lies where into the SavedModel in `folder`."""
        path = folder / FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.entries) + "\n")


def check_logits(network: keras.Model, packed: PackedWeights, size: tuple[int, int]) -> None:
    """ValueError where a random image's logits move too far."""
    image = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, *size, 3)), tf.float32)
    calls = functools.partial(network, training=False), functools.partial(packed.call, network)
    whole, half = (np.asarray(tf.function(lambda x, call=call: call(x))(image)) for call in calls)
    moved = float(np.abs(half - whole).max() / np.abs(whole).max())
    if not moved < FARTHEST:
        raise ValueError(
            f"With kernels in float16 the logits of {network.name} move by {moved:.2g} of the largest one, more than "
            f"{FARTHEST:g}; keep its weights in float32."
        )


def _stored(variable: Any) -> np.ndarray:
    """Kernels as float16, but small ones and those with values beyond its range; all others as they are."""
    values = np.asarray(variable)
    if values.ndim < 2 or values.size < SMALL or np.abs(values).max() > np.finfo(np.float16).max:
        return values
    return values.astype(np.float16)


def _part(values: np.ndarray) -> str:
    return HALF if values.dtype == np.float16 else WHOLE
