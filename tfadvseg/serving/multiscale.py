"""A finished network as an ensemble over scales of its image: a SavedModel with the signature `logits`, and one such as
`logits_50` for each scale, on one set of variables."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Sequence

import tensorflow as tf

from tfadvseg.models import card, packing, zoo
from tfadvseg.models.initial import start_from
from tfadvseg.models.reading import TILES
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import ModelSpec
from tfadvseg.models.zoo.multiscale import FUSIONS as FUSIONS
from tfadvseg.models.zoo.multiscale import percents
from tfadvseg.registry import choose
from tfadvseg.serving.export import export
from tfadvseg.serving.servable import Servable, export_servable

LOGITS = "signature", "logits"
"""The field of a reading that names what would be found anyway."""


def export_multiscale(
    spec: ModelSpec, name: str, scales: Sequence[float], fusion: str, models_folder: str | os.PathLike[str]
) -> pathlib.Path:
    """Writes a SavedModel's network at these scales as the next version of <models_folder>/<name>; returns its folder.

    A network of the zoo is built anew for the size of each scale and gets the file's weights by name; any other must
    take images of any size and is resized around. ValueError for one that takes images of one size only, for one scale
    of an ensemble, and for a network of the zoo that is to be read in a way of its own.
    """
    choose(FUSIONS, fusion, "fusion")
    added = {"scales": [percent / 100 for percent in percents(scales)], "fusion": fusion}
    if spec.scale is not None:
        raise ValueError(
            f"{spec.name} is one scale of a model over scales; name {spec.name.removesuffix(spec.at_scale)}, of "
            "which scales and fusion can be chosen anew."
        )
    found = card.read(spec.path)
    if found and found.input_size and found.architecture in zoo.MODELS and set(found.added) <= set(added):
        if own := [name for name in spec.reading.changed() if (name, spec.interface.signature) != LOGITS]:
            raise ValueError(
                f"{spec.path} is built anew by its card, which would forget the {own[0].replace('_', ' ')} of its "
                "reading; leave the reading out."
            )
        width = _width(found)
        network = zoo.build_multiscale(found.architecture, len(found.names), found.input_size, width, scales, fusion)
        if lacking := start_from(network, str(spec.path)).lacking:
            raise ValueError(f"{spec.path} has no {lacking[0]}, which {found.architecture} needs; train it again.")
        history = {"added": added, "network": {"name": spec.name, "digest": spec.digest}}
        history |= {"of the network": found.provenance}
        made = dataclasses.replace(found, name=name, scores={}, provenance=history, width=width)
        return export(network, made, models_folder, half=(spec.path / packing.FILE).is_file())
    return export_servable(resized_around(spec.open(), scales, fusion), name, added, models_folder)


def resized_around(model: LoadedModel, scales: Sequence[float], fusion: str) -> Servable:
    """A network of any size behind a resizing of its images, and its logits resized back and fused at their size.

    Both bilinearly with half-pixel centres and without a low pass (`tf.image.resize`, antialias False); nothing is
    resized at 100 %. Sides become whole pixels, or multiples of what the network's images are multiples of, the nearest
    ones to the scale.
    """
    if model.spec.interface.size is not None or model.spec.reading.fit == TILES:
        raise ValueError(
            f"{model.path} takes images of one size and is no network that this package can build for another, so it "
            "has one scale only; name a file that takes images of any height and width."
        )
    if model.card and "scales" in model.card.added:
        raise ValueError(f"{model.path} is over scales already; name the network that it was made of.")
    images = tf.TensorSpec((None, *(model.input_size or (None, None)), 3), tf.float32, "images")
    fuse = choose(FUSIONS, fusion, "fusion")

    def at(percent: int, images: tf.Tensor) -> tf.Tensor:
        if percent == 100:
            return model.logits(images)
        size = tf.shape(images)[1:3]
        parts = size // model.frame.multiple
        smaller = tf.maximum((parts * percent + 50) // 100, 1) * model.frame.multiple
        return tf.image.resize(model.logits(tf.image.resize(images, smaller)), size)

    def logits(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": fuse([at(percent, images) for percent in percents(scales)])}

    def of_scale(percent: int, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": at(percent, images)}

    signatures = {f"logits_{percent}": (functools.partial(of_scale, percent), [images]) for percent in percents(scales)}
    return Servable(model, {"logits": (logits, [images]), **signatures})


def _width(found: card.Card) -> float:
    """Of the card, or in older ones of the command that trained or imported the network."""
    if found.width is not None:
        return found.width
    recorded = {**found.provenance.get("import", {}), **found.provenance.get("training", {})}
    return float(recorded.get("width", 1.0))
