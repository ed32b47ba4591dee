"""Gradient estimators: the direction in the image that raises an objective."""

from collections.abc import Callable

import tensorflow as tf

from tfadvseg.attacks.objectives import Objective

Model = Callable[[tf.Tensor], tf.Tensor]
"""Images [N, H, W, 3] -> logits [N, H, W, C]."""

Estimator = Callable[[Model, Objective, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""(model, objective, images [N, H, W, 3], labels [N, H, W], seeds [N, 2]) -> gradient [N, H, W, 3].

The seeds are those of each image at this iterate; a deterministic estimator leaves them alone.
"""


def plain_gradient(
    model: Model, objective: Objective, images: tf.Tensor, labels: tf.Tensor, seeds: tf.Tensor
) -> tf.Tensor:
    """Gradient of the objective, summed over the pixels, with respect to the images."""
    del seeds
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(objective(model(images), labels))
    # A loaded signature forgets the batch size, and a loop wants to know it.
    return tf.ensure_shape(tape.gradient(total, images), images.shape)


def samples_of(estimator: Estimator) -> int:
    """How many gradients of the network an estimate takes."""
    return int(getattr(estimator, "samples", 1))
