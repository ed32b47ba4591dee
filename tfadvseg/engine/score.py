"""What is kept of a network's answer to a batch."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.gradients import Model
from tfadvseg.metrics.confusion import confusion


@dataclasses.dataclass(frozen=True)
class Measured:
    """predictions: uint8 [N, H, W]. matrices: int64 [N, C, C]. confidence, entropy: sums [N] over an image's pixels.

    boundaries: of an image [N], the pairs of pixels side by side, or one below the other, with different predictions.
    """

    predictions: np.ndarray
    matrices: np.ndarray
    confidence: np.ndarray
    entropy: np.ndarray
    boundaries: np.ndarray


@tf.function
def answer(model: Model, images: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """(prediction int32 [N, H, W], confidence, entropy, boundaries, finite), [N] each, over `counted` [N, H, W].

    Confidence is the largest softmax probability, entropy -sum p ln p in nats (section 1.7 of the protocol). finite
    says whether all scores were numbers.
    """
    logits = model(images)
    log_p = tf.nn.log_softmax(logits)
    p = tf.exp(log_p)
    weight = tf.cast(counted, tf.float32)
    confidence = tf.reduce_sum(tf.reduce_max(p, -1) * weight, (1, 2))
    entropy = tf.reduce_sum(-tf.reduce_sum(p * log_p, -1) * weight, (1, 2))
    finite = tf.reduce_all(tf.math.is_finite(logits), (1, 2, 3))
    prediction = tf.argmax(logits, -1, tf.int32)
    return prediction, confidence, entropy, _boundaries(prediction, counted), finite


def _boundaries(prediction, counted):
    beside = (prediction[:, :, 1:] != prediction[:, :, :-1]) & counted[:, :, 1:] & counted[:, :, :-1]
    below = (prediction[:, 1:] != prediction[:, :-1]) & counted[:, 1:] & counted[:, :-1]
    return tf.add_n([tf.math.count_nonzero(pairs, (1, 2)) for pairs in (beside, below)])


def measure(model: Model, images: tf.Tensor, counted: tf.Tensor, labels: np.ndarray, classes: int) -> Measured:
    """The network's scores on images [N, H, W, 3] against labels [N, H, W].

    Raises ValueError where one is no finite number.
    """
    predictions, confidence, entropy, boundaries, finite = (part.numpy() for part in answer(model, images, counted))
    if not finite.all():
        raise ValueError("The model returns scores that are no finite numbers; check --intensity_range and the export.")
    matrices = confusion(labels, predictions, classes)
    return Measured(predictions.astype(np.uint8), matrices, confidence, entropy, boundaries)
