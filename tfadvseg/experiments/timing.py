"""What an attack's step costs: the time of a forward pass and of an input gradient, side by side."""

import statistics
import time

import tensorflow as tf

from tfadvseg.attacks.gradients import Model, plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.attacks.seeds import no_seeds


def forward_and_gradient(model: Model, size: tuple[int, int], repeats: int = 3) -> tuple[float, float]:
    """Seconds of (a forward pass, an input gradient) of one image of `size`: medians of runs in turns, after a warm-up.

    The gradient's time includes its own forward pass.
    """
    images = tf.random.stateless_uniform((1, *size, 3), (0, 1), 0, 255)
    forward = tf.function(lambda images: model(images))
    labels = tf.argmax(forward(images), -1, tf.int32)
    gradient = tf.function(lambda x: plain_gradient(model, away_from_labels, x, labels, no_seeds(x)))
    gradient(images)
    times = [(_seconds(forward, images), _seconds(gradient, images)) for _ in range(repeats)]
    first, second = (statistics.median(column) for column in zip(*times, strict=True))
    return first, second


def _seconds(function, images) -> float:
    started = time.perf_counter()
    function(images).numpy()
    return time.perf_counter() - started
