"""The table of networks that can be built."""

import dataclasses
from collections.abc import Callable

import keras

from tfadvseg.models.enet import enet
from tfadvseg.models.fcn8s import MEAN, fcn8s
from tfadvseg.registry import choose


@dataclasses.dataclass(frozen=True)
class Network:
    """build: (classes, input_size (height, width), width multiplier) -> Keras model from RGB images to logits.

    pad_colour: RGB that fills up images smaller than the input; it is what the network's own normalisation maps to 0.
    """

    build: Callable[..., keras.Model]
    pad_colour: tuple[float, float, float]


MODELS = {
    "enet": Network(enet, pad_colour=(0.0, 0.0, 0.0)),
    "fcn8s_vgg": Network(fcn8s, pad_colour=MEAN[::-1]),
}


def build(name: str, classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """The network of that name; raises ValueError with the known names otherwise."""
    return choose(MODELS, name, "model").build(classes, input_size, width)
