"""What an attack finds at the image it starts from: loss, gradient, and how many pixels have none.

Where predictions are so confident that the loss to the own prediction is nearly 0, its gradient is too small for
float32 and an attack goes nowhere: the gradient is masked, and the network only looks robust (section 8 of the paper).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.gradients import usable
from tfadvseg.attacks.objectives import Objective
from tfadvseg.data.framing import inside
from tfadvseg.doctor.warnings import floored
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.left_out import KEY, Batch, measured
from tfadvseg.engine.parts import Make, Setting
from tfadvseg.engine.unit import Tick, Unit
from tfadvseg.models import postprocessed
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.initial_gradients import FILE, FLOOR
from tfadvseg.seeds import image_seeds


@tf.function
def initial_gradient(
    model: Model, objective: Objective, images: tf.Tensor, counted: tf.Tensor, seeds: tf.Tensor | None = None
) -> tuple[tf.Tensor, ...]:
    """(loss, norm, zeros) [N] each, of the objective against the model's own prediction on images [N, H, W, 3]; of a
    model that draws at random by the draws of seeds int32 [N, 2].

    loss: mean of the objective's loss over the pixels that count (bool [N, H, W]). norm: of the loss's gradient, the
    mean over pixels of its Euclidean length. zeros: the share of these pixels with a gradient of 0, or of
    no finite number, in all channels.
    """
    weight = tf.cast(counted, tf.float32)
    pixels = tf.reduce_sum(weight, (1, 2))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = model(images) if seeds is None else model(images, seeds)
        labels = tf.stop_gradient(tf.argmax(logits, -1, tf.int32))
        score = objective.sign * objective(logits, labels)
        total = tf.reduce_sum(score)
    gradient = tf.ensure_shape(tape.gradient(total, images), images.shape)
    zeros = tf.cast(tf.reduce_all((gradient == 0) | ~tf.math.is_finite(gradient), -1), tf.float32)
    norm = tf.norm(usable(gradient, None), axis=-1)
    return tuple(tf.reduce_sum(part * weight, (1, 2)) / pixels for part in (score, norm, zeros))


@dataclasses.dataclass(frozen=True)
class Start:
    """A part of an experiment: what attacks on one model start from. objectives: by their names. seed: of the draws of
    a model that draws at random."""

    spec: ModelSpec
    objectives: tuple[tuple[str, Objective], ...]
    seed: int = 0
    one_by_one: bool = False
    photographs: int = 0
    pictures: bool = False

    @property
    def name(self) -> str:
        """start- and the model's name."""
        return f"start-{self.spec.name}"

    @property
    def source(self) -> ModelSpec:
        """The model itself, whose own frame is what it is attacked in."""
        return self.spec

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The one model."""
        return (self.spec,)

    @property
    def work(self) -> float:
        """A gradient an objective."""
        return float(len(self.objectives))

    @property
    def per_image(self) -> tuple[str, ...]:
        """An array an objective, and FLOOR."""
        return *(name for name, _ in self.objectives), FLOOR

    def maker(self, setting: Setting, batch: Batch) -> Make:
        """Opens the model; one that draws at random is asked with seeds."""
        model = setting.models[self.spec]
        called = model.logits_of_seeds if self.spec.seeded else model

        def make(batch: Batch, tick: Tick, with_example: bool) -> Unit:
            unit = _unit(self.spec, model, called, dict(self.objectives), self.seed, batch)
            tick(self.work)
            return unit

        return make


@dataclasses.dataclass(frozen=True)
class Starts:
    """What a study measures beside its attacks: each model's start, as FILE in the run folder."""

    specs: tuple[ModelSpec, ...]
    objectives: tuple[tuple[str, Objective], ...]
    seed: int = 0

    @property
    def parts(self) -> list[Start]:
        """One a model."""
        return [Start(spec, self.objectives, self.seed) for spec in self.specs]

    def write(self, shards: Shards, folder: RunFolder) -> None:
        """Of the images that are not damaged."""
        found: dict[str, Any] = {}
        for part in self.parts:
            units = measured(folder.load(name) for name in shards.units_of(part))
            keys = [key for key in units[0] if key != KEY]
            found |= {f"{part.spec.name}/{key}": np.concatenate([unit[key] for unit in units], 1) for key in keys}
        folder.write(FILE, lambda file: np.savez_compressed(file, **found))


def _unit(
    spec: ModelSpec,
    model: postprocessed.Model,
    called: Model,
    objectives: Mapping[str, Objective],
    seed: int,
    batch: dict[str, tf.Tensor],
) -> dict[str, np.ndarray]:
    images, counted = batch["image"], inside(batch["size"], batch["image"].shape[1:3])
    ids = [name.decode() for name in batch["id"].numpy()]
    seeds = tf.constant(image_seeds(seed, ids, purpose="start")) if spec.seeded else None
    found = {
        name: np.stack(initial_gradient(called, objective, images, counted, seeds))
        for name, objective in objectives.items()
    }
    if model.network_kind == "probabilities":
        found[FLOOR] = np.array([[floored(one) for one in model(images).numpy()]])
    return found
