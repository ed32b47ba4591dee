"""Transforms made of transforms; each part draws from seeds of its own."""

import dataclasses

import tensorflow as tf

from tfadvseg.transforms.draws import derive
from tfadvseg.transforms.straight_through import Transform


def identity(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """The images as they are."""
    del seeds
    return images


@dataclasses.dataclass(frozen=True)
class InSequence:
    """One part after the other; without parts the identity."""

    parts: tuple[Transform, ...]

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        for i, part in enumerate(self.parts):
            images = part(images, derive(seeds, i))
        return images
