"""Which gradients a set of attacks needs, when all share what they can.

Before step floor(epsilon / alpha) the ball's clip cannot bind, so iterative attacks of one objective and one step
size run through the same iterates, the trunk, until their own ball stops them. There each branches off, and its first
own step uses the gradient that the trunk computes at that iterate anyway. Single steps branch off at the start.

    trunk   0 - 1 - 2 - ... - 7 - 8 - ... - 15 - 16 - ... - 31 - 32    epsilon 32, alpha 1
            |   |   |             \\ branch of 8: 8, 9           \\ branch of 16: 16 ... 19

The paper's grid has 36 evaluations for epsilon 32 of a label rule, 3 more for 16 and 1 more for 8: 40; two rules, 80.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.gradient_ascent import GradientAscent

TRUNK = 0
"""The slot that holds the common iterate; slots 1, 2, ... hold those of the attacks."""


@dataclasses.dataclass(frozen=True)
class Update:
    """slot <- step(iterate of the evaluation, its gradient, alpha, epsilon)."""

    slot: int
    alpha: float
    epsilon: float


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One gradient, taken at the iterate in `slot` (the `iteration`-th of its run), and the steps made with it."""

    slot: int
    iteration: int
    updates: tuple[Update, ...]


def evaluations(attacks: Sequence[GradientAscent]) -> list[Evaluation]:
    """Evaluations that leave in slot i + 1 the last iterate of attacks[i], which share an objective and an estimator.

    The numbers are bit by bit those of separate runs: the trunk is taken with the largest ball, and is left as soon
    as float32 sums of alpha could reach beyond an attack's own.
    """
    runs = [(slot, attack) for slot, attack in enumerate(attacks, start=1)]
    steppers = [(slot, attack) for slot, attack in runs if attack.steps > 1]
    trunk_alpha = _common_alpha(steppers)
    radius = max((attack.epsilon for _, attack in steppers), default=0.0)
    leaves = {slot: _leaves_trunk(attack) for slot, attack in runs}

    planned: list[Evaluation] = []
    for step in range(max(leaves.values()) + 1):
        branching = [(slot, attack) for slot, attack in runs if leaves[slot] == step]
        first = [Update(slot, attack.alpha, attack.epsilon) for slot, attack in branching]
        if step < max(leaves.values()):
            first.append(Update(TRUNK, trunk_alpha, radius))
        planned.append(Evaluation(TRUNK, step, tuple(first)))
        for slot, attack in branching:
            update = Update(slot, attack.alpha, attack.epsilon)
            planned += [Evaluation(slot, i, (update,)) for i in range(step + 1, attack.steps)]
    return planned


def evaluations_of_each(attacks: Sequence[GradientAscent]) -> list[int]:
    """How many evaluations each attack adds to those before it needs; they sum to the number of all.

    An evaluation on the trunk is put down to the attack that leaves it soonest thereafter.
    """
    counts = [0] * len(attacks)
    leaves = [_leaves_trunk(attack) for attack in attacks]
    for evaluation in evaluations(attacks):
        if evaluation.slot == TRUNK:
            owner = min((i for i in range(len(attacks)) if leaves[i] >= evaluation.iteration), key=leaves.__getitem__)
        else:
            owner = evaluation.slot - 1
        counts[owner] += 1
    return counts


def _common_alpha(steppers: Sequence[tuple[int, GradientAscent]]) -> float:
    sizes = {attack.alpha for _, attack in steppers}
    if len(sizes) > 1:
        raise ValueError(f"Attacks share a trajectory only with one step size; got {sorted(sizes)}.")
    return sizes.pop() if sizes else 1.0


def _leaves_trunk(attack: GradientAscent) -> int:
    """The iterate from which the attack makes its own steps: the last that surely lies in its ball, one step kept."""
    alpha, reach, step = np.float32(attack.alpha), np.float32(0), 0
    while step < attack.steps - 1 and reach + alpha <= np.float32(attack.epsilon):
        reach, step = reach + alpha, step + 1
    return step
