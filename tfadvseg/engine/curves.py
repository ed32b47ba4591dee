"""Attacks step by step: what a network makes of each iterate of an attack, on a few photographs.

The attack is run again, on the batch of its unit and by itself, while its model is watched: so the attacks of a run
take no notice, and no time where nobody asks. The last point is that of the perturbation that the attack returns.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from tfadvseg.attacks.apgd import Apgd
from tfadvseg.attacks.base import Attack, Model
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.hiding import hides
from tfadvseg.attacks.ladder import Ladder, Rung, kind
from tfadvseg.attacks.objectives import cross_entropy
from tfadvseg.attacks.plan import Group, Single
from tfadvseg.attacks.watched import Watched
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.engine.exposure import Exposure, ReadOnce, expose
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.left_out import Batch, left_out, measured
from tfadvseg.engine.parts import Make, Setting
from tfadvseg.engine.scenario import Scenario, Source
from tfadvseg.engine.unit import Tick, Unit, UnitMaker
from tfadvseg.metrics.counts import class_counts
from tfadvseg.metrics.scores import mean_iou, share
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.csv_text import csv_text
from tfadvseg.runs.curves import COLUMNS, FILE
from tfadvseg.runs.folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Followed:
    """An attack, and what is run for its result: a ladder from the top down to it, else the attack alone."""

    name: str
    attack: GradientAscent | Apgd
    group: Group

    @property
    def stages(self) -> list[int]:
        """How many looks each stage takes: one a step, and one at where the last step led where iterates are
        compared."""
        match self.group:
            case Ladder():
                (descent,) = self.group.descents
                runs = [stage.steps + 1 for rung in descent for stage in rung.stages_at(rung.epsilon)]
            case _ if isinstance(self.attack, Apgd):
                runs = [steps + 1 for steps in self.attack.steps_of_each]
            case _:
                runs = [self.attack.steps + self.attack.judges]
        return runs * self.attack.restarts


def followed(attacks: Sequence[tuple[str, Attack]], epsilon: float) -> list[Followed]:
    """Of each attack by plain gradients that goes step by step within a ball that of this epsilon or, where there is
    none, of its largest."""
    found: dict[str, list[GradientAscent | Apgd]] = {}
    for name, attack in attacks:
        if isinstance(attack, GradientAscent | Apgd) and _shows_its_steps(attack):
            found.setdefault(name, []).append(attack)
    return [_followed(name, own, epsilon) for name, own in found.items()]


def _shows_its_steps(attack: GradientAscent | Apgd) -> bool:
    """Whether it looks once an iterate, and at nothing else; others than these know more than their iterates."""
    return type(attack) in (GradientAscent, Apgd, Rung) and attack.gradient == plain_gradient


def _followed(name: str, own: Sequence[GradientAscent | Apgd], epsilon: float) -> Followed:
    radii = [attack.epsilon for attack in own]
    attack = own[radii.index(epsilon if epsilon in radii else max(radii))]
    return Followed(name, attack, _descent_to(attack, own) if isinstance(attack, Rung) else Single(attack))


def _descent_to(rung: Rung, own: Sequence[Attack]) -> Ladder:
    """The rungs at twice its epsilon, at twice that, and so on, which its result depends on, and the rung itself."""
    alike = {one.epsilon: one for one in own if isinstance(one, Rung) and kind(one) == kind(rung)}
    above = itertools.takewhile(lambda epsilon: epsilon in alike, (rung.epsilon * 2**n for n in itertools.count()))
    return Ladder(tuple(alike[epsilon] for epsilon in above))


class Follower:
    """Follows attacks on one batch.

    counted: bool [N, H, W], pixels that are photograph; labels: the ground truth, int32 [N, H, W]."""

    def __init__(self, model: Model, exposure: Exposure, classes: int):
        self.model, self.exposure, self.classes = model, exposure, classes
        self.counted, self.labels = exposure.counted, exposure.labels.numpy()
        self.clean = tf.argmax(model(exposure.images), -1, tf.int32).numpy()

    def __call__(self, one: Followed, targets: tf.Tensor, seeds: tf.Tensor, attackable: tf.Tensor | None) -> np.ndarray:
        """[T, N, 5], the points (`runs.curves.POINT`) of an attack that is given these targets [N, H, W]: of each look,
        and the last of what it returns."""
        images, looks = self.exposure.images, list[tuple[np.ndarray, ...]]()

        def see(shown: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, ...]:
            size = tf.abs(shown - images) * tf.cast(self.counted, tf.float32)[..., tf.newaxis]
            return self._loss(logits, targets), tf.argmax(logits, -1, tf.int32), tf.reduce_max(size, (1, 2, 3))

        def note(*look: np.ndarray) -> None:
            looks.append(look)

        watched = Watched(self.model, see, note)
        found = one.group(watched, images, targets, seeds, attackable)[0]
        tf.function(watched)(images + found)
        stages = np.repeat(np.arange(len(one.stages)), one.stages)
        if len(looks) != len(stages) + 1:
            raise RuntimeError(f"{one.name} looks {len(looks) - 1} times at its model in place of {len(stages)}.")
        return np.stack([self._point(stage, *look) for stage, look in zip([*stages, stages[-1]], looks, strict=True)])

    def _loss(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Mean cross-entropy [N] to the labels that the attack was given, of the pixels that are photograph."""
        named = (targets != IGNORED) & (targets != LEFT_OUT) & self.counted
        loss = cross_entropy(logits, tf.where(named, targets, 0)) * tf.cast(named, logits.dtype)
        return tf.reduce_sum(loss, (1, 2)) / tf.reduce_sum(tf.cast(named, logits.dtype), (1, 2))

    def _point(self, stage: int, loss: np.ndarray, prediction: np.ndarray, linf: np.ndarray) -> np.ndarray:
        counted = self.counted.numpy()
        changed = share(((prediction != self.clean) & counted).sum((1, 2)), counted.sum((1, 2)))
        iou = mean_iou(class_counts(self.labels, prediction, self.classes))
        return np.stack([np.full_like(iou, stage), loss, changed, iou, linf], -1)


