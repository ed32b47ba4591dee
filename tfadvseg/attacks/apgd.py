"""Auto-PGD (Croce and Hein 2020): ascent with momentum, whose step size halves where it no longer helps.

Stages of shrinking radius (Croce et al. 2024) make it the attack under SEA: each is a run of its own from where the one
before it was best.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.best import Best
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import Ascent, Estimator, plain_gradient, samples_of
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.objectives import Objective, away_from_labels
from tfadvseg.registry import choose
from tfadvseg.seeds import at_iteration, at_restart, no_seeds

SEA_STAGES = ((2.0, 0.3), (1.5, 0.3), (1.0, 0.4))
"""(radius in epsilons, share of the steps)."""

MOMENTUM = 0.75
"""Weight of the new step; the rest goes the way of the one before."""

RISES = 0.75
"""Share of the steps between two checkpoints that must raise the loss."""


class State(NamedTuple):
    """Of a run; per image what is [N], and the size [N, 1, 1, 1]. current, before: the iterates x_k and x_(k-1);
    gradient, score: at x_k. best, best_gradient, best_score: of the highest watched loss. size: of the step. rises:
    steps since the last checkpoint that raised the loss; halved: whether the size was halved there; best_there: the
    best loss then. since, every: steps since, and from it to the next."""

    current: tf.Tensor
    before: tf.Tensor
    gradient: tf.Tensor
    score: tf.Tensor
    best: tf.Tensor
    best_gradient: tf.Tensor
    best_score: tf.Tensor
    size: tf.Tensor
    rises: tf.Tensor
    halved: tf.Tensor
    best_there: tf.Tensor
    since: tf.Tensor
    every: tf.Tensor


class Stage(NamedTuple):
    """Steps in one ball. run: which of several runs it belongs to. radius: in grey levels, one or of each image, [N, 1,
    1, 1]. steps: in it. number: of the stages of its run before it. anew: whether it begins where attacks do and not
    where the stage before it was best."""

    run: int
    radius: float | tf.Tensor
    steps: int
    number: int
    anew: bool


class Checkpoints(NamedTuple):
    """Of a stage, int32 []. steps: in all. every: from its start to the first checkpoint. less: by how much each
    interval is shorter than the one before it. least: that an interval has."""

    steps: tf.Tensor
    every: tf.Tensor
    less: tf.Tensor
    least: tf.Tensor

    @classmethod
    def of(cls, steps: int) -> Checkpoints:
        """Whole shares of the steps, one at least."""
        intervals = (max(int(share * steps), 1) for share in (0.22, 0.03, 0.06))
        return cls(*map(tf.constant, (steps, *intervals)))


@dataclasses.dataclass(frozen=True)
class Apgd:
    """Auto-PGD on an objective, whose watched loss steers the step size and whose merit chooses what is returned.

    epsilon: radius of the ball, in grey levels. steps: over all stages. stages: (radius in epsilons, share of the
    steps) of runs that follow each other. keep: the merit by which the best iterate is chosen, `merits.MERITS`. The
    other settings are those of `GradientAscent`.
    """

    epsilon: float
    steps: int = 100
    objective: Objective = away_from_labels
    gradient: Estimator = plain_gradient
    in_range: bool = True
    whole_levels: bool = False
    ball: Ball = LInf()
    start: str = "uniform"
    restarts: int = 1
    keep: str = "accuracy"
    stages: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        choose(MERITS, self.keep, "keep")
        self._as_ascent(self.epsilon)  # which refuses what no attack of several steps takes
        if not math.isclose(sum(share for _, share in self.stages), 1.0) or self.stages[-1][0] != 1.0:
            raise ValueError(f"Stages share all steps and end at a radius of 1 epsilon; got {self.stages}.")
        if min(self.steps_of_each) < 1:
            raise ValueError(f"Each of {len(self.stages)} stages needs a step; got {self.steps} steps in all.")

    @property
    def steps_of_each(self) -> list[int]:
        """Steps of each stage: rounded, the last one has what is left."""
        first = [round(self.steps * share) for _, share in self.stages[:-1]]
        return [*first, self.steps - sum(first)]

    @property
    def cost(self) -> Cost:
        """A gradient a step, and a look at where the last step of a stage led."""
        samples = self.restarts * samples_of(self.gradient)
        return Cost(samples * self.steps, samples * len(self.stages))

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
        return self.within(self.epsilon, model, images, labels, seeds, attackable, start)

    def within(
        self,
        epsilon: tf.Tensor | float,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None,
        attackable: tf.Tensor | None,
        start: tf.Tensor | None,
    ) -> tf.Tensor:
        """What a call gives in balls of these radii [N, 1, 1, 1], or this one radius, instead of its own."""
        return self.climb(self.stages_at(epsilon), model, images, labels, seeds, attackable, start)[0]

    def stages_at(self, epsilon: tf.Tensor | float, run: int = 0, anew: bool = True) -> list[Stage]:
        """Its stages for this epsilon, which begin anew or where those before them end."""
        each = enumerate(zip(self.stages, self.steps_of_each, strict=True))
        return [
            Stage(run, radius * epsilon, steps, number, anew and number == 0) for number, ((radius, _), steps) in each
        ]

    def climb(
        self,
        stages: Sequence[Stage],
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None,
        attackable: tf.Tensor | None,
        start: tf.Tensor | None,
    ) -> tf.Tensor:
        """What the stages lead to one after the other: perturbations [A, N, H, W, 3], the ends of their A runs.

        Which stages these are is data for one loop, so its graph holds the network once, however many there are.
        """
        seeds = no_seeds(images) if seeds is None else seeds
        best = Best.none(images).repeated(_runs(stages))
        for restart in tf.range(self.restarts):
            found = self._ends(stages, model, images, labels, at_restart(seeds, restart), attackable, start)
            best = best.or_better(*found)
        return self._as_ascent(self.epsilon).finish(best.perturbation)

    def _ends(
        self,
        stages: Sequence[Stage],
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor,
        attackable: tf.Tensor | None,
        start: tf.Tensor | None,
    ) -> Best:
        """Stage after stage, each from the best of the one before it, brought into its own ball: where the A runs end,
        perturbations [A, N, H, W, 3] and merits [A, N]."""
        inner, runs = self._as_ascent(self.epsilon), _runs(stages)
        ascent, judge = inner.ascent_of(model), inner.judge_of(model)
        run, number, anew = (
            tf.constant([getattr(stage, name) for stage in stages]) for name in ("run", "number", "anew")
        )
        radii = tf.stack([tf.cast(stage.radius, images.dtype) for stage in stages])
        paces = Checkpoints(*map(tf.stack, zip(*(Checkpoints.of(stage.steps) for stage in stages), strict=True)))
        ends = tf.TensorArray(images.dtype, runs, element_shape=images.shape)
        merits = tf.TensorArray(images.dtype, runs, element_shape=images.shape[:1])
        begin = tf.zeros_like(images)
        for i in tf.range(len(stages)):
            if anew[i]:
                begin = inner.begin(images, seeds, attackable, radii[i]) if start is None else start
            begin = inner.step(begin, tf.zeros_like(begin), images, 0.0, radii[i])[0]
            drawn, pace = at_iteration(seeds, number[i] * self.steps), Checkpoints(*(column[i] for column in paces))
            found = self._stage(inner, ascent, judge, radii[i], pace, images, labels, drawn, attackable, begin)
            begin = found.perturbation
            ends, merits = ends.write(run[i], found.perturbation), merits.write(run[i], found.merit)
        return Best(ends.stack(), merits.stack())

    def _stage(
        self,
        inner: GradientAscent,
        ascent: Callable[..., Ascent],
        judge: Callable[..., tf.Tensor],
        radius: tf.Tensor,
        pace: Checkpoints,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor,
        attackable: tf.Tensor | None,
        start: tf.Tensor,
    ) -> Best:
        first = ascent(images, start, labels, seeds, tf.constant(0.0), attackable)
        state = _begun(start, first, 2 * radius, pace)
        kept = Best.none(images).or_better(start, first.merit)
        for iteration in tf.range(1, pace.steps):
            state = state._replace(**self._move(inner, radius, images, state, iteration == 1))
            progress = tf.cast(iteration, tf.float32) / tf.cast(pace.steps, tf.float32)
            found = ascent(images, state.current, labels, at_iteration(seeds, iteration), progress, attackable)
            kept = kept.or_better(state.current, found.merit)
            state = _checked(_noted(state, found), pace)
        last = self._move(inner, radius, images, state, pace.steps == 1)["current"]
        return kept.or_better(last, judge(images, last, labels, at_iteration(seeds, pace.steps)))

    def _move(
        self, inner: GradientAscent, radius: tf.Tensor, images: tf.Tensor, state: State, first: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """A step along the gradient, of which a quarter is given to the step before, brought into the ball."""
        stepped, _ = inner.step(state.current, state.gradient, images, state.size, radius)
        weight = tf.where(first, 1.0, MOMENTUM)
        moved = weight * (stepped - state.current) + (1 - weight) * (state.current - state.before)
        new, _ = inner.step(state.current + moved, tf.zeros_like(moved), images, 0.0, radius)
        return {"before": state.current, "current": new}

    def _as_ascent(self, epsilon: float) -> GradientAscent:
        """Its ball, range and estimator at a radius."""
        return GradientAscent(
            epsilon,
            max(epsilon, 1e-9),
            1,
            self.objective,
            self.gradient,
            self.in_range,
            self.whole_levels,
            ball=self.ball,
            start=self.start,
            restarts=self.restarts,
            keep=self.keep,
        )


def _runs(stages: Sequence[Stage]) -> int:
    return 1 + max(stage.run for stage in stages)


def _begun(start: tf.Tensor, first: Ascent, size: tf.Tensor, pace: Checkpoints) -> State:
    sizes, no = size * tf.ones_like(start[:, :1, :1, :1]), tf.zeros_like(first.score)
    return State(
        start,
        start,
        first.gradient,
        first.score,
        start,
        first.gradient,
        first.score,
        sizes,
        no,
        tf.ones_like(no, tf.bool),
        first.score,
        tf.constant(0),
        pace.every,
    )


def _noted(state: State, found: Ascent) -> State:
    """After a step: what was found at the new iterate."""
    better, risen = found.score > state.best_score, found.score > state.score
    return state._replace(
        gradient=found.gradient,
        score=found.score,
        rises=state.rises + tf.cast(risen, tf.float32),
        best=_where(better, state.current, state.best),
        best_gradient=_where(better, found.gradient, state.best_gradient),
        best_score=tf.where(better, found.score, state.best_score),
        since=state.since + 1,
    )


def _checked(state: State, pace: Checkpoints) -> State:
    """At a checkpoint, where too few steps raised the loss, or it was not halved last time and its best is none the
    better since: half the step size, from the best iterate on. "Halved before the first" stands for that the second
    reason cannot be one there."""
    due = state.since >= state.every
    few = state.rises <= RISES * tf.cast(state.every, tf.float32)
    stuck = ~state.halved & (state.best_score <= state.best_there)
    halve = due & (few | stuck)
    return state._replace(
        current=_where(halve, state.best, state.current),
        gradient=_where(halve, state.best_gradient, state.gradient),
        score=tf.where(halve, state.best_score, state.score),
        size=_where(halve, state.size / 2, state.size),
        rises=tf.where(due, tf.zeros_like(state.rises), state.rises),
        halved=tf.where(due, halve, state.halved),
        best_there=tf.where(due, state.best_score, state.best_there),
        since=tf.where(due, 0, state.since),
        every=tf.where(due, tf.maximum(state.every - pace.less, pace.least), state.every),
    )


def _where(chosen: tf.Tensor, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Image by image, for [N] and [N, H, W, 3]."""
    return tf.where(chosen[:, tf.newaxis, tf.newaxis, tf.newaxis], one, other)
