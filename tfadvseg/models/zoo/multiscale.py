"""A network at several scales of its image with one set of weights, and the ensemble over them.

Images are resized to each scale, the score maps back to that of the whole image, bilinearly with aligned corners as in
Deeplab v2 (Chen et al. 2016), and fused. Nothing is stored twice: every scale calls the same layers, so that training
reaches all of them through each scale, and a normalisation keeps the statistics of all.
"""

import functools
import math
from collections.abc import Callable, Sequence

import keras
from keras import KerasTensor, layers, ops

from tfadvseg.layers.interpolation import resize
from tfadvseg.layers.walk import weighted_layers
from tfadvseg.registry import choose

SCALES = (0.5, 0.75, 1.0)
"""Of Deeplab v2."""

FUSIONS: dict[str, Callable[[Sequence[KerasTensor]], KerasTensor]] = {
    "max": lambda maps: functools.reduce(ops.maximum, maps),
    "average": lambda maps: functools.reduce(ops.add, maps) / len(maps),
}
"""By which the score maps of all scales, from the largest to the smallest, become one. The gradient of a maximum goes
to the winner; on a tie, under TensorFlow, all of it to the largest of the scales that share it (JAX divides it)."""

MAP, ENDING = "scores_", "to_image"
"""Names of the layers that hold a scale's map, followed by its per cents, and that lead from a map to logits."""


def percents(scales: Sequence[float]) -> tuple[int, ...]:
    """Scales of the image's sides in whole per cents, the largest first; ValueError for others."""
    found = [round(100 * scale) for scale in scales]
    whole = all(math.isclose(percent, 100 * scale) for percent, scale in zip(found, scales, strict=True))
    if not (found and whole and all(0 < percent <= 400 for percent in found) and len(set(found)) == len(found)):
        raise ValueError(
            f"Scales are different whole per cents from 0.01 to 4; got {', '.join(f'{scale:g}' for scale in scales)}."
        )
    return tuple(sorted(found, reverse=True))


def scaled(side: int, percent: int, step: int = 1, more: int = 1) -> int:
    """The side at a scale, of the form step * k + more: that of k * percent / 100 steps, rounded half up.

    513 and a step of 8 give 385 and 257 at 75 and 50 %, as Caffe's layers do. ValueError where no pixel is left.
    """
    steps = ((side - more) // step * percent + 50) // 100
    if step * steps + more < 1:
        raise ValueError(f"At {percent} % nothing is left of {side} pixels; choose a larger scale.")
    return step * steps + more


def ensemble(
    images: KerasTensor,
    x: KerasTensor,
    scores: Callable[[tuple[int, ...]], keras.Model],
    ending: Callable[[KerasTensor], KerasTensor],
    scales: Sequence[float],
    fusion: str,
    name: str,
    step: int = 1,
    more: int = 1,
) -> keras.Model:
    """A Keras model from images to the logits of the fused maps; `branches` gives those of each scale.

    Args:
        images: the input tensor [N, H, W, 3].
        x: what is resized, such as normalised images; sides of the form step * k + more.
        scores: (height, width) -> model from x at that size to its score maps.
        ending: score maps at 100 % -> logits [N, H, W, classes].
        scales: of the sides of x, e.g. (0.5, 0.75, 1). fusion: of FUSIONS.
    """
    fuse, full = choose(FUSIONS, fusion, "fusion"), tuple(x.shape[1:3])
    _, *common, classes = scores(full).compute_output_shape((None, *x.shape[1:]))
    maps = []
    for percent in percents(scales):
        size = tuple(scaled(side, percent, step, more) for side in full)
        found = resize(scores(size)(resize(x, size)), tuple(common))
        maps.append(layers.Identity(name=f"{MAP}{percent}")(found))
    whole = keras.Input((*common, classes))
    end = keras.Model(whole, ending(whole), name=ENDING)
    return keras.Model(images, end(fuse(maps)), name=name)


def wrapped(
    build: Callable[..., keras.Model],
    classes: int,
    input_size: tuple[int, int],
    width: float,
    scales: Sequence[float],
    fusion: str,
    multiple: int = 1,
) -> keras.Model:
    """The ensemble over scales of a network that knows nothing of it, fused at the size of the image.

    build: (classes, input_size, width) -> network. multiple: that the sides of its images must have; at 1 they become
    1 + (n - 1) * scale of n pixels, so that corners stay corners, else the nearest multiple.
    """
    network = build(classes, input_size, width)
    own = weighted_layers(network)

    @functools.cache
    def at(size: tuple[int, ...]) -> keras.Model:
        if size == tuple(input_size):
            return network
        # Sizes are part of a graph, and weights are not: its layers with weights give way to those of the network.
        other = keras.models.clone_model(
            build(classes, size, width), clone_function=lambda layer: own.get(layer.name) or _like(layer)
        )
        return keras.Model(other.inputs, other.outputs[0], name=f"{network.name}_{size[0]}x{size[1]}")

    images = keras.Input((*input_size, 3), name="images")
    return ensemble(
        images,
        images,
        at,
        layers.Identity(),
        scales,
        fusion,
        f"{network.name}_multiscale",
        multiple,
        1 if multiple == 1 else 0,
    )


def branches(network: keras.Model) -> dict[int, keras.Model]:
    """{per cents: model from images to that scale's logits} of an ensemble; empty for any other network."""
    maps = {layer.name.removeprefix(MAP): layer for layer in network.layers if isinstance(layer, layers.Identity)}
    return {
        int(percent): keras.Model(network.input, network.get_layer(ENDING)(layer.output), name=f"scale_{percent}")
        for percent, layer in maps.items()
        if percent.isdigit()
    }


def _like(layer: layers.Layer) -> layers.Layer:
    return layer.__class__.from_config(layer.get_config())
