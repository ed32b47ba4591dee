"""How far and how fast a gradient ascent goes, as numbers or as tensors of a graph that is told the radius."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfadvseg.attacks.steps import iterations_at


class Pace(NamedTuple):
    """epsilon, alpha: radius of the ball and size of a step in grey levels, of all images or [N, 1, 1, 1]. steps: how
    many, of all images."""

    epsilon: tf.Tensor | float
    alpha: tf.Tensor | float
    steps: tf.Tensor | int


PaceRule = Callable[[tf.Tensor], Pace]
"""A radius in grey levels, float32 [] -> the pace in its ball."""


def single_step(epsilon: tf.Tensor) -> Pace:
    """One step as far as the ball goes (FGSM)."""
    return Pace(epsilon, epsilon, 1)


def steps_of(alpha: float, steps: int | None) -> PaceRule:
    """Steps of alpha grey levels: so many or, of None, the paper's number of them at the radius."""

    def pace(epsilon: tf.Tensor) -> Pace:
        return Pace(epsilon, alpha, iterations_at(epsilon) if steps is None else steps)

    return pace
