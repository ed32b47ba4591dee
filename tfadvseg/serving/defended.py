"""A network with something around it, as a SavedModel of its own: a random input transform, or a dense CRF."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfadvseg.models import reading
from tfadvseg.models.card import Card, numbers
from tfadvseg.models.postprocessed import PostprocessedModel
from tfadvseg.models.reading import PLAIN, Reading
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.serving.export import write_version

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(images [N, H, W, 3], seeds [N, 2]) -> images."""


class Servable(tf.Module):
    """A network with a defense, and its signatures: {name: (function, its tensor specs)}. The variables go with it."""

    def __init__(self, network: LoadedModel, signatures: Mapping[str, tuple[Callable, list[tf.TensorSpec]]]):
        super().__init__()
        self.network, self.kept = network, network.trackable
        self.endpoints = {name: tf.function(function, specs) for name, (function, specs) in signatures.items()}


def randomised(model: LoadedModel, transform: Transform) -> Servable:
    """The model behind a random transform.

    Its signature `logits` draws anew in each call, as a defense does. `logits_of_seeds` also takes seeds int32 [N, 2]
    and gives the same logits for the same ones.
    """
    if model.input_size is None:
        raise ValueError(f"{model.path} takes images of any size, but a transform needs one; fix it in the file first.")
    images = tf.TensorSpec((None, *model.input_size, 3), tf.float32, "images")

    def logits_of_seeds(images, seeds):
        return {"logits": model.logits(transform(images, seeds))}

    def logits(images):
        drawn = tf.random.uniform((tf.shape(images)[0], 2), tf.int32.min, tf.int32.max, tf.int32)
        return logits_of_seeds(images, drawn)

    seeds = tf.TensorSpec((None, 2), tf.int32, "seeds")
    return Servable(model, {"logits": (logits, [images]), "logits_of_seeds": (logits_of_seeds, [images, seeds])})


def postprocessed(model: PostprocessedModel) -> Servable:
    """The model with what follows it, such as a dense CRF, behind the signature `logits`."""
    images = tf.TensorSpec((None, *(model.spec.frame.size or (None, None)), 3), tf.float32, "images")
    return Servable(model.model, {"logits": (lambda images: {"logits": model.logits(images)}, [images])})


def export_defended(
    servable: Servable, name: str, defense: Mapping[str, Any], models_folder: str | os.PathLike
) -> pathlib.Path:
    """Writes it as the next version of <models_folder>/<name>, with the network's card; `defense` says what was added.

    The new SavedModel takes images and gives logits by this package's convention, whatever the network's own file
    wants; where it takes images of any size, a reading.json keeps what their sides must be multiples of. Returns its
    folder.
    """
    network = servable.network
    card = dataclasses.replace(
        _card(network), name=name, scores={},
        provenance={"added": dict(defense), "network": {"name": network.name, "digest": network.digest}}
        | ({"of the network": network.card.provenance} if network.card else {}),
    )  # fmt: skip
    frame = network.frame

    def write(folder: pathlib.Path) -> None:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
        tf.saved_model.save(servable, str(folder), servable.endpoints, options)
        if frame.multiple != PLAIN.multiple:
            reading.write(Reading(multiple=frame.multiple, fit=frame.fit, colour=frame.colour), folder)

    return write_version(card, models_folder, write)


def _card(model: LoadedModel) -> Card:
    """The network's card, or what can be said of a stranger's."""
    if model.card:
        return model.card
    names = numbers(model.classes)
    grey = [round(255 * i / max(1, model.classes - 1)) for i in range(model.classes)]
    palette = tuple((level, level, level) for level in grey)
    frame = model.frame
    return Card(model.name, "unknown", names, palette, frame.size, frame.colour, 0, {}, {}, frame.fit)