@dataclasses.dataclass(frozen=True)
class Steps:
    """A part of an experiment: the attacks of a scenario step by step, at the epsilon that `followed` chooses.
    photographs: on so many, in whole units."""

    scenario: Scenario
    photographs: int
    epsilon: float
    one_by_one: bool = False
    pictures: bool = False

    @property
    def attacks(self) -> list[Followed]:
        """Of the scenario's attacks those that are followed; see `followed`."""
        return followed(self.scenario.protocol.attacks, self.epsilon)

    @property
    def name(self) -> str:
        """steps- and the scenario's name."""
        return f"steps-{self.scenario.name}"

    @property
    def source(self) -> Source:
        """As the scenario's, so that units are of the same batches."""
        return self.scenario.source

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The attacked one alone; targets of transfer are shown nothing."""
        return (self.scenario.attacked,)

    @property
    def work(self) -> float:
        """Gradients an image: each attack run by itself, a half for the last look at each and for the clean image."""
        return sum(cost.work for one in self.attacks for cost in one.group.costs) + 0.5 * (len(self.attacks) + 1)

    @property
    def per_image(self) -> tuple[str, ...]:
        """An array an attack, [T, N, 5]."""
        return tuple(one.name for one in self.attacks)

    def maker(self, setting: Setting, batch: Batch) -> Make:
        """Opens the attacked model; its units hold the points of each attack by its name."""
        spec = self.scenario.attacked
        model = setting.models[spec]
        alone = dataclasses.replace(self.scenario, targets=())  # nobody else is shown anything
        maker = UnitMaker(alone, {spec: model})

        def make(batch: Batch, tick: Tick, with_example: bool) -> Unit:
            exposure, ids = expose(batch, spec.frame), [name.decode() for name in batch["id"].numpy()]
            given = maker.given(exposure, ids, ReadOnce(setting.split), batch["index"].numpy())
            follow, found = Follower(model, exposure, spec.classes), Unit()
            tick(0.5)
            for one in self.attacks:
                found[one.name] = follow(one, given.targets(hides(one.attack)), given.seeds, given.attackable)
                tick(sum(cost.work for cost in one.group.costs) + 0.5)
            return found

        return make


@dataclasses.dataclass(frozen=True)
class Curves:
    """What is measured beside scenarios where it is asked for: FILE in the run folder. The settings are those of
    `Steps`."""

    scenarios: tuple[Scenario, ...]
    photographs: int
    epsilon: float

    @property
    def parts(self) -> list[Steps]:
        """Of the scenarios with anything to be followed."""
        every = (Steps(scenario, self.photographs, self.epsilon) for scenario in self.scenarios)
        return [
            part for part in every if isinstance(part.source, ModelSpec) and not part.source.seeded and part.attacks
        ]

    def write(self, shards: Shards, folder: RunFolder) -> None:
        """Of the first photographs that are not damaged."""
        rows = [row for part in self.parts for row in self._rows(part, shards, folder)]
        text = csv_text(pd.DataFrame(rows, columns=list(COLUMNS))).encode()
        folder.write(FILE, lambda file: file.write(text))

    def _rows(self, part: Steps, shards: Shards, folder: RunFolder) -> Iterator[tuple[Any, ...]]:
        shown = 0
        for number, unit in enumerate(folder.load(name) for name in shards.units_of(part)):
            lacking = left_out([unit])
            ids = [name for name in shards.ids(part.source, number) if name not in lacking]
            for place, image in enumerate(ids[: self.photographs - shown] if measured([unit]) else ()):
                for one in part.attacks:
                    for step, point in enumerate(unit[one.name][:, place]):
                        yield part.source.name, image, one.name, one.attack.epsilon, step, *_plain(point)
                shown += 1


def _plain(point: np.ndarray) -> tuple[int | float, ...]:
    stage, *values = point.tolist()
    return int(stage), *(value if math.isfinite(value) else math.nan for value in values)
