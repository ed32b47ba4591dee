"""Transforms made of transforms; each part draws from seeds of its own."""

import dataclasses

import tensorflow as tf

from tfadvseg.transforms.draws import derive, uniform
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


@dataclasses.dataclass(frozen=True)
class OneAtRandom:
    """One of the parts for each image, all equally likely; only that one is computed."""

    parts: tuple[Transform, ...]

    def __post_init__(self):
        if not self.parts:
            raise ValueError("One transform at random needs some to choose from; got none.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""

        def through_its_part(image_seed_choice):
            image, seed, choice = image_seed_choice
            branches = [
                lambda i=i, part=part: part(image[tf.newaxis], derive(seed[tf.newaxis], i))[0]
                for i, part in enumerate(self.parts)
            ]
            return tf.switch_case(choice, branches)

        results = tf.map_fn(through_its_part, (images, seeds, self.choices(seeds)), fn_output_signature=images.dtype)
        return tf.ensure_shape(results, images.shape)

    def choices(self, seeds: tf.Tensor) -> tf.Tensor:
        """Which part each image goes through, int32 [N]."""
        drawn = tf.cast(uniform(seeds, (), 0.0, len(self.parts)), tf.int32)
        return tf.minimum(drawn, len(self.parts) - 1)  # a draw may be the upper end itself
