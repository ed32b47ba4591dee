"""How the attacks of an experiment are run on a batch: groups that share gradients, and the others one by one."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeGuard

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Attack, Cost, Model
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.sweep import Sweep, kind, shares_trajectories


class Group(Protocol):
    """Attacks that are run together: a call makes the perturbations of all of them."""

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each attack costs an image beyond those before it in the group."""

    @property
    def black_box(self) -> bool:
        """Whether it runs outside of graphs, seeing label maps alone."""

    def __call__(
        self, model: Model, images: tf.Tensor, labels: tf.Tensor, seeds: tf.Tensor, attackable: tf.Tensor | None
    ) -> tf.Tensor:
        """Perturbations [A, N, H, W, 3]; the arguments are those of `base.Attack`."""


class Place(NamedTuple):
    """A group, and where its attacks stand in the list that was planned."""

    group: Group
    positions: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Single:
    """A group of one attack of any kind."""

    attack: Attack

    @property
    def costs(self) -> tuple[Cost, ...]:
        return (self.attack.cost,)

    @property
    def black_box(self) -> bool:
        return self.attack.black_box

    def __call__(
        self, model: Model, images: tf.Tensor, labels: tf.Tensor, seeds: tf.Tensor, attackable: tf.Tensor | None
    ) -> tf.Tensor:
        seen = label_maps_of(model) if self.black_box else model
        return tf.convert_to_tensor(self.attack(seen, images, labels, seeds, attackable))[tf.newaxis]


def plan(attacks: Sequence[Attack]) -> list[Place]:
    """The attacks in as few groups as can be.

    Gradient ascents of one kind share a `Sweep`, those of another step size a further one, and single steps join the
    first of their kind. Whatever remembers earlier gradients or knows the time goes alone.
    """
    first_alpha: dict[tuple, float] = {}
    shared = {position: attack for position, attack in enumerate(attacks) if can_share(attack)}
    for attack in shared.values():
        if attack.steps > 1:
            first_alpha.setdefault(kind(attack), attack.alpha)
    groups: dict[tuple, list[int]] = {}
    for position in range(len(attacks)):
        if position not in shared:
            groups[("alone", position)] = [position]
            continue
        own = shared[position]
        alpha = own.alpha if own.steps > 1 else first_alpha.get(kind(own))
        groups.setdefault((kind(own), alpha), []).append(position)
    return [Place(_group([attacks[p] for p in positions]), tuple(positions)) for positions in groups.values()]


def total_cost(attacks: Sequence[Attack]) -> Cost:
    """What an image takes for all of them."""
    costs = [cost for group, _ in plan(attacks) for cost in group.costs]
    return Cost(*(sum(column) for column in zip(*costs, strict=True)))


def label_maps_of(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """The model as a black box: images [N, H, W, 3] -> predicted labels int32 [N, H, W], NumPy arrays both."""
    predict = tf.function(lambda images: tf.argmax(model(images), -1, tf.int32))
    return lambda images: predict(tf.constant(images, tf.float32)).numpy()


def can_share(attack: Attack) -> TypeGuard[GradientAscent]:
    """Whether other attacks may run on its trajectory; a subclass knows more than its iterates."""
    return type(attack) is GradientAscent and shares_trajectories(attack)


def _group(attacks: list[Attack]) -> Group:
    signs = tuple(attack for attack in attacks if can_share(attack))
    return Sweep(signs) if signs else Single(*attacks)
