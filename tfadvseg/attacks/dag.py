"""DAG, the dense adversary generation of Xie et al. (2017): small steps until nearly every pixel is wrong."""

import dataclasses
from typing import Any

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.goal import GOAL, ShareReached, check, share
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import Estimator, plain_gradient, samples_of
from tfadvseg.attacks.margins import lead, of_class
from tfadvseg.attacks.merits import counted
from tfadvseg.attacks.objectives import Objective, Progress, given
from tfadvseg.attacks.steps import on_8_bits, within_range
from tfadvseg.seeds import at_iteration, at_start, no_seeds


@dataclasses.dataclass(frozen=True)
class Dag:
    """Steps along the gradient itself, in no ball, from the image until its goal is reached.

    alpha: the largest change of a step, in grey levels (gamma). steps: at most. permuted: leads each pixel to a wrong
    class of its own, as the paper does; else only away from its label. goal: the share of the counted pixels that must
    be wrong, or on their wrong class. whole_levels: the network is then shown every iterate as it would be returned,
    rounded, so that what ends the attack is true of that.
    """

    alpha: float = 0.255
    steps: int = 200
    permuted: bool = False
    goal: float = GOAL
    gradient: Estimator = plain_gradient
    in_range: bool = False
    whole_levels: bool = False
    ball: Ball = LInf()
    epsilon: float | None = dataclasses.field(default=None, init=False)
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        check(self.goal)
        if not self.alpha > 0:
            raise ValueError(f"The step size alpha must be more than 0 grey levels; got {self.alpha}.")
        if self.steps < 1:
            raise ValueError(f"An attack needs at least 1 step; got {self.steps}.")
        if self.ball != LInf():
            raise ValueError("DAG measures its steps by their largest value and has no other norm; leave it at linf.")

    @property
    def cost(self) -> Cost:
        """A gradient a step, which is more than it takes where all images of a batch reach the goal earlier."""
        return Cost(self.steps * samples_of(self.gradient))

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
        """Perturbation [N, H, W, 3]; the arguments are those of `base.Attack`."""
        seeds = no_seeds(images) if seeds is None else seeds
        objective = toward_wrong_classes(at_start(seeds)) if self.permuted else AWAY
        ascent = GradientAscent(1.0, objective=objective, gradient=self.gradient).ascent_of(model)
        perturbation = tf.zeros_like(images) if start is None else start
        going = tf.ones_like(images[:, :1, :1, :1], tf.bool)
        for iteration in tf.range(self.steps):
            drawn = at_iteration(seeds, iteration)
            found = ascent(images, self._finish(perturbation), labels, drawn, 0.0, attackable)
            going = going & (found.merit[:, tf.newaxis, tf.newaxis, tf.newaxis] < self.goal)
            if not tf.reduce_any(going):
                break
            largest = tf.reduce_max(tf.abs(found.gradient), (1, 2, 3), keepdims=True)
            stepped = perturbation + self.alpha * tf.math.divide_no_nan(found.gradient, largest)
            stepped = within_range(stepped, images) if self.in_range else stepped
            perturbation = tf.where(going, stepped, perturbation)
        return self._finish(perturbation)

    def _finish(self, perturbation: tf.Tensor) -> tf.Tensor:
        return on_8_bits(perturbation) if self.whole_levels else perturbation


def behind(logits: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """-max(0, z_y - max_{k != y} z_k): by how much the label leads, negated, where it is predicted still; with its
    gradient there where both are equal, too."""
    del progress
    right = tf.equal(tf.argmax(logits, -1, labels.dtype), labels)
    ahead = lead(logits, labels)
    return tf.where(right, -ahead, tf.zeros_like(ahead))


AWAY = Objective(given, 1.0, behind, merit=ShareReached(Objective(given, 1.0)))


def toward_wrong_classes(seeds: tf.Tensor) -> Objective:
    """Raises z_w - z_y over the pixels that are not predicted w yet, w being the wrong class of label y in the image
    whose seed is in seeds [N, 2]."""

    def wrong(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        draws = tf.tile(seeds, [tf.shape(labels)[0] // tf.shape(seeds)[0], 1])  # an estimator may repeat the batch
        return wrong_classes(labels, draws, logits.shape[-1])

    def loss(logits: tf.Tensor, labels: tf.Tensor, progress: Progress) -> tf.Tensor:
        del progress
        aims = wrong(logits, labels)
        short = of_class(logits, aims) - of_class(logits, labels)
        return tf.where(tf.equal(tf.argmax(logits, -1, aims.dtype), aims), tf.zeros_like(short), short)

    def merit(logits: tf.Tensor, labels: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
        use = counted(labels)
        aims = wrong(logits, tf.where(use, labels, 0))
        return share(tf.equal(tf.argmax(logits, -1, aims.dtype), aims), use, score.dtype)

    return Objective(given, 1.0, loss, merit=merit)


def wrong_classes(labels: tf.Tensor, seeds: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels [N, H, W] under a random permutation of the classes that leaves none in its place, for each image another:
    all stand in a circle in random order, and each becomes the next."""

    def one(of_image: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        own, seed = of_image
        circle = tf.argsort(tf.random.stateless_uniform([classes], seed))
        following = tf.scatter_nd(circle[:, tf.newaxis], tf.roll(circle, -1, 0), [classes])
        return tf.gather(following, own)

    return tf.map_fn(one, (labels, seeds), fn_output_signature=tf.TensorSpec(labels.shape[1:], tf.int32))


def dag(alpha: float = 0.255, steps: int = 200, **settings: Any) -> Dag:
    """Away from the labels by the lead of their logits, as it is run today, in steps of 0.001 of the range."""
    return Dag(alpha, steps, **settings)


def dag_permuted(alpha: float = 0.5, steps: int = 200, **settings: Any) -> Dag:
    """As published: to wrong classes that a random permutation gives, in steps of half a grey level."""
    return Dag(alpha, steps, permuted=True, **settings)
