"""An attack on a network whose entropy is watched: it fools the network and keeps the entropy of the clean image.

Attacked images can be told by the mean entropy of the network's answer (Maag and Fischer 2023). Such a detector is to
be tried by an attacker who knows it (Carlini and Wagner 2017), which is what this one is for.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradient_ascent import GradientAscent, ifgsm
from tfadvseg.attacks.objectives import Objective, Progress, cross_entropy, given
from tfadvseg.seeds import no_seeds


def mean_entropy(logits: tf.Tensor) -> tf.Tensor:
    """Of the softmax, in nats, the mean [N] over all pixels of logits [N, H, W, C]."""
    log_p = tf.nn.log_softmax(logits)
    return tf.reduce_mean(-tf.reduce_sum(tf.exp(log_p) * log_p, -1), (1, 2))


@dataclasses.dataclass(frozen=True, eq=False)
class NearEntropy:
    """Cross-entropy - weight |H - target|, H the mean entropy of the image; target: [N], in nats.

    The penalty belongs to the whole image, so each pixel is charged the same: the sum over the pixels is their number
    times mean cross-entropy - weight |H - target|. H is over the whole input, since a loss is not told what is padding.
    """

    target: tf.Tensor
    weight: float

    def __call__(self, logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
        """[N, H, W] of logits [N, H, W, C]; N may be a multiple of the images whose targets there are, copies one batch
        after the other."""
        samples = tf.shape(logits)[0] // tf.shape(self.target)[0]  # of an expectation that takes several at once
        away = tf.abs(mean_entropy(logits) - tf.tile(self.target, [samples]))
        return cross_entropy(logits, labels, progress) - self.weight * away[:, tf.newaxis, tf.newaxis]


@dataclasses.dataclass(frozen=True)
class Unseen(GradientAscent):
    """Gradient ascent on `NearEntropy`, its target the entropy of the image before the attack, which takes a forward
    pass to know; of a network that draws at random that of a first draw. weight: nats of cross-entropy that a nat of
    entropy is worth.

    An iterate's merit by "loss" is the penalised one.
    """

    objective: Objective = Objective(given, 1.0, cross_entropy, watched=cross_entropy)
    weight: float = 10.0

    @property
    def cost(self) -> Cost:
        """As without the penalty, and a look at the image before."""
        return super().cost._replace(forwards=super().cost.forwards + 1)

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
        start: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbation [N, H, W, 3], of a norm of at most epsilon; the arguments are those of `base.Attack`."""
        seeds = no_seeds(images) if seeds is None else seeds
        target = tf.ensure_shape(mean_entropy(self._clean(model, images, seeds)), images.shape[:1])
        settings = {field.name: getattr(self, field.name) for field in dataclasses.fields(GradientAscent) if field.init}
        settings["objective"] = Objective(given, 1.0, NearEntropy(target, self.weight))
        return GradientAscent(**settings)(model, images, labels, seeds, attackable, start)

    def _clean(self, model: Model, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        estimator = self.gradient
        return (
            estimator.untransformed(model, images, seeds) if isinstance(estimator, ExpectedGradient) else model(images)
        )


def ifgsm_unseen(
    epsilon: float, alpha: float = 1.0, steps: int | None = None, keep: str = "loss", **settings: Any
) -> GradientAscent:
    """Steps of alpha away from the labels that leave the mean entropy where it was. They swing about it, so the last
    iterate is often not the best one, and that is kept."""
    return Unseen(epsilon, alpha, ifgsm(epsilon, alpha, steps).steps, keep=keep, **settings)
