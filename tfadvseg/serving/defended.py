"""A network behind a random input transform, which draws anew in each call."""

from collections.abc import Callable

import tensorflow as tf

from tfadvseg.models.conversion import LEAST_PROBABILITY
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import OF_SEEDS
from tfadvseg.seeds import at_sample
from tfadvseg.serving.answers import Logits
from tfadvseg.serving.servable import Servable

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(images [N, H, W, 3], seeds [N, 2]) -> images."""

SEEDS = tf.TensorSpec((None, 2), tf.int32, "seeds")


def randomised(model: LoadedModel, transform: Transform) -> Servable:
    """The model behind a random transform.

    Its signature `logits` draws anew in each call, as a defense does. `logits_of_seeds` also takes seeds int32 [N, 2]
    and gives the same logits for the same ones.
    """
    size = size_for_transform(model)
    images = tf.TensorSpec((None, *size, 3), tf.float32, "images")

    def logits_of_seeds(images: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": model.logits(transform(images, seeds))}

    def logits(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return logits_of_seeds(images, fresh_seeds(images))

    return Servable(model, {"logits": (logits, [images]), OF_SEEDS: (logits_of_seeds, [images, SEEDS])})


def size_for_transform(model: LoadedModel) -> tuple[int, int]:
    """(height, width) of a model's input; ValueError where it has none, which transforms must know."""
    if model.input_size is None:
        raise ValueError(f"{model.path} takes images of any size, but a transform needs one; fix it in the file first.")
    return model.input_size


def fresh_seeds(images: tf.Tensor) -> tf.Tensor:
    """Seeds int32 [N, 2] of draws that nobody has seen, in each call others.

    By the operation itself: tf.random.uniform would write the seed of a tf.random.set_seed into the graph, and then a
    server would draw the same numbers after each of its starts. With both seeds 0 it asks the system for one.
    """
    low, high = tf.int32.limits
    return tf.raw_ops.RandomUniformInt(shape=[tf.shape(images)[0], 2], minval=low, maxval=high, seed=0, seed2=0)


def averaged(logits: Logits, transform: Transform, trials: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """(images [N, H, W, 3], seeds int32 [N, 2]) -> the logarithm of the mean softmax [N, H, W, C] of a network over
    draws of a transform, one after the other; their softmax is that mean again."""

    def answer(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        total = tf.nn.softmax(logits(transform(images, at_sample(seeds, tf.constant(0)))))
        for trial in tf.range(1, trials):
            total += tf.nn.softmax(logits(transform(images, at_sample(seeds, trial))))
        return tf.math.log(tf.maximum(total / trials, LEAST_PROBABILITY))

    return answer
