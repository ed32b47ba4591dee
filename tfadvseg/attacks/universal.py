"""Universal perturbations (Metzen et al. 2017): one tile, repeated over any image, that fools a network on images that
it was not made on."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.gradients import plain_gradient, usable
from tfadvseg.attacks.objectives import Objective, away_from_labels
from tfadvseg.attacks.steps import on_8_bits, sign_step, within_range
from tfadvseg.seeds import no_seeds

Size = tuple[int, int]


def repeated(tile: tf.Tensor, size: Size) -> tf.Tensor:
    """[H, W, 3] of `size`: the tile [h, w, 3] side by side from the upper left corner on, the last ones cut."""
    rows, columns = (math.ceil(whole / part) for whole, part in zip(size, tile.shape[:2], strict=True))
    return tf.tile(tile, [rows, columns, 1])[: size[0], : size[1]]


def folded(gradient: tf.Tensor, size: Size) -> tf.Tensor:
    """The gradient [h, w, 3] with respect to a tile of `size`, of that [H, W, 3] with respect to its repeats: their
    sum."""
    rows, columns = (math.ceil(whole / part) for whole, part in zip(gradient.shape[:2], size, strict=True))
    missing = rows * size[0] - gradient.shape[0], columns * size[1] - gradient.shape[1]
    padded = tf.pad(gradient, [[0, missing[0]], [0, missing[1]], [0, 0]])
    return tf.reduce_sum(tf.reshape(padded, [rows, size[0], columns, size[1], 3]), (0, 2))


@dataclasses.dataclass(frozen=True)
class Universal:
    """How a tile is fitted: in each pass over the images a step of alpha along the sign of the gradient, summed over
    all images and repeats, within epsilon; both in grey levels.

    size: (height, width) of the tile. objective: what it raises on every image. in_range: images stay within 0..255
    under it, the tile itself knows no range. A mean in place of the sum has the same sign.
    """

    epsilon: float = 10.0
    alpha: float = 1.0
    passes: int = 60
    size: Size = (512, 512)
    objective: Objective = away_from_labels
    in_range: bool = False

    def __post_init__(self) -> None:
        if not (self.epsilon > 0 and self.alpha > 0):
            raise ValueError(
                f"`epsilon` and `alpha` are more than 0 grey levels; got {self.epsilon:g} and {self.alpha:g}."
            )
        if self.passes < 1:
            raise ValueError(f"A tile is fitted in at least 1 of `passes`; got {self.passes}.")

    def ascent_of(self, model: Model) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
        """(tile [h, w, 3], images, labels, attackable or None) -> (gradient [h, w, 3], score), of a batch: sums."""

        @tf.function
        def ascent(
            tile: tf.Tensor, images: tf.Tensor, labels: tf.Tensor, attackable: tf.Tensor | None
        ) -> tuple[tf.Tensor, tf.Tensor]:
            shown = images + shown_on(tile, images, attackable, self.in_range)
            found = plain_gradient(model, self.objective, shown, labels, no_seeds(images))
            gradient = usable(found.gradient, attackable)
            return folded(tf.reduce_sum(gradient, 0), tile.shape[:2]), tf.reduce_sum(found.score)

        return ascent

    def step(self, tile: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """The tile after a pass."""
        return sign_step(tile, gradient, self.alpha, self.epsilon)


def shown_on(tile: tf.Tensor, images: tf.Tensor, attackable: tf.Tensor | None, in_range: bool) -> tf.Tensor:
    """The perturbation [N, H, W, 3] that the tile is of images."""
    size = int(images.shape[1]), int(images.shape[2])
    shown = tf.repeat(repeated(tile, size)[tf.newaxis], tf.shape(images)[0], 0)
    shown = shown if attackable is None else shown * attackable
    return tf.ensure_shape(within_range(shown, images) if in_range else shown, images.shape)


@dataclasses.dataclass(frozen=True)
class FixedTile:
    """An attack that applies a tile which was fitted before: it asks no model and takes no gradient.

    values: of float32 [*size, 3], as bytes, so that equal tiles are equal attacks.
    """

    epsilon: float
    values: bytes = dataclasses.field(repr=False)
    size: Size
    in_range: bool = False
    whole_levels: bool = False
    black_box: bool = dataclasses.field(default=False, init=False)
    cost: Cost = dataclasses.field(default=Cost(), init=False)

    @classmethod
    def of(cls, tile: np.ndarray, epsilon: float, **settings: Any) -> "FixedTile":
        """Of a tile [h, w, 3], no value of which is farther than epsilon from 0."""
        if tile.ndim != 3 or tile.shape[2] != 3 or not np.abs(tile).max(initial=0.0) <= epsilon:
            raise ValueError(
                f"A tile is [h, w, 3] with values within epsilon, {epsilon:g}, of 0; got {list(tile.shape)} with "
                f"values up to {np.abs(tile).max(initial=0.0):g}."
            )
        return cls(epsilon, np.ascontiguousarray(tile, np.float32).tobytes(), tile.shape[:2], **settings)

    @functools.cached_property
    def tile(self) -> np.ndarray:
        """float32 [*size, 3]."""
        return np.frombuffer(self.values, np.float32).reshape(*self.size, 3)

    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
        start: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbation [N, H, W, 3]; where a tile begins plays no part."""
        del model, labels, seeds, start
        shown = shown_on(tf.constant(self.tile), images, attackable, self.in_range)
        return on_8_bits(shown) if self.whole_levels else shown
