"""All attacks and epsilons of an experiment on one batch, each gradient computed once."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.balls import LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import samples_of
from tfadvseg.attacks.trajectory import TRUNK, evaluations, evaluations_of_each
from tfadvseg.seeds import at_iteration, no_seeds


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Perturbations of several attacks that share their objective, estimator and range, from one trajectory.

    The results equal those of separate calls bit by bit, for fewer gradients.
    """

    attacks: tuple[GradientAscent, ...]
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if len({kind(attack) for attack in self.attacks}) != 1:
            raise ValueError("A sweep shares one objective, one gradient estimator and one range between its attacks.")
        if not all(shares_trajectories(attack) for attack in self.attacks):
            raise ValueError(
                "Attacks that know the time, remember gradients, draw their start, compare iterates or measure in "
                "another norm than the largest value share no trajectory; run them one by one."
            )

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each attack costs an image beyond those that need the same gradients."""
        samples = samples_of(self.attacks[0].gradient)
        return tuple(Cost(gradients=samples * n) for n in evaluations_of_each(self.attacks))

    @property
    def alone(self) -> tuple[Cost, ...]:
        """What each takes when it is run by itself."""
        return tuple(attack.cost for attack in self.attacks)

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbations [A, N, H, W, 3], one for each attack; the arguments are those of GradientAscent."""
        seeds = no_seeds(images) if seeds is None else seeds
        plan = evaluations(self.attacks)
        updates = [update for evaluation in plan for update in evaluation.updates]
        bounds = np.cumsum([0] + [len(evaluation.updates) for evaluation in plan])
        source = tf.constant([evaluation.slot for evaluation in plan])
        iteration = tf.constant([evaluation.iteration for evaluation in plan])
        first, last = tf.constant(bounds[:-1]), tf.constant(bounds[1:])
        slot = tf.constant([update.slot for update in updates])
        alpha = tf.constant([update.alpha for update in updates], tf.float32)
        epsilon = tf.constant([update.epsilon for update in updates], tf.float32)

        step = self.attacks[0]
        ascent = step.ascent_of(model)
        iterates = tf.TensorArray(
            tf.float32, len(self.attacks) + 1, clear_after_read=False, element_shape=images.shape
        ).write(TRUNK, tf.zeros_like(images))
        for i in tf.range(len(plan)):  # one traced gradient serves every evaluation
            current = tf.ensure_shape(iterates.read(source[i]), images.shape)
            found = ascent(images, current, labels, at_iteration(seeds, iteration[i]), 0.0, attackable)
            for j in tf.range(first[i], last[i]):
                stepped, _ = step.step(current, found.gradient, images, alpha[j], epsilon[j])
                iterates = iterates.write(slot[j], stepped)
        results = iterates.stack()[TRUNK + 1 :]
        return step.finish(results)


def kind(attack: GradientAscent) -> tuple[Any, ...]:
    """What attacks of one sweep have in common."""
    return attack.objective, attack.gradient, attack.in_range, attack.whole_levels, attack.rule, attack.ball


def shares_trajectories(attack: GradientAscent) -> bool:
    """Whether its iterates are those of the same attack with another number of steps, as far as these go, and of a
    larger ball while they lie in its own. Of the Euclidean ball the last is true but for rounding."""
    remembers = attack.objective.timed or attack.rule.remembers
    return not remembers and attack.start == "zero" and not attack.judges and attack.ball == LInf()
