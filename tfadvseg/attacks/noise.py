"""Random signs, which ask nothing of a network: the floor that any attack must beat."""

import dataclasses

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.steps import on_8_bits, within_range
from tfadvseg.seeds import no_seeds


@dataclasses.dataclass(frozen=True)
class Noise:
    """Each value + or - epsilon, at random; in the Euclidean ball the same direction, as long as epsilon.

    An attack that is no better than it has found nothing but how much noise of that size a network bears. epsilon: in
    grey levels. in_range, whole_levels, ball: as of `GradientAscent`.
    """

    epsilon: float
    in_range: bool = False
    whole_levels: bool = False
    ball: Ball = LInf()
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise ValueError(f"Epsilon must be 0 grey levels or more; got {self.epsilon}.")

    @property
    def cost(self) -> Cost:
        """Nothing."""
        return Cost()

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
        """Perturbation [N, H, W, 3] that follows from seeds alone; the arguments are those of `base.Attack`."""
        del model, labels, start
        drawn = LInf().noise(images, 1.0, no_seeds(images) if seeds is None else seeds)
        signs = tf.where(drawn < 0, -tf.ones_like(images), tf.ones_like(images))  # sign(0) would be none
        perturbation = self.epsilon * self.ball.steepest(signs if attackable is None else signs * attackable)
        perturbation = within_range(perturbation, images) if self.in_range else perturbation
        return on_8_bits(perturbation) if self.whole_levels else perturbation
