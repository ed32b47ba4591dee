"""The descending ladder: SEA at several epsilons, each begun where it ended at twice its own.

SEA (Croce et al. 2024) looks for a start at twice its radius. Where a run has that epsilon, too, its result is such a
start, so what that search would have cost goes into the other stages instead: as many gradients at each epsilon, and
the last ones begin higher.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from tfadvseg.attacks.apgd import Apgd, Stage
from tfadvseg.attacks.base import Cost, Model, total
from tfadvseg.attacks.modern import sea_js, sea_mce, sea_mce_bal


@dataclasses.dataclass(frozen=True)
class Rung(Apgd):
    """SEA at one epsilon of a ladder. By itself it is plain SEA, and so it is in a run without twice its epsilon: its
    result depends on which larger epsilons are in the run."""

    @property
    def descended(self) -> "Rung":
        """What is left of it where the first stage is the result at twice its epsilon: the same steps in the others."""
        (_, saved), *others = self.stages
        return dataclasses.replace(self, stages=tuple((radius, share / (1 - saved)) for radius, share in others))


@dataclasses.dataclass(frozen=True)
class Ladder:
    """Perturbations of rungs that differ in epsilon alone, made from the largest one down.

    Restarts are of the whole ladder, and each rung returns the best of its own. A rung hands on what it found before
    that is brought to whole levels.
    """

    attacks: tuple[Rung, ...]
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if len({kind(attack) for attack in self.attacks}) != 1:
            raise ValueError(
                "The rungs of a ladder differ in epsilon and in nothing else; put others into another one."
            )

    @property
    def descents(self) -> list[list[Rung]]:
        """What is run, each epsilon once: from the first of a list, which begins anew, to epsilons of half the one
        before it."""
        found: list[list[Rung]] = []
        for rung in sorted(set(self.attacks), key=lambda attack: attack.epsilon, reverse=True):
            above = next((descent for descent in found if descent[-1].epsilon == 2 * rung.epsilon), None)
            if above is None:
                found.append([rung])
            else:
                above.append(rung.descended)
        return found

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each attack costs an image: as many gradients as plain SEA. What is there twice is run once."""
        made = {rung.epsilon: rung.cost for descent in self.descents for rung in descent}
        return tuple(made.pop(attack.epsilon, Cost()) for attack in self.attacks)

    @property
    def alone(self) -> tuple[Cost, ...]:
        """What the result of each takes where no other is wanted: all rungs down to it."""
        made = {
            rung.epsilon: total(one.cost for one in descent[: place + 1])
            for descent in self.descents
            for place, rung in enumerate(descent)
        }
        return tuple(made[attack.epsilon] for attack in self.attacks)

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbations [A, N, H, W, 3], one for each attack; the arguments are those of `base.Attack`."""
        stages, order = list[Stage](), list[float]()
        for descent in self.descents:
            for place, rung in enumerate(descent):
                stages += rung.stages_at(rung.epsilon, run=len(order), anew=place == 0)
                order.append(rung.epsilon)
        ends = self.attacks[0].climb(stages, model, images, labels, seeds, attackable, None)
        return tf.gather(ends, [order.index(attack.epsilon) for attack in self.attacks])


def kind(attack: Rung) -> Rung:
    """What rungs of one ladder have in common: they are equal at one epsilon."""
    return dataclasses.replace(attack, epsilon=1.0)


def ladder_mce(epsilon: float, **settings: Any) -> Rung:
    """The ladder of SEA's part that looks away from lost pixels; settings as of `sea_mce`."""
    return _rung(sea_mce(epsilon, **settings))


def ladder_mce_bal(epsilon: float, **settings: Any) -> Rung:
    """The same, each class by its weight; settings as of `sea_mce_bal`."""
    return _rung(sea_mce_bal(epsilon, **settings))


def ladder_js(epsilon: float, **settings: Any) -> Rung:
    """The ladder of SEA's part on the Jensen-Shannon divergence; settings as of `sea_js`."""
    return _rung(sea_js(epsilon, **settings))


def _rung(attack: Apgd) -> Rung:
    """The same attack, as one of a ladder."""
    return Rung(**{field.name: getattr(attack, field.name) for field in dataclasses.fields(attack) if field.init})
