"""From a trained Keras model to saved_models/<name>/<version>."""

import os
import pathlib
import tempfile
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from tfadvseg.models.card import Card
from tfadvseg.models.zoo.multiscale import branches


def export(network: keras.Model, card: Card, models_folder: str | os.PathLike) -> pathlib.Path:
    """Writes the network with its signature `logits` and its card as the next version of <models_folder>/<card.name>.

    An ensemble over scales gets one more for each, such as `logits_50`, on the same variables. The folder appears whole
    or not at all. Returns it.
    """
    scales = branches(network)
    return write_version(
        card, models_folder,
        lambda folder: _write_scales(network, scales, card, folder) if scales else _write(network, card, folder),
    )  # fmt: skip


def write_version(
    card: Card, models_folder: str | os.PathLike, write: Callable[[pathlib.Path], object]
) -> pathlib.Path:
    """The next version of <models_folder>/<card.name>, of what `write` puts into a folder, and the card."""
    parent = pathlib.Path(models_folder) / card.name
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


def _write(network: keras.Model, card: Card, folder: pathlib.Path) -> None:
    archive = keras.export.ExportArchive()

    @tf.function
    def logits(images):
        return {"logits": network(images, training=False)}

    archive.add_endpoint(
        "logits",
        logits,
        input_signature=[tf.TensorSpec((None, *(card.input_size or (None, None)), 3), tf.float32, name="images")],
    )
    archive.write_out(
        str(folder), options=tf.saved_model.SaveOptions(experimental_custom_gradients=True), verbose=False
    )


def _write_scales(network: keras.Model, scales: Mapping[int, keras.Model], card: Card, folder: pathlib.Path) -> None:
    archive = keras.export.ExportArchive()
    images = tf.TensorSpec((None, *(card.input_size or (None, None)), 3), tf.float32, name="images")
    for name, part in {"logits": network, **{f"logits_{percent}": part for percent, part in scales.items()}}.items():
        archive.add_endpoint(name, _logits_of(part), input_signature=[images])
    archive.write_out(
        str(folder), options=tf.saved_model.SaveOptions(experimental_custom_gradients=True), verbose=False
    )


def _logits_of(network: keras.Model) -> Callable:
    return tf.function(lambda images: {"logits": network(images, training=False)})
