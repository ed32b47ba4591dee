"""Expectation over transformation (Athalye et al. 2018; Eq. 7 of the paper): gradients through a random transform."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.gradients import Ascent
from tfadvseg.attacks.objectives import Objective, Progress
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import at_sample

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(images [N, H, W, 3], seeds [N, 2]) -> images. One that moves pixels has a method `back`: (what a model says of
the moved ones, [N, h, w, C], seeds) -> the same at the places of the untouched images, where the labels are."""


def through(transform: Transform, model: Model) -> Model:
    """(images, seeds) -> what a model says of the transformed images, at the places of the untouched ones."""
    back = getattr(transform, "back", None)

    def answer(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        found = model(transform(images, seeds))
        return found if back is None else back(found, seeds)

    return answer


def visible(transform: Transform | None, labels: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """bool, as labels [N, H, W]: the places that the model sees of the images that the seeds [N, 2] transform."""
    back = getattr(transform, "back", None)
    if back is None:
        return tf.ones_like(labels, tf.bool)
    return back(tf.ones_like(labels, tf.float32)[..., tf.newaxis], seeds)[..., 0] > 0


def share_of(seen: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """[N], of the places of each image, at least one of them: what is summed over places that are seen is divided by
    it, so that draws compare which show more and less of an image."""
    places = tf.cast(tf.size(seen[0]), dtype)
    return tf.maximum(tf.reduce_sum(tf.cast(seen, dtype), (1, 2)), 1.0) / places


@dataclasses.dataclass(frozen=True)
class ExpectedGradient:
    """An estimator: the mean over `samples` draws of the gradient through the transform.

    As Eq. 7 has it, a label rule looks at the iterate itself and not at its transformed versions. Without a transform
    the model itself draws: it is called with (images, seeds), and the label rule sees its first draw. at_once: samples
    in one batch, a bound on memory; the largest divisor of `samples` that it allows is taken.
    """

    transform: Transform | None
    samples: int = 10
    at_once: int = 1

    def __post_init__(self) -> None:
        if self.samples < 1 or self.at_once < 1:
            raise ValueError(
                f"An expectation needs at least 1 sample, and 1 at once; got {self.samples} and {self.at_once}."
            )

    @property
    def chunk(self) -> int:
        """Samples in one batch."""
        return max(n for n in range(1, self.samples + 1) if self.samples % n == 0 and n <= self.at_once)

    def __call__(
        self,
        model: Model,
        objective: Objective,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor,
        progress: Progress = 0.0,
    ) -> Ascent:
        """Of the mean objective, with seeds [N, 2] from which every sample's draws come."""
        targets = objective.targets(lambda: self.untransformed(model, images, seeds), labels)
        none = tf.zeros(tf.shape(images)[:1], images.dtype)
        total, score, merit = tf.zeros_like(images), none, none
        add = self._adding(model, objective)
        for first in tf.range(0, self.samples, self.chunk):
            total, score, merit = add(total, score, merit, images, labels, targets, seeds, first, progress)
            total = tf.ensure_shape(total, images.shape)
            score, merit = (tf.ensure_shape(part, images.shape[:1]) for part in (score, merit))
        return Ascent(total / self.samples, score / self.samples, merit / self.samples)

    def untransformed(self, model: Model, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """The logits that a label rule looks at."""
        return model(images) if self.transform is not None else model(images, at_sample(seeds, tf.constant(0)))

    def _adding(self, model: Model, objective: Objective) -> Callable[..., tuple[tf.Tensor, ...]]:
        """A function of its own, since TensorFlow optimises less in the body of a loop."""

        @tf.function
        def add(
            total: tf.Tensor,
            score: tf.Tensor,
            merit: tf.Tensor,
            images: tf.Tensor,
            labels: tf.Tensor,
            targets: tf.Tensor,
            seeds: tf.Tensor,
            first: tf.Tensor,
            progress: Progress,
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            gradient, scores, merits = self._sum(model, objective, images, labels, targets, seeds, first, progress)
            return total + gradient, score + scores, merit + merits

        return add

    def _sum(
        self,
        model: Model,
        objective: Objective,
        images: tf.Tensor,
        labels: tf.Tensor,
        targets: tf.Tensor,
        seeds: tf.Tensor,
        first: tf.Tensor,
        progress: Progress,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Gradient, scores and merits summed over `chunk` samples, the first of which has the number `first`."""
        numbers = [at_sample(seeds, first + i) for i in range(self.chunk)]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            copies, drawn = tf.tile(images, [self.chunk, 1, 1, 1]), tf.concat(numbers, 0)
            drawing = model if self.transform is None else through(self.transform, model)
            logits = drawing(copies, drawn)
            labels, targets = (tf.tile(part, [self.chunk, 1, 1]) for part in (labels, targets))
            seen = visible(self.transform, labels, drawn)
            labels, targets = tf.where(seen, labels, LEFT_OUT), tf.where(seen, targets, IGNORED)
            raised = tf.reduce_sum(objective.score(logits, targets, progress), (1, 2))
            share = share_of(seen, raised.dtype)
            raised /= share
        judged = objective.judged(logits, labels, targets, raised, share)
        return tape.gradient(raised, images), *(tf.reduce_sum(tf.reshape(one, (self.chunk, -1)), 0) for one in judged)


def sign_agreement(
    transform: Transform,
    model: Model,
    objective: Objective,
    images: tf.Tensor,
    labels: tf.Tensor,
    seeds: tf.Tensor,
    samples: Sequence[int] = (1, 2, 5, 10, 20),
) -> dict[int, float]:
    """For each number of samples, the share of values whose sign two independent estimates of the gradient agree on.

    Says how many samples an attack needs: 0.5 is chance, 1 means that the draws no longer matter. Costs twice the
    largest number of gradients.
    """
    one = tf.function(ExpectedGradient(transform, 1))
    draws = [
        one(model, objective, images, labels, at_sample(seeds, tf.constant(i))).gradient.numpy()
        for i in range(2 * max(samples))
    ]
    first, second = np.cumsum(draws[::2], 0), np.cumsum(draws[1::2], 0)
    return {n: float(np.mean(np.sign(first[n - 1]) == np.sign(second[n - 1]))) for n in samples}
