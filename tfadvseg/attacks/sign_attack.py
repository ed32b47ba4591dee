"""Sign ascent in a max-norm ball: FGSM, its least-likely, iterative and momentum versions are settings of it."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.gradients import Ascent, Estimator, plain_gradient, samples_of
from tfadvseg.attacks.objectives import Objective, away_from_labels, toward_class, toward_least_likely
from tfadvseg.attacks.rules import MomentumRule, SignRule, UpdateRule
from tfadvseg.attacks.steps import iterations, on_8_bits, within_range
from tfadvseg.seeds import at_iteration, no_seeds


@dataclasses.dataclass(frozen=True)
class SignAttack:
    """Sign ascent on an objective (Eq. 3 to 6 of the paper).

    epsilon, alpha: radius of the ball and size of a step, in grey levels; a single step has alpha = epsilon.
    in_range: keeps the adversarial image within 0..255 at every step. whole_levels: ends on whole grey levels; both
    together give the attack that survives being saved as a PNG. Both are off in the released code of the paper.
    rule: what makes a step of a gradient.
    """

    epsilon: float
    alpha: float = 1.0
    steps: int = 1
    objective: Objective = away_from_labels
    gradient: Estimator = plain_gradient
    in_range: bool = False
    whole_levels: bool = False
    rule: UpdateRule = SignRule()
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise ValueError(f"Epsilon must be 0 grey levels or more; got {self.epsilon}.")
        if not self.alpha > 0 and self.epsilon > 0:
            raise ValueError(f"The step size alpha must be more than 0 grey levels; got {self.alpha}.")
        if self.steps < 1:
            raise ValueError(f"An attack needs at least 1 step; got {self.steps}.")

    @property
    def cost(self) -> Cost:
        """One estimate of the gradient a step."""
        return Cost(gradients=self.steps * samples_of(self.gradient))

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
        """Perturbation [N, H, W, 3], every value within epsilon of 0; the arguments are those of `base.Attack`."""
        seeds = no_seeds(images) if seeds is None else seeds
        ascent = self.ascent_of(model)
        perturbation = tf.zeros_like(images) if start is None else start
        state = self.rule.init(images)
        for iteration in tf.range(self.steps):
            progress = tf.cast(iteration, tf.float32) / self.steps
            gradient, _ = ascent(images, perturbation, labels, at_iteration(seeds, iteration), progress, attackable)
            perturbation, state = self.step(perturbation, gradient, images, self.alpha, self.epsilon, state)
        return self.finish(perturbation)

    def ascent_of(self, model: Model) -> Callable[..., Ascent]:
        """(images, perturbation, labels, seeds, progress, attackable) -> Ascent, its gradient 0 where nothing may
        change.

        A function of its own: TensorFlow optimises less in the body of a loop, where FCN8s took 7 % longer.
        """

        @tf.function
        def ascent(images, perturbation, labels, seeds, progress, attackable):
            gradient, score = self.gradient(model, self.objective, images + perturbation, labels, seeds, progress)
            return Ascent(gradient if attackable is None else gradient * attackable, score)

        return ascent

    def step(self, perturbation, gradient, images, alpha, epsilon, state=()):
        """(the next iterate, the rule's next state), with this attack's range but the given step size and radius."""
        stepped, state = self.rule.step(perturbation, gradient, state, alpha, epsilon)
        return (within_range(stepped, images) if self.in_range else stepped), state

    def finish(self, perturbation: tf.Tensor) -> tf.Tensor:
        """The result that belongs to a last iterate."""
        return on_8_bits(perturbation) if self.whole_levels else perturbation


def fgsm(epsilon: float, **settings) -> SignAttack:
    """One step away from the labels (Goodfellow et al. 2015; Eq. 3)."""
    return SignAttack(epsilon, alpha=epsilon, **settings)


def fgsm_ll(epsilon: float, **settings) -> SignAttack:
    """One step to the least likely classes (Eq. 4)."""
    return SignAttack(epsilon, alpha=epsilon, objective=toward_least_likely, **settings)


def fgsm_class(epsilon: float, target: int, **settings) -> SignAttack:
    """One step toward one class, the number `target`, everywhere."""
    return SignAttack(epsilon, alpha=epsilon, objective=toward_class(target), **settings)


def ifgsm(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings) -> SignAttack:
    """Steps of alpha away from the labels, as many as the paper takes unless given (Eq. 5)."""
    return SignAttack(epsilon, alpha, iterations(epsilon) if steps is None else steps, **settings)


def ifgsm_ll(epsilon: float, alpha: float = 1.0, steps: int | None = None, **settings) -> SignAttack:
    """Steps of alpha to the least likely classes of each iterate (Eq. 6)."""
    return ifgsm(epsilon, alpha, steps, objective=toward_least_likely, **settings)


def ifgsm_class(epsilon: float, target: int, alpha: float = 1.0, steps: int | None = None, **settings) -> SignAttack:
    """Steps of alpha toward one class, the number `target`, everywhere."""
    return ifgsm(epsilon, alpha, steps, objective=toward_class(target), **settings)


def mi_fgsm(epsilon: float, alpha: float = 1.0, steps: int | None = None, decay: float = 1.0, **settings) -> SignAttack:
    """Iterative FGSM with momentum (Dong et al. 2018); a decay of 0 gives Iterative FGSM bit by bit."""
    return ifgsm(epsilon, alpha, steps, rule=MomentumRule(decay), **settings)
