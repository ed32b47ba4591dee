"""Attacks by their names: what makes one, and what is to be known of it before it is made."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

from tfadvseg.attacks.base import Attack


class Trait(enum.Flag):
    """In what an attack differs from a single step along the gradient in a ball.

    ITERATIVE: it takes `alpha` and `steps`. PACED: it brings its own number of steps, whatever the protocol, and takes
    `steps`; it chooses their sizes, too, unless it is also iterative. TO_A_CLASS: it wants `target`, the number of the
    class to lead to. BY_CLASS: it wants `class_weights`. HIDES: it wants `hidden`, the number of the class to hide.
    QUERIES: it takes `queries`, how many answers of the network it may have. BLIND: it follows no gradient, so it takes
    no estimator, `gradient`, of one. OWN_NORM: it looks for the smallest perturbation, so it is made without an
    epsilon. BOUNDLESS: it moves in no ball, so it takes no `start`, `restarts` and `keep`.
    """

    NONE = 0
    ITERATIVE = enum.auto()
    PACED = enum.auto()
    TO_A_CLASS = enum.auto()
    BY_CLASS = enum.auto()
    HIDES = enum.auto()
    QUERIES = enum.auto()
    BLIND = enum.auto()
    OWN_NORM = enum.auto()
    BOUNDLESS = enum.auto()

    STEPPING = ITERATIVE | PACED


@dataclasses.dataclass(frozen=True)
class NamedAttack:
    """(epsilon in grey levels, **settings) -> an attack; (**settings) where it finds its own norm."""

    make: Callable[..., Attack]
    traits: Trait = Trait.NONE

    def has(self, any_of: Trait) -> bool:
        """Whether it has one of these traits."""
        return bool(self.traits & any_of)

    def __call__(self, epsilon: float | None = None, **settings: Any) -> Attack:
        """The attack with these settings, each of which only some traits allow. ValueError where an epsilon is given to
        an attack that finds its own norm, or none to another."""
        own_norm = self.has(Trait.OWN_NORM)
        if own_norm and epsilon is not None:
            raise ValueError(f"An attack that finds its own norm is given no epsilon; got {epsilon:g}, leave it out.")
        if not own_norm and epsilon is None:
            raise ValueError("An attack in a ball needs the ball's radius, epsilon, in grey levels; got none.")
        return self.make(**settings) if epsilon is None else self.make(epsilon, **settings)
