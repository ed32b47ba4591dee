"""Update rules: from a gradient to the next perturbation, with whatever a rule remembers between its steps."""

import dataclasses
from typing import Protocol

import tensorflow as tf

from tfadvseg.attacks.balls import Ball

State = tuple[tf.Tensor, ...]


class UpdateRule(Protocol):
    """A frozen dataclass. Only rules without a state let attacks share a trajectory."""

    def init(self, images: tf.Tensor) -> State:
        """The state before the first step; () for a rule that remembers nothing."""

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, ball: Ball
    ) -> tuple[tf.Tensor, State]:
        """(the next perturbation [N, H, W, 3], which may lie outside of the ball; the next state)."""

    @property
    def remembers(self) -> bool:
        """Whether it has a state."""


@dataclasses.dataclass(frozen=True)
class SignRule:
    """A step of alpha along the steepest way of the ball: the gradient's sign in the max-norm (Eq. 3 to 6)."""

    remembers: bool = dataclasses.field(default=False, init=False)

    def init(self, images: tf.Tensor) -> State:
        """(), it remembers nothing."""
        del images
        return ()

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, ball: Ball
    ) -> tuple[tf.Tensor, State]:
        """Moves the perturbation by alpha in the norm of the ball; in the max-norm so moves each value that has a
        gradient."""
        return perturbation + alpha * ball.steepest(gradient), state


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
        """The sum of gradients [N, H, W, 3], 0 before the first step."""
        return (tf.zeros_like(images),)

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, ball: Ball
    ) -> tuple[tf.Tensor, State]:
        """The state is the sum after this gradient; a gradient of 0 adds nothing to it."""
        norm = tf.reduce_sum(tf.abs(gradient), (1, 2, 3), keepdims=True)
        momentum = self.decay * state[0] + tf.math.divide_no_nan(gradient, norm)
        return perturbation + alpha * ball.steepest(momentum), (momentum,)


@dataclasses.dataclass(frozen=True)
class AdamRule:
    """Adam's step, whose size follows each value's own gradients, with the largest second moment so far (AMSGrad; Reddi
    et al. 2018), as PAdam takes it (Halmosi et al. 2024)."""

    decay: float = 0.9
    decay_of_squares: float = 0.999
    remembers: bool = dataclasses.field(default=True, init=False)

    def init(self, images: tf.Tensor) -> State:
        """Means of gradients and of their squares, the largest of the latter so far, [N, H, W, 3] each; how many steps
        were taken."""
        zeros = tf.zeros_like(images)
        return zeros, zeros, zeros, tf.zeros((), images.dtype)

    def step(
        self, perturbation: tf.Tensor, gradient: tf.Tensor, state: State, alpha: float, ball: Ball
    ) -> tuple[tf.Tensor, State]:
        """No ball shapes the step: a value moves by about alpha grey levels where its gradients agree, whatever their
        size."""
        del ball
        mean, square, most, count = state
        mean = self.decay * mean + (1 - self.decay) * gradient
        square = self.decay_of_squares * square + (1 - self.decay_of_squares) * gradient * gradient
        most, count = tf.maximum(most, square), count + 1
        unbiased, scale = mean / (1 - self.decay**count), tf.sqrt(most / (1 - self.decay_of_squares**count))
        return perturbation + alpha * unbiased / (scale + 1e-8), (mean, square, most, count)
