"""ALMA prox (Rony, Pesquet and Ben Ayed, CVPR 2023): the smallest largest value, by an augmented Lagrangian.

A constraint a pixel, `margins.relative_lead` <= 0, each with a multiplier and a penalty weight of its own
(`lagrangian.slope`); gradient steps in a running metric, each followed by the proximity operator of the norm
(`prox.prox_of_max`), which alone makes the perturbation small. Constants are the authors', for images in 0..1, and the
state is in these units, too.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.best import Best
from tfadvseg.attacks.goal import GOAL, check, share
from tfadvseg.attacks.gradients import Estimator, plain_gradient, usable
from tfadvseg.attacks.lagrangian import slope
from tfadvseg.attacks.margins import relative_lead
from tfadvseg.attacks.merits import counted
from tfadvseg.attacks.prox import prox_of_max
from tfadvseg.attacks.steps import on_8_bits, within_range

DECAY = 0.8
"""Of the running means of multipliers and of squared gradients."""
CHECK, FALL = 10, 0.95
"""Steps between two looks at the constraints, and the share to which one must have fallen by then."""
LEAST_SCALE, SCALING = 0.1, 0.02
"""Of the scale of an image's constraints: its least value, and its change a step."""
LAST_SHARE = 0.1
"""What is left of the step size at the end."""
HEAVIEST = 1e7
"""Penalty weight: float32 has no square of the gradients of much larger ones."""


class State(NamedTuple):
    """perturbation: of images in 0..1. squares: running mean of the squared gradient. multiplier, weight: of the
    constraints [N, H, W]; before: these at the last look; wrong: pixels that were wrong since. scale: of the
    constraints [N]. first: the step [N] at which the goal was reached, steps // 2 before it was."""

    perturbation: tf.Tensor
    squares: tf.Tensor
    multiplier: tf.Tensor
    weight: tf.Tensor
    before: tf.Tensor
    wrong: tf.Tensor
    scale: tf.Tensor
    first: tf.Tensor


