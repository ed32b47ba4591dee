"""What is kept of a network's answer: predictions, class counts, confidence, entropy."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.models.certainty import certainty
from tfadvseg.seeds import no_seeds


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """predictions: [N, H, W]. counts: of each image [N, C]. confidence, entropy: sums [N] over an image's pixels.

    boundaries: of an image [N], the pairs of pixels side by side, or one below the other, with different predictions.
    """

    predictions: np.ndarray
    counts: Counts
    confidence: np.ndarray
    entropy: np.ndarray
    boundaries: np.ndarray


def answer(model: Model, images: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """(prediction int32 [N, H, W], confidence, entropy, boundaries, finite), [N] each, over `counted` [N, H, W].

    Confidence is the largest softmax probability, entropy -sum p ln p in nats. finite says whether all scores were
    numbers.
    """
    logits = model(images)
    confidences, entropies = certainty(logits)
    weight = tf.cast(counted, tf.float32)
    confidence = tf.reduce_sum(weight * confidences, (1, 2))
    entropy = tf.reduce_sum(entropies * weight, (1, 2))
    finite = tf.reduce_all(tf.math.is_finite(entropies), (1, 2))
    prediction = tf.argmax(logits, -1, tf.int32)
    return prediction, confidence, entropy, _boundaries(prediction, counted), finite


def _boundaries(prediction: tf.Tensor, counted: tf.Tensor) -> tf.Tensor:
    beside = (prediction[:, :, 1:] != prediction[:, :, :-1]) & counted[:, :, 1:] & counted[:, :, :-1]
    below = (prediction[:, 1:] != prediction[:, :-1]) & counted[:, 1:] & counted[:, :-1]
    return tf.add_n([tf.math.count_nonzero(pairs, (1, 2)) for pairs in (beside, below)])


class Scorer:
    """Scores one model; traced once, and the model can go with it. seeded: it is called with (images, seeds)."""

    def __init__(self, model: Model, classes: int, seeded: bool = False):
        def answer_of_seeds(images: tf.Tensor, counted: tf.Tensor, seeds: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return answer(functools.partial(model, seeds=seeds) if seeded else model, images, counted)

        self.answer, self.classes = tf.function(answer_of_seeds), classes

    def __call__(
        self, images: tf.Tensor, counted: tf.Tensor, labels: np.ndarray, seeds: tf.Tensor | None = None
    ) -> Scores:
        """Of the model on images [N, H, W, 3] against labels [N, H, W], over `counted` [N, H, W], by the draws of seeds
        int32 [N, 2].

        Raises ValueError where one of its scores is no finite number.
        """
        parts = self.answer(images, counted, no_seeds(images) if seeds is None else seeds)
        predictions, confidence, entropy, boundaries, finite = (part.numpy() for part in parts)
        if not finite.all():
            raise ValueError(
                "The model returns scores that are no finite numbers; check its `intensity_range` and the export."
            )
        counts = class_counts(labels, predictions, self.classes)
        return Scores(predictions.astype(np.uint8), counts, confidence, entropy, boundaries)
