"""An attack on one photograph of any size, and what is left of it in a file.

The attack is made on the model's input and lifted onto the photograph, as `exposure` does for another model. Pixels
that fill up an input are no part of a photograph, so the attack leaves these alone. Then it is brought to what an 8-bit
file holds. What that costs is measured and not assumed: the labels that change on the model's input, on the photograph
before it is rounded, and in the file are counted each.

What survives: everything, where the photograph is not resized, which is so at the model's own size, and below it where
the model fills up. Of a larger photograph the model reads each value back as a mean of a few that the lifting
interpolated between neighbours, which blurs the perturbation's finest grain; at odd multiples of the model's size it
meets the values themselves, and nothing is lost. Of a photograph that the model enlarges, what lies between two pixels
of the photograph is lost. Rounding costs next to nothing. docs/lab_book/attacks.md has the shares.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.conventions import IGNORED
from tfadvseg.data.framing import Frame, crop
from tfadvseg.engine.exposure import expose, whole_levels
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.parts import unit_maker
from tfadvseg.engine.scenario import Scenario
from tfadvseg.engine.unit import Tick, UnitMaker
from tfadvseg.models.labelling import labels_on_photographs
from tfadvseg.runs.folder import RunFolder


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What a model makes of a photograph. labels: uint8 [H, W] in the photograph's size. confidence: the mean largest
    softmax probability over the pixels of the model's input that are photograph."""

    labels: np.ndarray
    confidence: float


class Viewer:
    """Shows photographs to a model; traced once for each size of input."""

    def __init__(self, model: Model, frame: Frame):
        self.frame, self._logits = frame, tf.function(lambda images: model(images))

    def __call__(self, photograph: np.ndarray | tf.Tensor) -> Seen:
        """Of a photograph [H, W, 3] in 0..255."""
        placed, size = self.frame.place(tf.cast(photograph, tf.float32))
        return self.of_input(placed, size, (int(photograph.shape[0]), int(photograph.shape[1])))

    def of_input(self, image: tf.Tensor, size: tf.Tensor, shape: tuple[int, int]) -> Seen:
        """Of an input [H, W, 3], of which `size` is the part of a photograph of this shape; ValueError where a score is
        no finite number."""
        logits = self._logits(image[tf.newaxis])[0]
        if not np.isfinite(logits.numpy()).all():
            raise ValueError("The model returns scores that are no finite numbers; check its reading and the export.")
        confidence = tf.reduce_mean(tf.reduce_max(tf.nn.softmax(crop(logits, size)), -1))
        labels = labels_on_photographs(logits[tf.newaxis], self.frame, size, tf.constant(shape))[0]
        return Seen(labels.numpy(), float(confidence))


def on_whole_levels(photograph: np.ndarray, perturbation: np.ndarray, epsilon: float) -> np.ndarray:
    """The photograph uint8 [H, W, 3] that an 8-bit file can hold nearest to the perturbed one: whole levels within
    0..255, none farther than epsilon from the photograph's."""
    return np.clip(whole_levels(photograph, perturbation, epsilon), 0, 255).astype(np.uint8)


@dataclasses.dataclass(frozen=True, eq=False)
class Made:
    """perturbation: float32 [H, W, 3] on the photograph, within epsilon of 0, not yet rounded. before, on_input,
    as_floats: what the model makes of the photograph, of its input as the attack left it, and of the photograph with
    the perturbation."""

    perturbation: np.ndarray
    before: Seen
    on_input: Seen
    as_floats: Seen


class PhotographAttack:
    """The attacks of a scenario, made on photographs of any size, one after the other."""

    def __init__(self, scenario: Scenario, models: OpenModels, folder: RunFolder, xla: str):
        self.scenario, self.frame = scenario, scenario.source.frame
        self._models, self._folder, self._xla = models, folder, xla
        self._maker: UnitMaker | None = None
        self.view = Viewer(models[scenario.attacked], self.frame)

    def __call__(self, name: str, photograph: np.ndarray, tick: Tick = lambda work: None) -> Made:
        """Of a photograph uint8 [H, W, 3]; the model's random draws, where an attack has any, come from its name."""
        shape = (photograph.shape[0], photograph.shape[1])
        placed, size, (on_input,) = self._on_input(name, photograph, tick)
        lifted = self.frame.lift(on_input, size, shape)
        return Made(
            lifted.numpy(),
            self.view.of_input(placed, size, shape),
            self.view.of_input(placed + on_input, size, shape),
            self.view(tf.cast(photograph, tf.float32) + lifted),
        )

    def lifted(
        self, name: str, photograph: np.ndarray, labels: np.ndarray, tick: Tick = lambda work: None
    ) -> list[np.ndarray]:
        """The perturbations of all attacks of the scenario on a photograph with labels [H, W]: float32 [H, W, 3], not
        yet rounded."""
        _, size, on_input = self._on_input(name, photograph, tick, labels)
        return [self.frame.lift(one, size, photograph.shape[:2]).numpy() for one in on_input]

    def _on_input(
        self, name: str, photograph: np.ndarray, tick: Tick, labels: np.ndarray | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """(the model's input [h, w, 3], its part that is photograph, the perturbations of the attacks on it)."""
        placed, size = self.frame.place(tf.constant(photograph))
        truth = tf.fill(placed.shape[:2], IGNORED) if labels is None else self.frame.place_labels(labels, size)
        batch = {"image": placed[tf.newaxis], "labels": truth[tf.newaxis], "size": size[tf.newaxis]}
        if self._maker is None:
            self._maker = unit_maker(self.scenario, batch, self._folder, self._xla, self._models)
        made = self._maker.perturb(expose(batch, self.frame), [name], tick)
        return placed, size, [tf.constant(one[0]) for one in made.perturbations]