@dataclasses.dataclass(frozen=True)
class AlmaProx:
    """Untargeted, from the image. Returns the iterate of smallest norm that reaches the goal, else the one nearest it.

    steps: gradients. alpha: first size of a step, in grey levels. goal: the share of the counted pixels that must be
    wrong. published: takes the slope of the penalty as released code has it (`lagrangian.slope`). whole_levels: the
    network is shown every iterate as it would be returned, rounded, and so norm and goal are those of that.
    """

    steps: int = 500
    alpha: float = 0.255
    goal: float = GOAL
    published: bool = False
    gradient: Estimator = plain_gradient
    in_range: bool = True
    whole_levels: bool = False
    ball: Ball = LInf()
    epsilon: float | None = dataclasses.field(default=None, init=False)
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        check(self.goal)
        if self.steps < 1:
            raise ValueError(f"An attack needs at least 1 step; got {self.steps}.")
        if not self.alpha > 0:
            raise ValueError(f"The step size alpha must be more than 0 grey levels; got {self.alpha}.")
        if self.ball != LInf():
            raise ValueError("ALMA prox makes the largest value small and has no other norm; leave it at linf.")
        if self.gradient is not plain_gradient:
            raise ValueError(
                "ALMA prox follows the constraint of every single pixel, of which there is none in a mean over random "
                "draws; take an attack such as minimal_sea_mce against what draws at random."
            )

    @property
    def cost(self) -> Cost:
        """A gradient a step."""
        return Cost(self.steps)

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
        """Perturbation [N, H, W, 3] in grey levels; the arguments are those of `base.Attack`."""
        del seeds
        step, best = self._step_of(model), Best.none(images)
        state = _begun(images, start, self.steps)
        for iteration in tf.range(self.steps):
            shown, reached, state = step(images, labels, attackable, tf.cast(iteration, tf.float32), state)
            norm = tf.reduce_max(tf.abs(shown), (1, 2, 3))
            best = best.or_better(shown, tf.where(reached >= self.goal, 1 + 1 / norm, reached))
        return best.perturbation

    def _step_of(self, model: Model) -> Callable[..., tuple[tf.Tensor, tf.Tensor, State]]:
        """(images, labels, attackable, iteration, state) -> (the iterate in grey levels, its share of wrong pixels [N],
        the next state). A function of its own, since TensorFlow optimises less in the body of a loop."""

        @tf.function
        def step(
            images: tf.Tensor, labels: tf.Tensor, attackable: tf.Tensor | None, iteration: tf.Tensor, state: State
        ) -> tuple[tf.Tensor, tf.Tensor, State]:
            shown = self._shown(state.perturbation, images)
            use = counted(labels)
            own = tf.where(use, labels, 0)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(shown)
                logits = model(images + shown)
                # A loaded signature forgets the batch size, and a loop wants to know it.
                leads = tf.ensure_shape(relative_lead(logits, own), images.shape[:3])
            wrong = use & tf.not_equal(tf.argmax(logits, -1, own.dtype), own)
            reached = tf.ensure_shape(share(wrong, use), images.shape[:1])
            state, pull = self._weighed(state, leads, use, wrong, reached, iteration)
            gradient = 255.0 * tape.gradient(leads, shown, output_gradients=pull)
            gradient = tf.ensure_shape(usable(gradient, attackable), images.shape)
            return shown, reached, self._moved(state, gradient, images, iteration)

        return step

    def _shown(self, perturbation: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """What would be returned of it."""
        levels = 255.0 * perturbation
        levels = within_range(levels, images) if self.in_range else levels
        return on_8_bits(levels) if self.whole_levels else levels

    def _weighed(
        self, state: State, leads: tf.Tensor, use: tf.Tensor, wrong: tf.Tensor, reached: tf.Tensor, iteration: tf.Tensor
    ) -> tuple[State, tf.Tensor]:
        """(the state with its multipliers and weights brought up to date, what each lead [N, H, W] counts)."""
        success = reached >= self.goal
        half = tf.constant(float(self.steps // 2))
        first = tf.where(success & (iteration < state.first) & (state.first == half), iteration, state.first)
        scale = state.scale / tf.where(success, 1 + SCALING, 1 - SCALING)
        scale = tf.clip_by_value(scale, LEAST_SCALE, 1.0)
        wide = scale[:, tf.newaxis, tf.newaxis]
        v = tf.stop_gradient(wide * leads)
        use = use & ~_worst(v, use, self.goal, iteration / max(self.steps - 1, 1))

        before = tf.where(iteration == 0, v, state.before)
        wrong, due = state.wrong | wrong, tf.math.floormod(iteration + 1, CHECK) == 0
        stuck = use & ~wrong & (v > FALL * before)
        weight = tf.where(due & stuck, tf.minimum(2 * state.weight, HEAVIEST), state.weight)
        before, wrong = tf.where(due, v, before), wrong & ~due

        use = tf.cast(use, v.dtype)
        fresh = use * slope(v, state.multiplier, weight, self.published)
        multiplier = tf.clip_by_value(DECAY * state.multiplier + (1 - DECAY) * fresh, 1e-12, 1.0)
        multiplier = tf.where(iteration == 0, state.multiplier, multiplier)
        pull = use * slope(v, multiplier, weight, self.published) * wide
        changed = {"multiplier": multiplier, "weight": weight, "before": before, "wrong": wrong}
        return state._replace(scale=scale, first=first, **changed), pull

    def _moved(self, state: State, gradient: tf.Tensor, images: tf.Tensor, iteration: tf.Tensor) -> State:
        """A step down the gradient in its metric, and what the proximity operator makes of it."""
        squares = DECAY * state.squares + (1 - DECAY) * tf.square(gradient)
        metric = tf.sqrt(squares / (1 - tf.pow(DECAY, iteration + 1)))
        size = self.alpha / 255.0 * pace(iteration, state.first, self.steps)[:, tf.newaxis, tf.newaxis, tf.newaxis]
        point = state.perturbation - size * tf.math.divide_no_nan(gradient, metric)
        boxed = within_range(255.0 * point, images) / 255.0 if self.in_range else point
        return state._replace(perturbation=prox_of_max(point, boxed, metric, size), squares=squares)


def _begun(images: tf.Tensor, start: tf.Tensor | None, steps: int) -> State:
    zero, none = tf.zeros_like(images), tf.zeros_like(images[..., 0])
    one = tf.ones_like(images[:, 0, 0, 0])
    return State(
        zero if start is None else start / 255.0,
        zero,
        none + 1.0,
        none + 0.01,
        none,
        tf.zeros_like(none, tf.bool),
        one,
        one * float(steps // 2),
    )


def pace(iteration: tf.Tensor, first: tf.Tensor, steps: int) -> tf.Tensor:
    """Share [N] of the first step size: whole until the goal was reached at step `first` [N], a tenth at the end."""
    bend = LAST_SHARE / (1 - LAST_SHARE) * tf.maximum(steps - first, 1.0)
    return bend / (bend + tf.maximum(iteration - first, 0.0))


def _worst(v: tf.Tensor, use: tf.Tensor, goal: float, progress: tf.Tensor) -> tf.Tensor:
    """bool [N, H, W]: the largest constraints, which need not be met, of those in use: a share of them that grows to
    what the goal spares."""
    most = round((1 - goal) * v.shape[1] * v.shape[2])
    if not most:
        return tf.zeros_like(use)
    count = tf.reduce_sum(tf.cast(use, v.dtype), (1, 2))
    spared = tf.minimum(tf.cast((1 - goal) * count * progress, tf.int32), most)
    flat = tf.reshape(tf.where(use, v, float("-inf")), (-1, v.shape[1] * v.shape[2]))
    last = tf.gather(tf.math.top_k(flat, most).values, tf.maximum(spared - 1, 0), batch_dims=1)
    wide = (slice(None), tf.newaxis, tf.newaxis)
    return use & (spared > 0)[wide] & (v >= last[wide])
