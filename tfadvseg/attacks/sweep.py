"""All attacks and epsilons of an experiment on one batch, each gradient computed once."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.gradients import Model
from tfadvseg.attacks.schedule import TRUNK, schedule
from tfadvseg.attacks.seeds import at_iteration, no_seeds
from tfadvseg.attacks.sign_attack import SignAttack


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Perturbations of several attacks that share their objective, estimator and range, from one trajectory.

    The results equal those of separate calls bit by bit; `gradients` says how many they cost a batch.
    """

    attacks: tuple[SignAttack, ...]

    def __post_init__(self):
        if len({_kind(attack) for attack in self.attacks}) != 1:
            raise ValueError("A sweep shares one objective, one gradient estimator and one range between its attacks.")

    @property
    def gradients(self) -> int:
        """Gradient evaluations a batch."""
        return len(schedule(self.attacks))

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbations [A, N, H, W, 3], one for each attack; the arguments are those of SignAttack."""
        seeds = no_seeds(images) if seeds is None else seeds
        plan = schedule(self.attacks)
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
        ).write(TRUNK, tf.zeros_like(images))  # fmt: skip
        for i in tf.range(len(plan)):  # one traced gradient serves every evaluation
            current = tf.ensure_shape(iterates.read(source[i]), images.shape)
            gradient = ascent(images, current, labels, at_iteration(seeds, iteration[i]), attackable)
            for j in tf.range(first[i], last[i]):
                iterates = iterates.write(slot[j], step.step(current, gradient, images, alpha[j], epsilon[j]))
        results = iterates.stack()[TRUNK + 1 :]
        return step.finish(results)


def sweeps(attacks: Sequence[SignAttack]) -> list[tuple[Sweep, tuple[int, ...]]]:
    """The attacks in as few sweeps as can be; each with the positions of its attacks in `attacks`.

    Iterative attacks of another step size need a trajectory of their own; single steps join the first of their kind.
    """
    first_alpha: dict[tuple, float] = {}
    for attack in attacks:
        if attack.steps > 1:
            first_alpha.setdefault(_kind(attack), attack.alpha)
    groups: dict[tuple, list[int]] = {}
    for position, attack in enumerate(attacks):
        alpha = attack.alpha if attack.steps > 1 else first_alpha.get(_kind(attack))
        groups.setdefault((_kind(attack), alpha), []).append(position)
    return [(Sweep(tuple(attacks[p] for p in positions)), tuple(positions)) for positions in groups.values()]


def _kind(attack: SignAttack) -> tuple:
    return attack.objective, attack.gradient, attack.in_range, attack.whole_levels
