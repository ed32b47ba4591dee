"""What an attack's step costs: the time of a forward pass and of an input gradient, side by side."""

import statistics
import time
from collections.abc import Callable

import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.seeds import no_seeds


def forward_and_gradient(model: Model, size: tuple[int, int], repeats: int = 3) -> tuple[float, float]:
    """Seconds of (a forward pass, an input gradient) of one image of `size`: medians of runs in turns, after a warm-up.

    The gradient's time includes its own forward pass.
    """
    images = tiled_image(size)
    forward = tf.function(lambda images: model(images))
    labels = tf.argmax(forward(images), -1, tf.int32)
    gradient = tf.function(lambda x: plain_gradient(model, away_from_labels, x, labels, no_seeds(x)).gradient)
    gradient(images)
    times = [(seconds(forward, images), seconds(gradient, images)) for _ in range(repeats)]
    first, second = (statistics.median(column) for column in zip(*times, strict=True))
    return first, second


def tiled_image(size: tuple[int, int]) -> tf.Tensor:
    """[1, H, W, 3]: tiles of some 30 pixels under noise of 3 grey levels, about as rich in colours as a photograph: a
    dense CRF takes far longer on an image of noise alone."""
    tiles = tf.random.stateless_uniform((1, size[0] // 30 + 2, size[1] // 30 + 2, 3), (0, 1), 0, 255)
    noise = tf.random.stateless_normal((1, *size, 3), (0, 2), 0, 3)
    return tf.clip_by_value(tf.round(tf.image.resize(tiles, size, "nearest") + noise), 0, 255)


def seconds(function: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor) -> float:
    """Of one call, until its result is there."""
    started = time.perf_counter()
    function(images).numpy()
    return time.perf_counter() - started
