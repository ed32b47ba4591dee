"""Sign ascent in a max-norm ball: FGSM, its least-likely and its iterative versions are settings of it."""

import dataclasses

import tensorflow as tf

from tfadvseg.attacks.gradients import Estimator, Model, plain_gradient
from tfadvseg.attacks.objectives import Objective, away_from_labels, toward_least_likely
from tfadvseg.attacks.seeds import at_iteration, no_seeds
from tfadvseg.attacks.steps import iterations, on_8_bits, sign_step, within_range


@dataclasses.dataclass(frozen=True)
class SignAttack:
    """Sign ascent on an objective (Eq. 3 to 6 of the paper).

    epsilon, alpha: radius of the ball and size of a step, in grey levels; a single step has alpha = epsilon.
    in_range: keeps the adversarial image within 0..255 at every step. whole_levels: ends on whole grey levels; both
    together give the attack that survives being saved as a PNG. Both are off in the released code of the paper.
    """

    epsilon: float
    alpha: float = 1.0
    steps: int = 1
    objective: Objective = away_from_labels
    gradient: Estimator = plain_gradient
    in_range: bool = False
    whole_levels: bool = False

    def __post_init__(self):
        if not self.epsilon >= 0:
            raise ValueError(f"Epsilon must be 0 grey levels or more; got {self.epsilon}.")
        if not self.alpha > 0 and self.epsilon > 0:
            raise ValueError(f"The step size alpha must be more than 0 grey levels; got {self.alpha}.")
        if self.steps < 1:
            raise ValueError(f"An attack needs at least 1 step; got {self.steps}.")

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbation [N, H, W, 3], every value within epsilon of 0.

        labels: [N, H, W]; ignored ones count in no objective. seeds: [N, 2], one for each image. attackable: [N, H,
        W, 1], 0 where the perturbation must stay 0.
        """
        seeds = no_seeds(images) if seeds is None else seeds
        ascent = self.ascent_of(model)
        perturbation = tf.zeros_like(images)
        for iteration in tf.range(self.steps):
            gradient = ascent(images, perturbation, labels, at_iteration(seeds, iteration), attackable)
            perturbation = self.step(perturbation, gradient, images, self.alpha, self.epsilon)
        return self.finish(perturbation)

    def ascent_of(self, model: Model):
        """(images, perturbation, labels, seeds, attackable) -> gradient [N, H, W, 3], 0 where nothing may change.

        A function of its own: TensorFlow optimises less in the body of a loop, where FCN8s took 7 % longer.
        """

        @tf.function
        def ascent(images, perturbation, labels, seeds, attackable):
            gradient = self.gradient(model, self.objective, images + perturbation, labels, seeds)
            return gradient if attackable is None else gradient * attackable

        return ascent

    def step(self, perturbation, gradient, images, alpha, epsilon):
        """The next iterate, with this attack's range but the given step size and radius."""
        stepped = sign_step(perturbation, gradient, alpha, epsilon)
        return within_range(stepped, images) if self.in_range else stepped

    def finish(self, perturbation):
        """The result that belongs to a last iterate."""
        return on_8_bits(perturbation) if self.whole_levels else perturbation


def fgsm(epsilon: float, **settings) -> SignAttack:
    """One step away from the labels (Goodfellow et al. 2015; Eq. 3)."""
    return SignAttack(epsilon, alpha=epsilon, **settings)


def fgsm_ll(epsilon: float, **settings) -> SignAttack:
    """One step to the least likely classes (Eq. 4)."""
    return SignAttack(epsilon, alpha=epsilon, objective=toward_least_likely, **settings)


def ifgsm(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings) -> SignAttack:
    """Steps of alpha away from the labels, as many as the paper takes unless given (Eq. 5)."""
    steps = iterations(epsilon) if steps is None else steps
    return SignAttack(epsilon, alpha, steps, **settings)


def ifgsm_ll(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings) -> SignAttack:
    """Steps of alpha to the least likely classes of each iterate (Eq. 6)."""
    return SignAttack(
        epsilon, alpha, iterations(epsilon) if steps is None else steps, objective=toward_least_likely, **settings
    )
