"""The smallest ball in which an attack reaches its goal, by bisection, image by image."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfadvseg.attacks.apgd import Apgd
from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.best import Best
from tfadvseg.attacks.goal import GOAL, ShareReached, check
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import samples_of
from tfadvseg.attacks.objectives import least_likely
from tfadvseg.seeds import at_iteration, no_seeds

FIRST, RUNS = 16.0, 12
"""Radius that is tried first, and how many are tried.

Radii lie orders of magnitude apart: a few tenths of a level where nothing defends a network, tens where it was trained
against attacks. So the radius doubles from 16 until an attack succeeds, up to the whole range, and the interval is
halved from there on: what lies below 16 is found within 16 / 2^11 = 0.008 levels, what lies in 16..32 within 0.016, in
128..255 within 1. Bisection from 255 would end within 0.12 everywhere, which is nearly half of a radius of 0.3."""

REACHED, UNTOUCHED = 2.0, 3.0
"""Merits beyond every share: of what reached the goal, the newest being the smallest; and of an image that needs no
perturbation."""


@dataclasses.dataclass(frozen=True)
class Minimal:
    """An attack in the smallest ball in which it reaches its goal; where it does so in none, the perturbation that
    comes nearest.

    attack: run in balls of all radii; its own epsilon is the first one, and its alpha keeps its proportion to them.
    runs: of it, each of which decides one doubling or halving of the radius. goal: the share of the counted pixels that
    must be wrong or, toward labels, on them; seen on what would be returned, so after rounding where the attack ends on
    whole levels. All runs draw the same numbers, so that radii are compared and not luck.
    """

    attack: GradientAscent | Apgd
    runs: int = RUNS
    goal: float = GOAL
    epsilon: float | None = dataclasses.field(default=None, init=False)
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        check(self.goal)
        if not self.attack.epsilon > 0:
            raise ValueError(f"The first radius must be more than 0 grey levels; got {self.attack.epsilon}.")
        if self.runs < 1:
            raise ValueError(f"A search needs at least 1 run of its attack; got {self.runs}.")
        if self.attack.objective.rule is least_likely:
            raise ValueError(
                "The least likely class of an iterate is never what is predicted there, so no radius leads to it; "
                "search with an attack that leads away from the labels or to one class."
            )

    @property
    def in_range(self) -> bool:
        """Whether adversarial images stay within 0..255, as those of the attack that is run do."""
        return self.attack.in_range

    @property
    def whole_levels(self) -> bool:
        """Whether it ends on whole grey levels."""
        return self.attack.whole_levels

    @property
    def cost(self) -> Cost:
        """That of all runs, and a look at the image itself and at what each run led to."""
        each, looks = self.attack.cost, samples_of(self.attack.gradient) * (self.runs + 1)
        return Cost(self.runs * each.gradients, self.runs * each.forwards + looks)

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
        look, drawn = self._look_of(model), at_iteration(seeds, tf.constant(-1))  # draws that no run has
        untouched = tf.zeros_like(images)
        best = Best.none(images).or_better(untouched, self._merit(look(images, untouched, labels, drawn), UNTOUCHED))
        one = tf.ones_like(images[:, :1, :1, :1])
        radius, low, high = self.attack.epsilon * one, 0 * one, float("inf") * one
        most = largest_radius(self.attack.ball, images)
        for _ in tf.range(self.runs):
            made = self.attack.within(radius, model, images, labels, seeds, attackable, start)
            share = look(images, made, labels, drawn)
            best = best.or_better(made, self._merit(share, REACHED))
            reached = share[:, tf.newaxis, tf.newaxis, tf.newaxis] >= self.goal
            low, high = tf.where(reached, low, radius), tf.where(reached, radius, high)
            radius = tf.where(tf.math.is_inf(high), tf.minimum(2 * low, most), (low + high) / 2)
        return best.perturbation

    def _look_of(self, model: Model) -> Callable[..., tf.Tensor]:
        """(images, perturbation, labels, seeds) -> share [N] of the counted pixels that are where they should be."""
        aim = self.attack.objective
        objective = dataclasses.replace(aim, merit=ShareReached(aim))
        return GradientAscent(1.0, objective=objective, gradient=self.attack.gradient).judge_of(model)

    def _merit(self, share: tf.Tensor, reached: float) -> tf.Tensor:
        return tf.where(share >= self.goal, tf.constant(reached, share.dtype), share)


def largest_radius(ball: Ball, images: tf.Tensor) -> float:
    """Of the ball that holds every perturbation within 0..255."""
    return 255.0 if ball == LInf() else 255.0 * float(images.shape[1:].num_elements()) ** 0.5


def minimal(make: Callable[..., Any], runs: int = RUNS, goal: float = GOAL, **settings: Any) -> Minimal:
    """The search by the `GradientAscent` or `Apgd` that `make(epsilon, **settings)` gives."""
    return Minimal(make(FIRST, **settings), runs, goal)
