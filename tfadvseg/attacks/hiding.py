"""Hiding a class (Metzen et al. 2017, dynamic target): what the network sees as it shall be seen as what lies next to
it, and everything else as before.

Targets come from the network's own prediction. A rule makes them, a loss weighs them, so whatever takes an objective
hides a class.
"""

import dataclasses
from typing import Any

import numpy as np
import scipy.ndimage
import tensorflow as tf

from tfadvseg.attacks.gradient_ascent import LAST, GradientAscent, ifgsm
from tfadvseg.attacks.objectives import GetLogits, Objective, Progress, cross_entropy, given
from tfadvseg.conventions import IGNORED, LEFT_OUT

MARK = 256
"""Added to the target of a pixel that is to be hidden, so that a loss can tell it from the rest."""

WEIGHT, WEIGHT_OF_ALL = 0.9, 0.9999
"""Of the pixels to be hidden, in an attack on one image and, as in the paper, in one perturbation for all images. What
is made for one image need not give up the rest of it: a larger weight hides little more and breaks much of that."""
CONFIDENCE = 0.75


def nearest_others(prediction: np.ndarray, hidden: int) -> np.ndarray:
    """int32 [H, W] of a prediction [H, W]: each pixel of the class `hidden` takes the label of the nearest pixel of
    another class, by Euclidean distance, IGNORED where the image has none; the rest stays.

    Pixels that are LEFT_OUT or IGNORED lend nobody their label.
    """
    own = prediction == hidden
    lenders = ~own & (prediction != LEFT_OUT) & (prediction != IGNORED)
    if not lenders.any():
        return np.where(own, IGNORED, prediction).astype(np.int32)
    rows, columns = scipy.ndimage.distance_transform_edt(~lenders, return_distances=False, return_indices=True)
    return np.where(own, prediction[rows, columns], prediction).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class NearestOthers:
    """A label rule: `nearest_others` of the labels given to the attack, a network's own prediction; those of pixels to
    be hidden carry a MARK. It runs in NumPy, which XLA cannot compile."""

    hidden: int

    def __post_init__(self) -> None:
        if self.hidden < 0:
            raise ValueError(f"A class to hide is counted from 0; got {self.hidden}.")

    def __call__(self, get_logits: GetLogits, labels: tf.Tensor) -> tf.Tensor:
        """The marked targets int32 [N, H, W] of a prediction [N, H, W]; it asks for no logits, so they stay through all
        steps."""
        del get_logits
        return tf.ensure_shape(tf.numpy_function(self._marked, [labels], tf.int32, stateful=False), labels.shape)

    def _marked(self, labels: np.ndarray) -> np.ndarray:
        targets = np.stack([nearest_others(one, self.hidden) for one in labels])
        marks = (labels == self.hidden) & (targets != IGNORED)
        return (targets + MARK * marks).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class Unreached:
    """Cross-entropy to targets of the pixels that are not yet there: 0 where the target's probability is above
    `confidence`. A pixel whose target carries a MARK weighs `weight`, any other 1 - weight."""

    weight: float = WEIGHT
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1 or not 0 < self.confidence <= 1:
            raise ValueError(
                "The weight of hidden pixels, and the confidence above which a pixel is left alone, are above 0 and at "
                f"most 1; got {self.weight:g} and {self.confidence:g}."
            )

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
        """The weighted loss [N, H, W] of logits [N, H, W, C] to labels [N, H, W] that may carry a MARK."""
        del progress
        loss = cross_entropy(logits, labels % MARK)
        weight = tf.where(labels >= MARK, tf.cast(self.weight, loss.dtype), tf.cast(1 - self.weight, loss.dtype))
        return tf.where(tf.exp(-loss) > self.confidence, tf.zeros_like(loss), weight * loss)


def hiding(hidden: int, weight: float = WEIGHT, confidence: float = CONFIDENCE) -> Objective:
    """Toward the prediction without the class, to be given a network's own prediction."""
    return Objective(NearestOthers(hidden), -1.0, Unreached(weight, confidence))


def toward_map(confidence: float = CONFIDENCE) -> Objective:
    """Toward the labels given, all pixels alike (Metzen et al. 2017, static target)."""
    return Objective(given, -1.0, Unreached(0.5, confidence))


def hide(
    epsilon: float,
    hidden: int,
    alpha: float = 1.0,
    steps: int | None = None,
    weight: float = WEIGHT,
    confidence: float = CONFIDENCE,
    **settings: Any,
) -> GradientAscent:
    """Steps of alpha that hide the class of the number `hidden`; its labels are the network's own prediction."""
    if (keep := settings.get("keep", LAST)) not in (LAST, "loss"):
        raise ValueError(f"An attack that hides a class has targets of its own, so `keep` is last or loss; got {keep}.")
    return ifgsm(epsilon, alpha, steps, objective=hiding(hidden, weight, confidence), **settings)


def hides(attack: Any) -> bool:
    """Whether an attack hides a class, so that it is given the network's own prediction whatever others are."""
    return isinstance(getattr(getattr(attack, "objective", None), "rule", None), NearestOthers)
