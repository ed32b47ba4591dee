"""Runs the units of an experiment that are not finished yet."""

import dataclasses
import functools
import math
import os
from collections.abc import Sequence

import tensorflow as tf

from tfadvseg.attacks.compile import choose_xla
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.attacks.seeds import no_seeds
from tfadvseg.data.batches import batches
from tfadvseg.experiments.checks import looks_like_probabilities
from tfadvseg.experiments.encounter import Encounter
from tfadvseg.experiments.unit import UnitMaker
from tfadvseg.models.refined import Network
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress


@dataclasses.dataclass(frozen=True)
class Shards:
    """The images of an experiment: `examples` in order, how many, and how many make a unit (0: by the input's size)."""

    examples: tf.data.Dataset
    images: int
    batch_size: int = 0

    def size(self, model: Network) -> int:
        """Images in a unit of this network. One photograph keeps a CPU busy; of smaller images it takes a few."""
        small = model.input_size is not None and math.prod(model.input_size) < 100_000
        return self.batch_size or (4 if small else 1)

    def units(self, name: str, model: Network) -> list[str]:
        """The names of the units of something done with this network, in the order of their images."""
        return [f"{name}-{i:05d}" for i in range(math.ceil(self.images / self.size(model)))]

    def batches(self, model: Network) -> tf.data.Dataset:
        """The batches of the units, at the network's input size."""
        return batches(self.examples.take(self.images), model.input_size, model.pad_colour, self.size(model), model.fit)


def run(encounters: Sequence[Encounter], shards: Shards, folder: RunFolder, xla: str) -> Progress:
    """Finishes every unit that the run folder lacks. Killed at any moment, it goes on there with the same numbers."""
    _unique(encounters)
    progress = Progress(shards.images * len(encounters))
    try:
        for encounter in encounters:
            progress.of(encounter.name, encounter.work)
            _run_encounter(encounter, shards, folder, xla, progress)
    finally:
        progress.close()
    return progress


def _run_encounter(encounter, shards, folder, xla, progress) -> None:
    make, source = None, encounter.source
    names = shards.units(encounter.name, source)
    if all(folder.has(name) for name in names):
        progress.skip(shards.images)
        return
    for name, batch in zip(names, progress.timed(shards.batches(source)), strict=True):
        if folder.has(name):
            progress.skip(len(batch["id"]))
            continue
        if make is None:
            for model in dict.fromkeys([source, *(view.model for view in encounter.views)]):
                refuse_probabilities(model, batch["image"])
            compiled = folder.decide(f"xla-{source.name}", functools.partial(_xla, source, batch, xla))
            make = UnitMaker(encounter, compiled)
        tick = functools.partial(progress.tick, images=len(batch["id"]))
        folder.save(name, make(batch, with_example=name == names[0], tick=tick))


def refuse_probabilities(model: Network, images: tf.Tensor) -> None:
    """ValueError where a model's "logits" are probabilities: their softmax would have next to no gradient."""
    if model.reading.output == "logits" and looks_like_probabilities(model(images).numpy()):
        raise ValueError(f"{model.path} returns probabilities and not logits; say --model_output=probabilities.")


def _xla(model, batch, mode) -> bool:
    images = batch["image"]
    arguments = images, batch["labels"], no_seeds(images)
    return choose_xla(mode, lambda *a: plain_gradient(model, away_from_labels, *a), *arguments)


def _unique(encounters: Sequence[Encounter]) -> None:
    """ValueError where two encounters would share their units, or two models their rows."""
    models = dict.fromkeys(model for e in encounters for model in (e.source, *(view.model for view in e.views)))
    names = [model.name for model in models]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        folders = ", ".join(os.fspath(model.path) for model in models if model.name in twice)
        raise ValueError(
            f"The models {folders} share the name {twice.pop()!r}; rename a folder so that results tell them apart."
        )
    if len({encounter.name for encounter in encounters}) < len(encounters):
        raise ValueError("Two encounters of an experiment share a source and a transform; put their views together.")
