"""From a trained Keras model to saved_models/<name>/<version>."""

import functools
import os
import pathlib
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from tfadvseg.confined import confined
from tfadvseg.models.card import Card
from tfadvseg.models.network import PROBE
from tfadvseg.models.zoo.multiscale import branches
from tfadvseg.serving.packed import PackedWeights, check_logits


def export(network: keras.Model, card: Card, models_folder: str | os.PathLike[str], half: bool = False) -> pathlib.Path:
    """Writes the network with its signature `logits` and its card as the next version of <models_folder>/<card.name>.

    An ensemble over scales gets one more for each, such as `logits_50`, on the same variables. half: whether kernels
    are stored in half the space (`serving.packed`); ValueError where that would move its logits. The folder appears
    whole or not at all. Returns it.
    """
    parts = {"logits": network} | {f"logits_{percent}": part for percent, part in branches(network).items()}
    write = _write_packed if half else _write
    return write_version(card, models_folder, lambda folder: write(parts, card, folder))


def write_version(
    card: Card, models_folder: str | os.PathLike[str], write: Callable[[pathlib.Path], object]
) -> pathlib.Path:
    """The next version of <models_folder>/<card.name>, of what `write` puts into a folder, and the card."""
    parent = confined(models_folder, card.name, "The card", links=True)
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".export-") as scratch:
        folder = pathlib.Path(scratch) / "version"
        write(folder)
        card.write(folder)
        return _next_version(folder, parent)


def _next_version(folder: pathlib.Path, parent: pathlib.Path) -> pathlib.Path:
    """Moves the folder to the first free number; another export at the same time takes the next one."""
    version = 1 + max((int(p.name) for p in parent.iterdir() if p.name.isdigit()), default=0)
    while True:
        target = parent / str(version)
        try:
            os.rename(folder, target)  # fails where the target holds anything, and is one step
            return target
        except OSError:
            if not target.exists():
                raise
            version += 1


def _write(parts: Mapping[str, keras.Model], card: Card, folder: pathlib.Path) -> None:
    archive = keras.export.ExportArchive()
    for name, part in parts.items():
        archive.add_endpoint(name, _logits(functools.partial(part, training=False)), input_signature=[_images(card)])
    archive.write_out(str(folder), options=_options(), verbose=False)


def _write_packed(parts: Mapping[str, keras.Model], card: Card, folder: pathlib.Path) -> None:
    network = parts["logits"]
    packed = PackedWeights(network)
    check_logits(network, packed, card.input_size or PROBE)
    signatures = {
        name: _logits(functools.partial(packed.call, part)).get_concrete_function(_images(card))
        for name, part in parts.items()
    }
    tf.saved_model.save(packed.module, str(folder), signatures, _options())
    packed.write_list(folder)


def _logits(call: Callable[[tf.Tensor], tf.Tensor]) -> Any:
    """A signature's `tf.function`."""

    @tf.function
    def logits(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": call(images)}

    return logits


def _images(card: Card) -> tf.TensorSpec:
    return tf.TensorSpec((None, *(card.input_size or (None, None)), 3), tf.float32, name="images")


def _options() -> tf.saved_model.SaveOptions:
    return tf.saved_model.SaveOptions(experimental_custom_gradients=True)
