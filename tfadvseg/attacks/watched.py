"""A model that tells of each look an attack takes at it, so that any attack can be followed and none has to know."""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfadvseg.attacks.base import Model

See = Callable[[tf.Tensor, tf.Tensor], Sequence[tf.Tensor]]
"""(images [N, H, W, 3], logits [N, H, W, C]) -> what is to be noted of them."""


@dataclasses.dataclass(frozen=True, eq=False)
class Watched:
    """The model itself, with the same answers. note: is given what `see` makes of each, as NumPy arrays, one look after
    the other, also from within graphs; XLA cannot compile that."""

    model: Model
    see: See
    note: Callable[..., None]

    def __call__(self, images: tf.Tensor, *drawn: tf.Tensor) -> tf.Tensor:
        """Logits [N, H, W, C] of images [N, H, W, 3], once they are noted. drawn: seeds int32 [N, 2], if the model
        takes some."""
        logits = self.model(images, *drawn)
        noted = tf.numpy_function(self.note, [tf.stop_gradient(one) for one in self.see(images, logits)], [])
        with tf.control_dependencies([noted]):  # before the next look, whose images come of this one's answer
            return tf.identity(logits)
