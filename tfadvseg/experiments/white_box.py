"""The paper's main experiment: a network against attacks made on itself (Figures 2 and 3, Tables 7 to 14)."""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.compile import with_xla
from tfadvseg.attacks.schedule import gradients_of_each
from tfadvseg.attacks.seeds import image_seeds
from tfadvseg.attacks.sign_attack import SignAttack
from tfadvseg.attacks.sweep import sweeps
from tfadvseg.conventions import IGNORED
from tfadvseg.data.batches import crop, inside
from tfadvseg.experiments.measure import Measured, measure
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.registry import choose
from tfadvseg.runs.results import Cell, rows

LABELS = {"prediction": "the network's own clean prediction", "ground_truth": "the labels of the dataset"}

Unit = dict[str, np.ndarray]
"""Row 0 of the first axis is the clean image, the others are the protocol's attacks: matrices [A + 1, N, C, C];
confidence, entropy: sums over the pixels of an image [A + 1, N]; largest [A + 1]: the largest absolute perturbation;
still [A + 1]: the share left at 0 of the values that an attack could move; gradients, seconds [A + 1]: what it cost
beyond the rows before. pixels [N]: of each image. example_*, where wanted: the first image with its labels, its
predictions [A + 1, H, W] and its perturbations [A, H, W, 3]."""


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How attacks meet images. attacks: (name, attack) pairs, a cell of the results each.

    labels: what untargeted attacks lead away from. padding_in_loss, padding_attacked: whether pixels that fill up an
    image count in the loss and may be changed; both are so in the released code of the paper.
    """

    attacks: tuple[tuple[str, SignAttack], ...]
    labels: str = "prediction"
    padding_in_loss: bool = True
    padding_attacked: bool = True
    seed: int = 0

    def __post_init__(self):
        choose(LABELS, self.labels, "labels")
        if not self.attacks:
            raise ValueError("There is no attack to run; name at least one attack and one epsilon.")

    @property
    def work(self) -> float:
        """Gradients that an image takes, a forward pass counted as a half: the sum of what `WhiteBox` ticks."""
        attacks = [attack for _, attack in self.attacks]
        return sum(sweep.gradients for sweep, _ in sweeps(attacks)) + 0.5 * (len(attacks) + 1)


class WhiteBox:
    """One network under a protocol; built once, so that its attacks are traced once. A call makes a work unit."""

    def __init__(self, model: LoadedModel, protocol: Protocol, xla: bool = False):
        self.model, self.protocol = model, protocol
        self.in_range = any(attack.in_range for _, attack in protocol.attacks)
        groups = sweeps([attack for _, attack in protocol.attacks])
        self.perturbs = [
            (
                with_xla(functools.partial(cast(Callable, sweep), model), xla),
                positions,
                gradients_of_each(sweep.attacks),
            )
            for sweep, positions in groups
        ]

    def __call__(
        self,
        batch: dict[str, tf.Tensor],
        with_example: bool = False,
        tick: Callable[[float], None] = lambda work: None,
    ) -> Unit:
        """The unit of a batch {"id", "image", "labels", "size"}; `tick` hears of each piece of work done."""
        images, labels, sizes = batch["image"], batch["labels"], batch["size"]
        ids = [name.decode() for name in batch["id"].numpy()]
        counted, truth = inside(sizes, images.shape[1:3]), labels.numpy()
        look = functools.partial(measure, self.model, counted=counted, labels=truth, classes=self.model.classes)

        started = time.perf_counter()
        clean = look(images)
        movable = self._movable(batch, counted)
        cells = [_cell(clean, np.zeros_like(images), movable, 0, time.perf_counter() - started)]
        tick(0.5)
        cells += [{}] * len(self.protocol.attacks)
        seeds = tf.constant(image_seeds(self.protocol.seed, ids))
        for perturb, positions, costs in self.perturbs:
            started = time.perf_counter()
            perturbations = perturb(images, self._targets(labels, clean, counted), seeds, self._attackable(counted))
            each = perturbations.numpy()  # waits for the device
            seconds = (time.perf_counter() - started) / sum(costs)
            tick(sum(costs))
            for perturbation, position, cost in zip(each, positions, costs, strict=True):
                started = time.perf_counter()
                found = look(images + perturbation)
                spent = time.perf_counter() - started + seconds * cost
                cells[position + 1] = _cell(found, perturbation, movable, cost * len(ids), spent)
                tick(0.5)
        unit = {key: np.stack([cell[key] for cell in cells]) for key in _KEPT}
        unit["pixels"] = np.prod(sizes.numpy(), 1)
        return unit | self._example(batch, cells) if with_example else unit

    def _example(self, batch, cells) -> Unit:
        """The first image of the batch and what became of it, without padding."""
        size = batch["size"][0].numpy()
        return {
            "example_id": np.array(batch["id"][0].numpy().decode()),
            "example_image": crop(batch["image"][0].numpy(), size),
            "example_labels": crop(batch["labels"][0].numpy(), size).astype(np.uint8),
            "example_predictions": np.stack([crop(cell["prediction"], size) for cell in cells]),
            "example_perturbations": np.stack([crop(cell["perturbation"], size) for cell in cells[1:]]),
        }

    def _targets(self, labels, clean: Measured, counted):
        """Labels [N, H, W] that the attacks are given; ignored where a pixel shall not count."""
        targets = tf.constant(clean.predictions, tf.int32) if self.protocol.labels == "prediction" else labels
        return targets if self.protocol.padding_in_loss else tf.where(counted, targets, IGNORED)

    def _movable(self, batch, counted) -> np.ndarray:
        """bool [N, H, W, 3]: values of the images that an attack can move both ways; padding does not interest."""
        images = batch["image"].numpy()
        free = (images > 0) & (images < 255) if self.in_range else np.ones_like(images, bool)
        return free & counted.numpy()[..., None]

    def _attackable(self, counted):
        return None if self.protocol.padding_attacked else tf.cast(counted, tf.float32)[..., None]


_KEPT = ("matrices", "confidence", "entropy", "largest", "still", "gradients", "seconds")


def _cell(
    found: Measured, perturbation: np.ndarray, movable: np.ndarray, gradients: int, seconds: float
) -> dict[str, np.ndarray]:
    still = np.mean(perturbation[movable] == 0) if movable.any() else np.float64(0)
    return {
        "matrices": found.matrices, "confidence": found.confidence, "entropy": found.entropy,
        "largest": np.abs(perturbation).max(), "still": still,
        "gradients": np.int64(gradients), "seconds": np.float64(seconds),
        "perturbation": perturbation[0], "prediction": found.predictions[0],
    }  # fmt: skip


def unit_rows(units: Sequence[Unit], clean: Cell, protocol: Protocol) -> list[dict]:
    """Rows of results.csv from a network's finished units, in the order of their images; `clean` is its first cell."""
    cells = [dataclasses.replace(clean, attack=name, epsilon=attack.epsilon) for name, attack in protocol.attacks]
    over_images = {key: np.concatenate([u[key] for u in units], 1) for key in ("matrices", "confidence", "entropy")}
    sums = {key: np.sum([unit[key] for unit in units], 0) for key in ("gradients", "seconds")}
    pixels = np.concatenate([unit["pixels"] for unit in units])
    return rows([clean, *cells], pixels=pixels, **over_images, **sums)
