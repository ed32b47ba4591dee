"""No transform, the least that any file does, and transforms made of transforms, each part by seeds of its own."""

import dataclasses

import tensorflow as tf

from tfadvseg.transforms.draws import derive
from tfadvseg.transforms.straight_through import Transform


def identity(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """The images as they are."""
    del seeds
    return images


def clip(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """The images within 0..255, as any file or camera holds them; its gradient is 0 where a value was cut."""
    del seeds
    return tf.clip_by_value(images, 0.0, 255.0)


@dataclasses.dataclass(frozen=True)
class InSequence:
    """One part after the other; without parts the identity."""

    parts: tuple[Transform, ...]

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        for i, part in enumerate(self.parts):
            images = part(images, derive(seeds, i))
        return images

    def back(self, answers: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """A network's answers [N, h, w, C] at the places of the untouched images, the last part undone first."""
        for i, part in reversed(list(enumerate(self.parts))):
            if hasattr(part, "back"):
                answers = part.back(answers, derive(seeds, i))
        return answers
