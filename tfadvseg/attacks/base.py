"""What every attack is, whatever it does inside: a value with one call, that says what it costs and what it sees."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, runtime_checkable

import tensorflow as tf

Model = Callable[..., tf.Tensor]
"""Images [N, H, W, 3] -> logits [N, H, W, C]; one that draws at random also takes seeds int32 [N, 2]."""


class Cost(NamedTuple):
    """What an attack takes for one image.

    gradients: input gradients, each with its own forward pass. forwards: forward passes beyond these. queries: answers
    of a network of which only the label map is seen. It is known beforehand, and so is the most that an attack may take
    which ends early, as DAG does.
    """

    gradients: int = 0
    forwards: int = 0
    queries: int = 0

    @property
    def work(self) -> float:
        """The same in gradients, of which a forward pass is about a half."""
        return self.gradients + 0.5 * (self.forwards + self.queries)


def total(costs: Iterable[Cost]) -> Cost:
    """What all of them take together."""
    return Cost(*(sum(column) for column in zip(Cost(), *costs, strict=True)))


@runtime_checkable
class Attack(Protocol):
    """(model, images, labels) -> perturbation; a frozen dataclass, so that equal settings are equal attacks."""

    @property
    def epsilon(self) -> float | None:
        """Radius of the ball in grey levels; None for an attack that looks for the smallest perturbation itself."""

    @property
    def in_range(self) -> bool:
        """Whether adversarial images stay within 0..255."""

    @property
    def black_box(self) -> bool:
        """Whether it sees label maps alone: its `model` is then images -> labels int32 [N, H, W], as NumPy arrays, and
        it runs outside of any graph."""

    @property
    def cost(self) -> Cost:
        """Of one image."""

    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
        start: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbation [N, H, W, 3] in grey levels.

        labels: int32 [N, H, W]; those LEFT_OUT count in no objective, IGNORED ones in none that leads away from them.
        seeds: int32 [N, 2], one for each image. attackable: [N, H, W, 1], 0 where the perturbation must stay 0. start:
        the perturbation [N, H, W, 3] to begin with, 0 by default, so that attacks can follow each other."""
