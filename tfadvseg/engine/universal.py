"""Fits the tile of a universal perturbation to the photographs of a split, pass by pass; killed, it goes on with the
next pass and ends with the same bits."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.universal import Universal
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import inside
from tfadvseg.engine.jobs import Shards
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.progress import Progress
from tfadvseg.runs.tiles import Tile, load_tile, save_picture, save_tile

FILE, PICTURE = "tile.npz", "tile.png"


def fit(
    attack: Universal,
    spec: ModelSpec,
    model: Model,
    shards: Shards,
    place: pathlib.Path,
    about: str,
    progress: Progress,
    target: np.ndarray | None = None,
) -> Tile:
    """The tile after all passes; `place`, a folder, has it after each of them.

    about: what the objective is, as text. target: labels [H, W] that it leads to on every photograph, where these are
    not its own prediction. What fills inputs up neither counts nor changes. Damaged photographs are left out.
    """
    place.mkdir(parents=True, exist_ok=True)
    tile = _begun(attack, spec, place, about)
    progress.skip(tile.passes * len(shards.split))
    ascent, predict = attack.ascent_of(model), tf.function(lambda images: tf.argmax(model(images), -1, tf.int32))
    clean: list[np.ndarray] = []  # of each batch; the photographs of all passes are the same
    for number in range(tile.passes, attack.passes):
        progress.of(f"{spec.name}: pass {number + 1} of {attack.passes}", 1.0)
        values, total, score, pixels = tf.constant(tile.values), tf.zeros_like(tile.values), 0.0, 0
        for place_of_batch, batch in enumerate(progress.timed(shards.readable(spec))):
            images, counted = batch["image"], inside(batch["size"], batch["image"].shape[1:3])
            if place_of_batch == len(clean):
                clean.append(_labels(predict, images, target).astype(np.uint8))
            labels = tf.where(counted, tf.cast(clean[place_of_batch], tf.int32), LEFT_OUT)
            gradient, own = ascent(values, images, labels, tf.cast(counted, tf.float32)[..., tf.newaxis])
            total, score = total + gradient, score + float(own)
            pixels += int(tf.math.count_nonzero(counted))
            progress.tick(1.0, len(images))
        stepped = attack.step(values, total).numpy()
        tile = dataclasses.replace(tile, values=stepped, scores=np.append(tile.scores, score / pixels))
        save_tile(place / FILE, tile)
    save_picture(place / PICTURE, tile)
    return tile


def prediction_on(spec: ModelSpec, model: Model, photograph: np.ndarray) -> np.ndarray:
    """int32 [H, W] of the model's input: what it predicts on a photograph [H, W, 3]."""
    placed, _ = spec.frame.place(tf.constant(photograph))
    return tf.argmax(model(placed[tf.newaxis]), -1, tf.int32)[0].numpy()


def _begun(attack: Universal, spec: ModelSpec, place: pathlib.Path, about: str) -> Tile:
    """What an earlier start has left, or a tile of zeros."""
    if (place / FILE).exists():
        return load_tile(place / FILE)
    return Tile(np.zeros((*attack.size, 3), np.float32), attack.epsilon, np.zeros(0), spec.name, spec.digest, about)


def _labels(predict: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, target: np.ndarray | None) -> np.ndarray:
    """[N, H, W]: the target of each photograph, or its own prediction."""
    if target is None:
        return predict(images).numpy()
    if target.shape != tuple(images.shape[1:3]):
        raise ValueError(
            f"The target map is {target.shape[1]}x{target.shape[0]} but a photograph is "
            f"{images.shape[2]}x{images.shape[1]} in the network's input; a fixed target wants a fixed input size."
        )
    return np.broadcast_to(target, images.shape[:3])
