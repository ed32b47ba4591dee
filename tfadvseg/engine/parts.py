"""The parts of an experiment: what makes its units. A scenario's attacks are one, a study may have others."""

import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.data.split import Split
from tfadvseg.engine.kept import describe_source, keep
from tfadvseg.engine.left_out import Batch
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.scenario import Scenario, Source
from tfadvseg.engine.unit import BESIDE, PER_IMAGE, Tick, Unit, UnitMaker
from tfadvseg.engine.xla import choose_xla
from tfadvseg.models.postprocessed import Model
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.seeds import no_seeds

Make = Callable[[Batch, Tick, bool], Unit]
"""Makes the unit of a batch and tells of its work; the last argument: whether with the pictures of its first image."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where units are made. split: what batches are of. xla: as `engine.xla` has it."""

    split: Split
    folder: RunFolder
    models: OpenModels
    xla: str


class Part(Protocol):
    """A frozen dataclass, which can be pickled: models are specs, opened where a unit is made."""

    @property
    def name(self) -> str:
        """What its units' names begin with."""

    @property
    def source(self) -> Source:
        """In whose frame its photographs are."""

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """All that are needed at once."""

    @property
    def work(self) -> float:
        """Gradients that an image takes, a forward pass counted as a half."""

    @property
    def one_by_one(self) -> bool:
        """Whether a unit is a single image, whatever the batch size."""

    @property
    def photographs(self) -> int:
        """It is of the first so many, in whole units; 0 for all."""

    @property
    def per_image(self) -> Collection[str]:
        """Keys of its units whose second axis is the images."""

    @property
    def pictures(self) -> bool:
        """Whether its first unit has pictures."""

    def maker(self, setting: Setting, batch: Batch) -> Make:
        """Opens the models. batch: the first one that it will be given."""


@dataclasses.dataclass(frozen=True)
class Attacked:
    """The attacks of a scenario, shown to its targets. keep: whether the perturbations of each unit are written into
    the run folder, too (`engine.kept`)."""

    scenario: Scenario
    keep: bool = False
    one_by_one: bool = False
    photographs: int = 0
    per_image: Collection[str] = (*PER_IMAGE, *BESIDE)
    pictures: bool = True

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.scenario.name

    @property
    def source(self) -> Source:
        """Whom the scenario attacks, or what an earlier run has kept of that."""
        return self.scenario.source

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The attacked one and all targets."""
        return self.scenario.models

    @property
    def work(self) -> float:
        """That of all attacks and of showing what they made to the targets."""
        return self.scenario.work

    def maker(self, setting: Setting, batch: Batch) -> Make:
        """Opens the models, decides once a run whether XLA compiles attacks, and with `keep` makes the folder for
        perturbations."""
        make = unit_maker(self.scenario, batch, setting.folder, setting.xla, setting.models)
        keeping = {"keep": self._keeper(setting.folder)} if self.keep else {}
        return lambda batch, tick, with_example: make(batch, setting.split, with_example, tick, **keeping)

    def _keeper(self, folder: RunFolder) -> Callable[..., None]:
        """What writes the perturbations into the run folder."""
        attacks = self.scenario.protocol.attacks
        own = describe_source(folder.store, self.scenario.attacked, attacks, self.scenario.protocol.text)
        return functools.partial(keep, own, self.scenario.attacked, attacks)


def unit_maker(
    scenario: Scenario, batch: Mapping[str, tf.Tensor], folder: RunFolder, xla: str, models: OpenModels
) -> UnitMaker:
    """Opens the models of a scenario. batch: what XLA is tried on."""
    source = scenario.source
    compiled = False
    if isinstance(source, ModelSpec) and not source.seeded:
        compiled = folder.decide(f"xla-{source.name}", lambda: _choose(xla, models[source], batch))
    return UnitMaker(scenario, {spec: models[spec] for spec in scenario.models}, compiled)


def _choose(xla: str, model: Model, batch: Mapping[str, tf.Tensor]) -> bool:
    images = batch["image"]
    arguments = images, batch["labels"], no_seeds(images)
    return choose_xla(xla, lambda *tensors: plain_gradient(model, away_from_labels, *tensors), *arguments)
