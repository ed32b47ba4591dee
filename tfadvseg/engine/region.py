"""Attacks limited to a region: which pixels of a network's input may change, and what is counted inside of it.

What fills an input up is part of no region.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import Protocol

import numpy as np
import tensorflow as tf

from tfadvseg.conventions import IGNORED
from tfadvseg.data.files import read_mask
from tfadvseg.data.framing import crop
from tfadvseg.data.split import Examples
from tfadvseg.engine.exposure import Exposure
from tfadvseg.metrics.counts import class_counts
from tfadvseg.runs.perturbations import photograph_digest

Predict = Callable[[], tf.Tensor]
"""Gives the attacked network's prediction int32 [N, H, W] on the clean images."""


class Region(Protocol):
    """A frozen dataclass."""

    @property
    def text(self) -> str:
        """What it is, as the subject of a sentence."""

    @property
    def absent(self) -> str:
        """Why it is empty in an image, after "where"."""

    def __call__(self, exposure: Exposure, predict: Predict, photographs: Examples, indices: np.ndarray) -> tf.Tensor:
        """bool [N, H, W] on the attacked network's inputs; photographs, indices: what these were made of."""


@dataclasses.dataclass(frozen=True)
class ClassRegion:
    """The pixels that the attacked network itself predicts as one class on the clean image."""

    number: int
    name: str

    @property
    def text(self) -> str:
        """Names the class."""
        return f"the pixels that a network predicts as {self.name} on the clean image"

    @property
    def absent(self) -> str:
        """Names the class."""
        return f"the network predicts no {self.name}"

    def __call__(self, exposure: Exposure, predict: Predict, photographs: Examples, indices: np.ndarray) -> tf.Tensor:
        """bool [N, H, W]; it asks for the prediction and for nothing of the photographs."""
        return (predict() == self.number) & exposure.counted


@dataclasses.dataclass(frozen=True)
class MaskRegion:
    """The pixels of photographs that are not 0 in a picture of their size, or not black where it has colours."""

    path: pathlib.Path

    @functools.cached_property
    def mask(self) -> np.ndarray:
        """uint8 [H, W] of 0 and 1."""
        values = read_mask(self.path).values
        mask: np.ndarray = np.any(values.reshape(*values.shape[:2], -1) != 0, axis=-1)
        if not mask.any():
            raise ValueError(f"{self.path} is 0 everywhere, so nothing could change; mark the `region` in it.")
        return mask.astype(np.uint8)

    @property
    def digest(self) -> str:
        """Of its pixels, whatever the file is called."""
        return photograph_digest(self.mask)

    @property
    def text(self) -> str:
        """Without the file's name: a region is what it marks."""
        return "the pixels that the mask marks"

    @property
    def absent(self) -> str:
        """As where resizing leaves nothing of a small mask."""
        return "the network's input has no pixel of the mask"

    def __call__(self, exposure: Exposure, predict: Predict, photographs: Examples, indices: np.ndarray) -> tf.Tensor:
        """bool [N, H, W], the mask placed as the photographs are; ValueError where one of them has another size."""
        for name, image, _ in (photographs[int(index)] for index in indices):
            if image.shape[:2] != self.mask.shape:
                raise ValueError(
                    f"{self.path} is {_size(self.mask)} but the photograph {name} is {_size(image)}; a mask in "
                    "`region` has the photographs' size."
                )
        placed = [exposure.frame.place_labels(self.mask, size) == 1 for size in exposure.size]
        return tf.stack(placed) & exposure.counted


def as_seen(region: tf.Tensor, seen: Exposure) -> np.ndarray:
    """A region bool [N, H, W] on the attacked network's inputs, in the frame in which its photographs are seen: on the
    photograph, and from there, by nearest neighbours."""
    if seen.source is None:
        return region.numpy()
    placed = []
    parts = zip(region, seen.photographs, seen.source.size, seen.size, strict=True)
    for one, photograph, source_size, size in parts:
        part = tf.cast(crop(one, source_size), tf.int32)[..., tf.newaxis]
        lifted = tf.image.resize(part, photograph.shape[:2], method="nearest")[..., 0]
        placed.append(seen.frame.place_labels(lifted, size).numpy() == 1)
    return np.stack(placed)


def inside_counts(
    labels: np.ndarray, predictions: np.ndarray, inside: np.ndarray, classes: int
) -> dict[str, np.ndarray]:
    """Class counts [N, C] of the pixels inside, by names that end so, and `region`, how many these are [N]."""
    counts = class_counts(np.where(inside, labels, IGNORED), predictions, classes)._asdict()
    return {f"{key}_inside": value for key, value in counts.items()} | {"region": inside.sum((1, 2))}


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
