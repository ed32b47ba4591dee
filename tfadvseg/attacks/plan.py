"""How the attacks of an experiment are run on a batch: groups that share gradients, and the others one by one."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Attack, Cost, Model, total
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.ladder import Ladder, Rung
from tfadvseg.attacks.ladder import kind as kind_of_rung
from tfadvseg.attacks.sweep import Sweep, kind, shares_trajectories
from tfadvseg.seeds import at_iteration


class Group(Protocol):
    """Attacks that are run together: a call makes the perturbations of all of them."""

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each attack costs an image beyond those before it in the group."""

    @property
    def alone(self) -> tuple[Cost, ...]:
        """What the result of each takes an image where no other attack is run."""

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
    """A group of one attack of any kind. seeded: whether its model draws at random and is called with (images, seeds);
    then a black box answers each query by draws of its own, as it would a stranger."""

    attack: Attack
    seeded: bool = False

    @property
    def costs(self) -> tuple[Cost, ...]:
        """Its own alone; there is no other attack whose gradients it could share."""
        return (self.attack.cost,)

    @property
    def alone(self) -> tuple[Cost, ...]:
        """The same as `costs`."""
        return self.costs

    @property
    def black_box(self) -> bool:
        """As the attack says of itself."""
        return self.attack.black_box

    def __call__(
        self, model: Model, images: tf.Tensor, labels: tf.Tensor, seeds: tf.Tensor, attackable: tf.Tensor | None
    ) -> tf.Tensor:
        """Perturbations [1, N, H, W, 3]; a black box is shown label maps in place of the model."""
        seen = label_maps_of(model, seeds if self.seeded else None) if self.black_box else model
        return tf.convert_to_tensor(self.attack(seen, images, labels, seeds, attackable))[tf.newaxis]


def plan(attacks: Sequence[Attack], seeded: bool = False) -> list[Place]:
    """The attacks in as few groups as can be. seeded: whether the model that they meet draws at random (`Single`).

    Gradient ascents of one kind share a `Sweep`, those of another step size a further one, and single steps join the
    first of their kind. Rungs of one kind make a `Ladder`. Whatever else remembers gradients or knows the time goes
    alone.
    """
    first_alpha: dict[tuple[Any, ...], float] = {}
    shared = {position: attack for position, attack in enumerate(attacks) if can_share(attack)}
    for attack in shared.values():
        if attack.steps > 1:
            first_alpha.setdefault(kind(attack), attack.alpha)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for position in range(len(attacks)):
        if position not in shared:
            one = attacks[position]
            key = ("ladder", kind_of_rung(one)) if isinstance(one, Rung) else ("alone", position)
            groups.setdefault(key, []).append(position)
            continue
        own = shared[position]
        alpha = own.alpha if own.steps > 1 else first_alpha.get(kind(own))
        groups.setdefault((kind(own), alpha), []).append(position)
    return [Place(_group([attacks[p] for p in positions], seeded), tuple(positions)) for positions in groups.values()]


def total_cost(attacks: Sequence[Attack]) -> Cost:
    """What an image takes for all of them."""
    return total(cost for group, _ in plan(attacks) for cost in group.costs)


def costs_alone(attacks: Sequence[Attack]) -> list[Cost]:
    """What an image takes for the result of each attack where the others are not wanted."""
    found = {p: cost for group, positions in plan(attacks) for p, cost in zip(positions, group.alone, strict=True)}
    return [found[position] for position in range(len(attacks))]


def label_maps_of(model: Model, seeds: tf.Tensor | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """The model as a black box: images [N, H, W, 3] -> predicted labels int32 [N, H, W], NumPy arrays both.

    seeds: int32 [N, 2] of a model that takes some; each query draws anew from them.
    """
    queries = itertools.count()

    def answer(images: np.ndarray) -> np.ndarray:
        drawn = () if seeds is None else (at_iteration(seeds, tf.constant(next(queries))),)
        return _label_map(model, tf.constant(images, tf.float32), *drawn).numpy()

    return answer


@tf.function
def _label_map(model: Model, images: tf.Tensor, *drawn: tf.Tensor) -> tf.Tensor:
    """Traced once for a model, not for each batch that meets it."""
    return tf.argmax(model(images, *drawn), -1, tf.int32)


def can_share(attack: Attack) -> TypeGuard[GradientAscent]:
    """Whether other attacks may run on its trajectory; a subclass knows more than its iterates."""
    return type(attack) is GradientAscent and shares_trajectories(attack)


def _group(attacks: list[Attack], seeded: bool) -> Group:
    signs = tuple(attack for attack in attacks if can_share(attack))
    if signs:
        return Sweep(signs)
    rungs = tuple(attack for attack in attacks if isinstance(attack, Rung))
    if rungs:
        return Ladder(rungs)
    (alone,) = attacks
    return Single(alone, seeded)
