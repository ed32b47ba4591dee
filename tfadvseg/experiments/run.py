"""Runs the units of an experiment that are not finished yet, and gathers what all of them found."""

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
from tfadvseg.experiments.checks import findings, looks_like_probabilities
from tfadvseg.experiments.white_box import Protocol, Unit, WhiteBox, unit_rows
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.reports.examples import Attacked, Example
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress
from tfadvseg.runs.results import Cell


@dataclasses.dataclass(frozen=True)
class Shards:
    """The images of an experiment: `examples` in order, how many, and how many make a unit (0: by the input's size)."""

    examples: tf.data.Dataset
    images: int
    batch_size: int = 0

    def size(self, model: LoadedModel) -> int:
        """Images in a unit of this network. One photograph keeps a CPU busy; of smaller images it takes a few."""
        small = model.input_size is not None and math.prod(model.input_size) < 100_000
        return self.batch_size or (4 if small else 1)

    def units(self, model: LoadedModel) -> list[str]:
        """The names of the network's units, in the order of their images."""
        return [f"{model.name}-{i:05d}" for i in range(math.ceil(self.images / self.size(model)))]

    def batches(self, model: LoadedModel) -> tf.data.Dataset:
        """The batches of the units, at the network's input size."""
        return batches(self.examples.take(self.images), model.input_size, model.pad_colour, self.size(model), model.fit)


def run(models: Sequence[LoadedModel], shards: Shards, protocol: Protocol, folder: RunFolder, xla: str) -> Progress:
    """Finishes every unit that the run folder lacks. Killed at any moment, it goes on there with the same numbers."""
    progress = Progress(shards.images * len(models), protocol.work)
    try:
        for model in models:
            progress.of(model.name)
            _run_model(model, shards, protocol, folder, xla, progress)
    finally:
        progress.close()
    return progress


def _run_model(model, shards, protocol, folder, xla, progress) -> None:
    white_box = None
    names = shards.units(model)
    if all(folder.has(name) for name in names):
        progress.skip(shards.images)
        return
    for name, batch in zip(names, progress.timed(shards.batches(model)), strict=True):
        if folder.has(name):
            progress.skip(len(batch["id"]))
            continue
        if white_box is None:
            refuse_probabilities(model, batch["image"])
            compiled = folder.decide(f"xla-{model.name}", functools.partial(_xla, model, batch, xla))
            white_box = WhiteBox(model, protocol, compiled)
        tick = functools.partial(progress.tick, images=len(batch["id"]))
        folder.save(name, white_box(batch, with_example=name == names[0], tick=tick))


def refuse_probabilities(model: LoadedModel, images: tf.Tensor) -> None:
    """ValueError where a model's "logits" are probabilities: their softmax would have next to no gradient."""
    if model.reading.output == "logits" and looks_like_probabilities(model(images).numpy()):
        raise ValueError(f"{model.path} returns probabilities and not logits; say --model_output=probabilities.")


def _xla(model, batch, mode) -> bool:
    images = batch["image"]
    arguments = images, batch["labels"], no_seeds(images)
    return choose_xla(mode, lambda *a: plain_gradient(model, away_from_labels, *a), *arguments)


def gather(
    models: Sequence[LoadedModel], shards: Shards, protocol: Protocol, folder: RunFolder, clean: Cell
) -> tuple[list[dict], list[str], list[Example]]:
    """(rows of results.csv, findings, an example of each network) from the finished units.

    `clean` names the dataset and the split.
    """
    rows, found, examples = [], [], []
    for model in models:
        units = [folder.load(name) for name in shards.units(model)]
        cell = dataclasses.replace(clean, model=model.name, source_model=model.name)
        own = unit_rows(units, cell, protocol)
        rows += own
        found += findings(model.name, protocol.attacks, own, units, model.classes)
        examples.append(_example(model, units[0], protocol))
    return rows, found, examples


def _example(model: LoadedModel, unit: Unit, protocol: Protocol) -> Example:
    clean, *after = unit["example_predictions"]
    attacked = zip(protocol.attacks, unit["example_perturbations"], after, strict=True)
    return Example(
        model.name, str(unit["example_id"]), unit["example_image"], unit["example_labels"], clean,
        tuple(Attacked(name, attack.epsilon, perturbation, seen) for (name, attack), perturbation, seen in attacked),
    )  # fmt: skip


def unique_names(models: Sequence[LoadedModel]) -> None:
    """ValueError where two models would share their rows."""
    names = [model.name for model in models]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        folders = ", ".join(os.fspath(model.path) for model in models if model.name in twice)
        raise ValueError(
            f"The models {folders} share the name {twice.pop()!r}; rename a folder so that results tell them apart."
        )
