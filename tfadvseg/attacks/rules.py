"""Update rules: from a gradient to the next perturbation, with whatever a rule remembers between its steps."""

import dataclasses
from typing import Protocol

import tensorflow as tf

from tfadvseg.attacks.steps import sign_step

State = tuple[tf.Tensor, ...]


class UpdateRule(Protocol):
    """A frozen dataclass. Only rules without a state let attacks share a trajectory."""

    def init(self, images: tf.Tensor) -> State:
        """The state before the first step; () for a rule that remembers nothing."""

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, epsilon: float
    ) -> tuple[tf.Tensor, State]:
        """(the next perturbation [N, H, W, 3], within epsilon of 0; the next state)."""

    @property
    def remembers(self) -> bool:
        """Whether it has a state."""


@dataclasses.dataclass(frozen=True)
class SignRule:
    """A step of alpha along the gradient's sign (Eq. 3 to 6)."""

    remembers: bool = dataclasses.field(default=False, init=False)

    def init(self, images: tf.Tensor) -> State:
        del images
        return ()

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, epsilon: float
    ) -> tuple[tf.Tensor, State]:
        return sign_step(perturbation, gradient, alpha, epsilon), state


@dataclasses.dataclass(frozen=True)
class MomentumRule:
    """A step of alpha along the sign of a decaying sum of gradients, each divided by its l1 norm over the image
    (MI-FGSM; Dong et al. 2018, Eq. 6 and 7). Without that division late, large gradients would drown the early ones."""

    decay: float = 1.0
    remembers: bool = dataclasses.field(default=True, init=False)

    def __post_init__(self) -> None:
        if not self.decay >= 0:
            raise ValueError(f"A momentum's decay is 0 or more; got {self.decay}.")

    def init(self, images: tf.Tensor) -> State:
        return (tf.zeros_like(images),)

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, epsilon: float
    ) -> tuple[tf.Tensor, State]:
        norm = tf.reduce_sum(tf.abs(gradient), (1, 2, 3), keepdims=True)
        momentum = self.decay * state[0] + tf.math.divide_no_nan(gradient, norm)
        return sign_step(perturbation, momentum, alpha, epsilon), (momentum,)
