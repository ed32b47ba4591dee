"""Gradient ascent in a ball by steps of one size: FGSM, its least-likely, iterative and momentum versions are settings
of it, and so are SegPGD, CosPGD and PAdam."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.best import Best
from tfadvseg.attacks.gradients import Ascent, Estimator, plain_gradient, samples_of, usable
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.objectives import Objective, Progress, away_from_labels, toward_class, toward_least_likely
from tfadvseg.attacks.pace import Pace
from tfadvseg.attacks.rules import MomentumRule, SignRule, State, UpdateRule
from tfadvseg.attacks.steps import iterations, on_8_bits, within_range
from tfadvseg.registry import choose
from tfadvseg.seeds import at_iteration, at_restart, at_start, no_seeds

STARTS = ("zero", "uniform")
LAST = "last"
"""Keeps the iterate that the last step leads to, as the paper does; the other choices are `merits.MERITS`."""


MOST_STEPS = 100_000


@dataclasses.dataclass(frozen=True)
class GradientAscent:
    """Ascent on an objective in steps of one size (Eq. 3 to 6 of the paper).

    epsilon, alpha: radius of the ball and size of a step, in grey levels; a single step has alpha = epsilon.
    in_range: keeps the adversarial image within 0..255 at every step. whole_levels: ends on whole grey levels; both
    together give the attack that survives being saved as a PNG. Both are off in the released code of the paper.
    rule: what makes a step of a gradient. ball: the max-norm's, in which steps are signs, or another. start: "zero", or
    "uniform" noise in the ball. restarts: from other draws of it, of which the one of highest merit is returned. keep:
    which iterate, the last or the best one by a merit (`merits.MERITS`), the last one among them.
    """

    epsilon: float
    alpha: float = 1.0
    steps: int = 1
    objective: Objective = away_from_labels
    gradient: Estimator = plain_gradient
    in_range: bool = False
    whole_levels: bool = False
    rule: UpdateRule = SignRule()
    ball: Ball = LInf()
    start: str = "zero"
    restarts: int = 1
    keep: str = LAST
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise ValueError(f"Epsilon must be 0 grey levels or more; got {self.epsilon}.")
        if not self.alpha > 0 and self.epsilon > 0:
            raise ValueError(f"The step size alpha must be more than 0 grey levels; got {self.alpha}.")
        if self.steps < 1:
            raise ValueError(f"An attack needs at least 1 step; got {self.steps}.")
        if self.steps > MOST_STEPS:
            raise ValueError(f"An attack has at most {MOST_STEPS:,} steps, since each is planned; got {self.steps:,}.")
        choose(dict.fromkeys(STARTS), self.start, "start")
        choose({LAST: None, **MERITS}, self.keep, "keep")
        if self.restarts < 1 or (self.restarts > 1 and self.start == "zero"):
            raise ValueError(
                f"An attack runs at least once, and more often only from random starts; got {self.restarts} restarts "
                f"from {self.start}."
            )

    @property
    def judges(self) -> bool:
        """Whether iterates are compared, and the last one therefore looked at, too."""
        return self.keep != LAST or self.restarts > 1

    @property
    def cost(self) -> Cost:
        """One estimate of the gradient a step, and a look at the end of each run where iterates are compared."""
        samples = samples_of(self.gradient)
        return Cost(self.restarts * self.steps * samples, self.restarts * samples if self.judges else 0)

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
        pace = Pace(self.epsilon, self.alpha, self.steps)
        return self.at_pace(pace, model, images, labels, seeds, attackable, start)

    def within(
        self,
        epsilon: tf.Tensor,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None,
        attackable: tf.Tensor | None,
        start: tf.Tensor | None,
    ) -> tf.Tensor:
        """What a call gives in balls of these radii [N, 1, 1, 1] instead of its own, with steps in proportion."""
        pace = Pace(epsilon, self.alpha / self.epsilon * epsilon, self.steps)
        return self.at_pace(pace, model, images, labels, seeds, attackable, start)

    def at_pace(
        self,
        pace: Pace,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None,
        attackable: tf.Tensor | None,
        start: tf.Tensor | None,
    ) -> tf.Tensor:
        """What a call gives with another radius, step size and number of steps instead of its own."""
        seeds = no_seeds(images) if seeds is None else seeds
        ascent, judge = self.ascent_of(model), self.judge_of(model)
        best = Best.none(images)
        for restart in tf.range(self.restarts):
            drawn = at_restart(seeds, restart)
            perturbation = self.begin(images, drawn, attackable, pace.epsilon) if start is None else start
            state = self.rule.init(images)
            for iteration in tf.range(pace.steps):
                progress = tf.cast(iteration, tf.float32) / tf.cast(pace.steps, tf.float32)
                found = ascent(images, perturbation, labels, at_iteration(drawn, iteration), progress, attackable)
                if self.keep != LAST:
                    best = best.or_better(perturbation, found.merit)
                perturbation, state = self.step(perturbation, found.gradient, images, pace.alpha, pace.epsilon, state)
            if self.judges:
                merit = judge(images, perturbation, labels, at_iteration(drawn, pace.steps))
                best = best.or_better(perturbation, merit)
            else:
                best = Best(perturbation, best.merit)
        return self.finish(best.perturbation)

    def begin(
        self,
        images: tf.Tensor,
        seeds: tf.Tensor,
        attackable: tf.Tensor | None,
        epsilon: tf.Tensor | float | None = None,
    ) -> tf.Tensor:
        """The perturbation before the first step, in the ball of radius epsilon, by default its own."""
        if self.start == "zero":
            return tf.zeros_like(images)
        noise = self.ball.noise(images, self.epsilon if epsilon is None else epsilon, at_start(seeds))
        noise = noise if attackable is None else noise * attackable
        return within_range(noise, images) if self.in_range else noise

    def ascent_of(self, model: Model) -> Callable[..., Ascent]:
        """(images, perturbation, labels, seeds, progress, attackable) -> Ascent, its gradient 0 where nothing may
        change.

        A function of its own: TensorFlow optimises less in the body of a loop, where FCN8s took 7 % longer.
        """
        own = self.keep in (LAST, "loss")
        objective = self.objective if own else dataclasses.replace(self.objective, merit=MERITS[self.keep])

        @tf.function
        def ascent(
            images: tf.Tensor,
            perturbation: tf.Tensor,
            labels: tf.Tensor,
            seeds: tf.Tensor,
            progress: Progress,
            attackable: tf.Tensor | None,
        ) -> Ascent:
            found = self.gradient(model, objective, images + perturbation, labels, seeds, progress)
            return found._replace(gradient=usable(found.gradient, attackable))

        return ascent

    def judge_of(self, model: Model) -> Callable[..., tf.Tensor]:
        """(images, perturbation, labels, seeds) -> merit [N]: what an estimate of the gradient says beside it, without
        its way back, which TensorFlow leaves out."""
        ascent = self.ascent_of(model)

        @tf.function
        def judge(images: tf.Tensor, perturbation: tf.Tensor, labels: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            return ascent(images, perturbation, labels, seeds, 1.0, None).merit

        return judge

    def step(
        self,
        perturbation: tf.Tensor,
        gradient: tf.Tensor,
        images: tf.Tensor,
        alpha: tf.Tensor | float,
        epsilon: tf.Tensor | float,
        state: State = (),
    ) -> tuple[tf.Tensor, State]:
        """(the next iterate, the rule's next state), with this attack's range but the given step size and radius."""
        stepped, state = self.rule.step(perturbation, gradient, state, alpha, self.ball)
        stepped = self.ball.project(stepped, epsilon)
        return (within_range(stepped, images) if self.in_range else stepped), state

    def finish(self, perturbation: tf.Tensor) -> tf.Tensor:
        """The result that belongs to a last iterate."""
        return on_8_bits(perturbation) if self.whole_levels else perturbation


def fgsm(epsilon: float, **settings: Any) -> GradientAscent:
    """One step away from the labels (Goodfellow et al. 2015; Eq. 3)."""
    return GradientAscent(epsilon, alpha=epsilon, **settings)


def fgsm_ll(epsilon: float, **settings: Any) -> GradientAscent:
    """One step to the least likely classes (Eq. 4)."""
    return GradientAscent(epsilon, alpha=epsilon, objective=toward_least_likely, **settings)


def fgsm_class(epsilon: float, target: int, **settings: Any) -> GradientAscent:
    """One step toward one class, the number `target`, everywhere."""
    return GradientAscent(epsilon, alpha=epsilon, objective=toward_class(target), **settings)


def ifgsm(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings: Any) -> GradientAscent:
    """Steps of alpha away from the labels, as many as the paper takes unless given (Eq. 5)."""
    return GradientAscent(epsilon, alpha, iterations(epsilon) if steps is None else steps, **settings)


def ifgsm_ll(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings: Any) -> GradientAscent:
    """Steps of alpha to the least likely classes of each iterate (Eq. 6)."""
    return ifgsm(epsilon, alpha, steps, objective=toward_least_likely, **settings)


def ifgsm_class(
    epsilon: float, target: int, alpha: float = 1.0, steps: int | None = None, **settings: Any
) -> GradientAscent:
    """Steps of alpha toward one class, the number `target`, everywhere."""
    return ifgsm(epsilon, alpha, steps, objective=toward_class(target), **settings)


def mi_fgsm(
    epsilon: float, alpha: float = 1.0, steps: int | None = None, decay: float = 1.0, **settings: Any
) -> GradientAscent:
    """Iterative FGSM with momentum (Dong et al. 2018); a decay of 0 gives Iterative FGSM bit by bit."""
    return ifgsm(epsilon, alpha, steps, rule=MomentumRule(decay), **settings)
