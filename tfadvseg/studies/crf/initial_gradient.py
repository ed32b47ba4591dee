"""What an attack finds at the image it starts from: loss, gradient, and how many pixels have none.

Where predictions are so confident that the loss to the own prediction is nearly 0, its gradient is too small for
float32 and an attack goes nowhere: the gradient is masked, and the network only looks robust (section 8 of the paper).
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.gradients import Model
from tfadvseg.attacks.objectives import Objective


@tf.function
def start_of(model: Model, objective: Objective, images: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """(loss, norm, zeros) [N] each, of the objective against the model's own prediction on images [N, H, W, 3].

    loss: mean of the objective's loss over the pixels that count (bool [N, H, W]). norm: of the loss's gradient, the
    mean over pixels of its Euclidean length. zeros: the share of these pixels with a gradient of 0 in all channels.
    """
    weight = tf.cast(counted, tf.float32)
    pixels = tf.reduce_sum(weight, (1, 2))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = model(images)
        labels = tf.stop_gradient(tf.argmax(logits, -1, tf.int32))
        score = objective.sign * objective(logits, labels)
        total = tf.reduce_sum(score)
    gradient = tf.ensure_shape(tape.gradient(total, images), images.shape)
    zeros = tf.cast(tf.reduce_all(gradient == 0, -1), tf.float32)
    norm = tf.norm(gradient, axis=-1)
    return tuple(tf.reduce_sum(part * weight, (1, 2)) / pixels for part in (score, norm, zeros))


def starts(
    model: Model, objectives: Mapping[str, Objective], images: tf.Tensor, counted: tf.Tensor
) -> dict[str, np.ndarray]:
    """{name: [3, N]} of `start_of` for each objective."""
    return {name: np.stack(start_of(model, objective, images, counted)) for name, objective in objectives.items()}
