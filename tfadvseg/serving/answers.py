"""What is answered of photographs: labels in their own size, and how sure the network was.

All photographs of a batch have one size, so a network of one input size is shown all of them at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models.certainty import certainty
from tfadvseg.models.labelling import labels_on_photographs, mean_inside

Logits = Callable[[tf.Tensor], tf.Tensor]
"""Images [N, H, W, 3] of the network's size -> logits [N, H, W, C]."""

NOT_FINITE = "The network returns scores that are no finite numbers; check its reading and the export."


class Answer(NamedTuple):
    """labels: uint8 [N, H, W] in the photographs' size. confidence, entropy: float32 [N], means over the pixels of the
    network's input that are photograph of the largest softmax probability and of -sum p ln p in nats."""

    labels: tf.Tensor
    confidence: tf.Tensor
    entropy: tf.Tensor


def answer(logits: Logits, frame: Frame, photographs: tf.Tensor) -> Answer:
    """Of photographs [N, H, W, 3] in 0..255, of any size."""
    placed, inside = frame.place(photographs)
    return answer_of_scores(logits(placed), frame, inside, tf.shape(photographs)[1:3])


def answer_of_scores(scores: tf.Tensor, frame: Frame, inside: tf.Tensor, shape: tf.Tensor) -> Answer:
    """The same of the logits [N, h, w, C] of inputs of which `inside` is the part of photographs of this shape. Ends in
    an assertion where a score is no finite number."""
    confidence, entropy = certainty(scores)
    finite = tf.debugging.Assert(tf.reduce_all(tf.math.is_finite(entropy)), [NOT_FINITE])
    with tf.control_dependencies([finite]):
        labels = labels_on_photographs(scores, frame, inside, shape)
    return Answer(labels, mean_inside(confidence, inside), mean_inside(entropy, inside))
