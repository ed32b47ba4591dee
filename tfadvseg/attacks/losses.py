"""Losses of modern attacks, as (logits [N, H, W, C], labels [N, H, W], progress) -> [N, H, W], to be raised.

Cross-entropy spends its gradient on pixels that are lost already, whose loss grows without end. Each of these looks
away from them in a way of its own. A weight that a loss makes of its own prediction takes no part in the gradient.
Below, p = softmax(z), y is the label, and c is 1 where the prediction is y, else 0.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.objectives import Progress, cross_entropy


@dataclasses.dataclass(frozen=True)
class SegPgd:
    """w CE with w = 1 - t/2T where the pixel is not yet lost, t/2T where it is (Gu et al. 2022).

    targeted: the labels are to be reached, so a pixel is lost where c = 1.
    """

    targeted: bool = False

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress) -> tf.Tensor:
        """[N, H, W]; at a progress of 0 lost pixels weigh nothing, near 1 about as much as the others."""
        lost = _right(logits, labels) if self.targeted else 1 - _right(logits, labels)
        share = tf.cast(progress, logits.dtype) / 2
        return cross_entropy(logits, labels) * (lost * share + (1 - lost) * (1 - share))


@dataclasses.dataclass(frozen=True)
class CosPgd:
    """w CE with w = cos(psi(z), e_y), psi the softmax, so p_y / |p|; 1 - cos where targeted (Agnihotri et al. 2024).

    sigmoid: with psi the sigmoid of each logit, as in an early comparison of others, which is weaker.
    """

    targeted: bool = False
    sigmoid: bool = False

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress) -> tf.Tensor:
        """[N, H, W], whatever the progress; cos is a weight, so no gradient goes through it."""
        del progress
        seen = tf.sigmoid(logits) if self.sigmoid else tf.nn.softmax(logits)
        cosine = tf.stop_gradient(_of_label(seen, labels) / _length(seen))
        return cross_entropy(logits, labels) * (1 - cosine if self.targeted else cosine)


@dataclasses.dataclass(frozen=True)
class MaskedCrossEntropy:
    """c CE: lost pixels do not count (Croce et al. 2024, MCE). class_weights: of the label's class, MCE-Bal."""

    class_weights: tuple[float, ...] = ()

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress) -> tf.Tensor:
        """[N, H, W], whatever the progress; 0 where the prediction is not the label."""
        del progress
        loss = cross_entropy(logits, labels) * _right(logits, labels)
        if not self.class_weights:
            return loss
        return loss * tf.gather(tf.constant(self.class_weights, logits.dtype), labels)


def balanced(pixels: Sequence[int]) -> tuple[float, ...]:
    """Class weights: 1 over the pixels of each class in the data, of sum 1. A class of which there is none there weighs
    as much as the rarest other. ValueError where there are no pixels at all."""
    counts = np.asarray(pixels, float)
    if not counts.any():
        raise ValueError("No pixel is labelled, so classes cannot be weighed by their pixels; choose another attack.")
    inverse = 1 / np.maximum(counts, counts[counts > 0].min())
    return tuple((inverse / inverse.sum()).tolist())


def jensen_shannon(logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """Jensen-Shannon divergence of p and e_y in nats (Croce et al. 2024, JS).

    log(2 / (1 + p_y)) / 2 + sum_k p_k log(2 p_k / (p_k + [k = y])) / 2, of which every k but y gives p_k log 2. Its
    gradient p_y log(p_y / (1 + p_y)) ([k = y] - p_k) / 2 fades as p_y goes to 0. In logarithms, where p_y is none of
    float32's numbers.
    """
    del progress
    log_p = -cross_entropy(logits, labels)
    p = tf.exp(log_p)
    half = tf.constant(0.5, logits.dtype)
    others = (1 - p) * tf.math.log(2 * tf.ones_like(p))
    own = p * (tf.math.log(2 * tf.ones_like(p)) + log_p - tf.math.log1p(p))
    return half * (tf.math.log(2 * tf.ones_like(p)) - tf.math.log1p(p)) + half * (others + own)


def logits_ratio(logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """Difference of logits ratio, -(z_y - max_{k != y} z_k) / (z_(1) - z_(3)), which no scale of the logits changes
    (Croce and Hein 2020, DLR). Of two classes, which have no third, it is the difference alone: divided by itself it
    would have no gradient."""
    del progress
    highest = tf.math.top_k(logits, min(3, logits.shape[-1])).values
    other = tf.where(_right(logits, labels) > 0, highest[..., 1], highest[..., 0])
    lead = _of_label(logits, labels) - other
    return -tf.math.divide_no_nan(lead, highest[..., 0] - highest[..., 2]) if logits.shape[-1] > 2 else -lead


def cosine_distance(logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """1 - cos(z, e_y) of the logits themselves (Halmosi et al. 2024, PAdam-Cos)."""
    del progress
    return 1 - _of_label(logits, labels) / _length(logits)


def _right(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """1 where the prediction is the label, 0 elsewhere."""
    return tf.cast(tf.argmax(logits, -1, labels.dtype) == labels, logits.dtype)


def _of_label(values: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """values [N, H, W, C] -> those of the label's class [N, H, W]."""
    return tf.reduce_sum(values * tf.one_hot(labels, values.shape[-1], dtype=values.dtype), -1)


def _length(values: tf.Tensor) -> tf.Tensor:
    """Euclidean, over the classes; of zeros not 0, where it has no gradient."""
    return tf.sqrt(tf.maximum(tf.reduce_sum(values * values, -1), values.dtype.as_numpy_dtype(1e-30)))
