"""Whether a network does anything: blobs can fit in every shape and leave a network that answers one class."""

import keras
import numpy as np
from keras import ops

GRAINS = ((8, 64), (1, 24))
"""Sides of the random squares of each pair of images, in pixels: networks for objects see little in fine noise."""


def check_alive(network: keras.Model, trained: bool = True) -> None:
    """Raises ValueError with the first layer whose output is the same on two random images, or where all is one class.

    trained: false where some layers have their initial values, so that the classes mean nothing. The second pair is
    looked at only where the first is all of one class. A pair costs a forward pass of two images, and another one of
    each sub-model, such as what several scales share, which is looked at where it is called first.
    """
    found: set[int] = set()
    for grains in GRAINS:
        logits = _answer(network, np.stack([squares(grain, network.input_shape[1:3]) for grain in grains]))
        if not np.isfinite(logits).all():
            raise ValueError("it answers a random image with scores that are not finite")
        found |= set(np.unique(logits.argmax(-1)).tolist())
        if len(found) > 1 or not trained:
            return
    raise ValueError(f"it answers class {found.pop()} at every pixel of four random images")


def _answer(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """What the network makes of a batch; ValueError with the first of its layers that makes the same of all images."""
    probe = keras.Model(network.inputs, [network.output, *map(_looked_at, network.layers)])
    probe.compile(jit_compile=False)  # to compile it for one call would take longer than the call
    answer, *found = probe.predict(images, verbose=0)
    for layer, seen in zip(network.layers, found, strict=True):
        if isinstance(layer, keras.Model):
            _answer(layer, seen)
        elif not seen.any():
            raise ValueError(f"layer {layer.name!r} is dead, its output is the same on two random images")
    return answer


def _looked_at(layer: keras.layers.Layer) -> keras.KerasTensor:
    """Of a layer the largest difference between its outputs for the images of a batch, of a sub-model its input."""
    return keras.Operation.input.fget(layer) if isinstance(layer, keras.Model) else _differences(layer)


def squares(grain: int, size: tuple[int, int]) -> np.ndarray:
    """A random image [height, width, 3] in 0..255, made of squares of one colour each; always the same."""
    across = [-(-side // grain) for side in size]
    colours = np.random.default_rng(grain).integers(0, 256, (*across, 3)).astype(np.float32)
    return colours.repeat(grain, 0).repeat(grain, 1)[: size[0], : size[1]]


def _differences(layer: keras.layers.Layer) -> keras.KerasTensor:
    """Largest difference [1] between the outputs for the images of a batch."""
    spans = [ops.max(ops.max(x, axis=0) - ops.min(x, axis=0)) for x in keras.tree.flatten(layer.output)]
    return ops.reshape(ops.max(ops.stack(spans)), (1,))
