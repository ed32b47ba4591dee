"""A network with something around it, as a SavedModel of its own: a random input transform, or a dense CRF."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfadvseg.models.card import Card
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.serving.export import write_version

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(images [N, H, W, 3], seeds [N, 2]) -> images."""

Refinement = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(logits [N, H, W, C], images [N, H, W, 3]) -> logits."""


class Behind(tf.Module):
    """A network behind a random transform.

    Its signature `logits` draws anew in each call, as a defense does. `logits_of_seeds` also takes seeds int32 [N, 2]
    and gives the same logits for the same ones.
    """

    def __init__(self, model: LoadedModel, transform: Transform):
        super().__init__()
        self.kept, self.model, self.transform = model.trackable, model, transform
        size = _fixed_size(model)
        images = tf.TensorSpec((None, *size, 3), tf.float32, "images")
        self.endpoints = {
            "logits": tf.function(self.draw, input_signature=[images]),
            "logits_of_seeds": tf.function(self.of_seeds, [images, tf.TensorSpec((None, 2), tf.int32, "seeds")]),
        }

    def draw(self, images):
        """Logits behind a fresh draw."""
        seeds = tf.random.uniform((tf.shape(images)[0], 2), tf.int32.min, tf.int32.max, tf.int32)
        return self.of_seeds(images, seeds)

    def of_seeds(self, images, seeds):
        """Logits behind the draw of the seeds."""
        return {"logits": self.model.logits(self.transform(images, seeds))}


class Refined(tf.Module):
    """A network whose logits something refines that sees the images, too, such as a dense CRF."""

    def __init__(self, model: LoadedModel, refinement: Refinement):
        super().__init__()
        self.kept, self.model, self.refinement = model.trackable, model, refinement
        images = tf.TensorSpec((None, *(model.input_size or (None, None)), 3), tf.float32, "images")
        self.endpoints = {"logits": tf.function(self.logits, input_signature=[images])}

    def logits(self, images):
        """Refined logits."""
        return {"logits": self.refinement(self.model.logits(images), images)}


def export_around(
    module: Behind | Refined, name: str, what: Mapping[str, Any], models_folder: str | os.PathLike
) -> pathlib.Path:
    """Writes it as the next version of <models_folder>/<name>, with the network's card; `what` says what was added.

    The new SavedModel takes images and gives logits by this package's convention, whatever the network's own file
    wants. Returns its folder.
    """
    card = dataclasses.replace(
        _card(module.model), name=name, scores={},
        provenance={"added": dict(what), "network": {"name": module.model.name, "digest": module.model.digest}}
        | ({"of the network": module.model.card.provenance} if module.model.card else {}),
    )  # fmt: skip
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    return write_version(
        card, models_folder, lambda folder: tf.saved_model.save(module, str(folder), module.endpoints, options)
    )


def _card(model: LoadedModel) -> Card:
    """The network's card, or what can be said of a stranger's."""
    if model.card:
        return model.card
    names = tuple(f"class_{i}" for i in range(model.classes))
    grey = [round(255 * i / max(1, model.classes - 1)) for i in range(model.classes)]
    palette = tuple((level, level, level) for level in grey)
    return Card(model.name, "unknown", names, palette, model.input_size, model.pad_colour, 0, {}, {}, model.fit)


def _fixed_size(model: LoadedModel) -> tuple[int, int]:
    if model.input_size is None:
        raise ValueError(f"{model.path} takes images of any size, but a transform needs one; fix it in the file first.")
    return model.input_size
