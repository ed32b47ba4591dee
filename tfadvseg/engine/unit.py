"""A work unit: an encounter on one batch of images, and what is kept of it."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.compile import with_xla
from tfadvseg.attacks.gradients import samples_of
from tfadvseg.attacks.schedule import gradients_of_each
from tfadvseg.attacks.seeds import image_seeds
from tfadvseg.attacks.sweep import sweeps
from tfadvseg.conventions import IGNORED
from tfadvseg.data.batches import crop, inside
from tfadvseg.experiments.encounter import Encounter, View
from tfadvseg.experiments.measure import Measured, measure
from tfadvseg.transforms import TRANSFORMS

Unit = dict[str, np.ndarray]
"""The first axis is that of the encounter's cells, K of them: matrices [K, N, C, C]; confidence, entropy, boundaries:
sums over the pixels of an image [K, N]; gradients, seconds [K]: what the cell cost beyond those before. Of the A
attacks: largest [A]: the largest absolute perturbation; still [A]: the share left at 0 of the values that an attack
could move. pixels [N]: of each image. example_*, where wanted, of the first image: id, labels, and for each of the V
views at its first trial images [V, H, W, 3] (what its network is given of the clean image), perturbations
[V, A, H, W, 3] (what the attacks change in that) and predictions [V, A + 1, H, W], the clean one first."""


@dataclasses.dataclass
class _Look:
    """What a network was given, its answer, and the seconds it took."""

    given: tf.Tensor
    measured: Measured
    seconds: float


class UnitMaker:
    """Makes the units of one encounter; built once, so that its attacks are traced once."""

    def __init__(self, encounter: Encounter, xla: bool = False):
        self.encounter, self.protocol = encounter, encounter.protocol
        self.attacks = [attack for _, attack in self.protocol.attacks]
        self.in_range = any(attack.in_range for attack in self.attacks)
        self.perturbs = [
            (
                with_xla(functools.partial(cast(Callable, sweep), encounter.source), xla),
                positions,
                [samples_of(sweep.attacks[0].gradient) * n for n in gradients_of_each(sweep.attacks)],
            )
            for sweep, positions in sweeps(self.attacks)
        ]
        self.transforms = {view.transform: tf.function(TRANSFORMS[view.transform]) for view in encounter.views}

    def __call__(
        self,
        batch: dict[str, tf.Tensor],
        with_example: bool = False,
        tick: Callable[[float], None] = lambda work: None,
    ) -> Unit:
        """The unit of a batch {"id", "image", "labels", "size"}; `tick` hears of each piece of work done."""
        images, labels, sizes = batch["image"], batch["labels"], batch["size"]
        ids = [name.decode() for name in batch["id"].numpy()]
        counted = inside(sizes, images.shape[1:3])
        perturbations, gradients, seconds = self._perturb(images, labels, ids, counted, tick)

        cells: list[dict[str, np.ndarray]] = []
        examples = []
        for number, (view, trial, look) in enumerate(self._looks(labels.numpy(), ids, counted)):
            untouched = [tf.zeros_like(images)] if self.encounter.clean else []
            looks = []
            for perturbation in (*untouched, *perturbations):
                looks.append(look(images + perturbation))
                tick(0.5)
            # What the attacks cost is put down to the first who looks.
            own = [0] * len(untouched) + (gradients if number == 0 else [0] * len(gradients))
            spent = [0.0] * len(untouched) + (seconds if number == 0 else [0.0] * len(seconds))
            cells += [_kept(one, *cost) for one, *cost in zip(looks, own, spent, strict=True)]
            if trial == 0 and with_example and self.encounter.clean:
                examples.append(_view_example(view, looks, perturbations, sizes[0].numpy()))

        movable = self._movable(images, counted)
        unit = {key: np.stack([cell[key] for cell in cells]) for key in cells[0]}
        unit["largest"] = np.array([np.abs(perturbation).max() for perturbation in perturbations])
        unit["still"] = np.array([np.mean(p[movable] == 0) if movable.any() else 0.0 for p in perturbations])
        unit["pixels"] = np.prod(sizes.numpy(), 1)
        if examples:
            unit |= {f"example_{key}": np.stack([one[key] for one in examples]) for key in examples[0]}
            unit["example_id"] = np.array(ids[0])
            unit["example_labels"] = crop(labels[0].numpy(), sizes[0].numpy()).astype(np.uint8)
        return unit

    def _perturb(self, images, labels, ids, counted, tick):
        """(perturbations, gradients, seconds) of each attack, in the order of the protocol."""
        clean = measure(self.encounter.source, images, counted, labels.numpy(), self.encounter.source.classes)
        targets, attackable = self._targets(labels, clean, counted), self._attackable(counted)
        seeds = tf.constant(image_seeds(self.protocol.seed, ids))
        count = len(self.attacks)
        found = [np.zeros(0)] * count
        gradients, seconds = [0] * count, [0.0] * count
        for perturb, positions, costs in self.perturbs:
            started = time.perf_counter()
            each = perturb(images, targets, seeds, attackable).numpy()  # waits for the device
            spent = (time.perf_counter() - started) / sum(costs)
            tick(sum(costs))
            for perturbation, position, cost in zip(each, positions, costs, strict=True):
                found[position] = perturbation
                gradients[position], seconds[position] = cost * len(ids), cost * spent
        return found, gradients, seconds

    def _looks(self, labels, ids, counted) -> Iterator[tuple[View, int, Callable[[tf.Tensor], _Look]]]:
        """(view, trial, images -> look) of every view and trial."""
        for view in self.encounter.views:
            transform = self.transforms[view.transform]
            for trial in range(view.trials):
                seeds = tf.constant(image_seeds(self.protocol.seed, ids, trial, "defense"))

                def look(images, view=view, transform=transform, seeds=seeds):
                    started = time.perf_counter()
                    given = transform(images, seeds)
                    measured = measure(view.model, given, counted, labels, view.model.classes)
                    return _Look(given, measured, time.perf_counter() - started)

                yield view, trial, look

    def _targets(self, labels, clean: Measured, counted):
        """Labels [N, H, W] that the attacks are given; ignored where a pixel shall not count."""
        targets = tf.constant(clean.predictions, tf.int32) if self.protocol.labels == "prediction" else labels
        return targets if self.protocol.padding_in_loss else tf.where(counted, targets, IGNORED)

    def _movable(self, images, counted) -> np.ndarray:
        """bool [N, H, W, 3]: values of the images that an attack can move both ways; padding does not interest."""
        images = images.numpy()
        free = (images > 0) & (images < 255) if self.in_range else np.ones_like(images, bool)
        return free & counted.numpy()[..., None]

    def _attackable(self, counted):
        return None if self.protocol.padding_attacked else tf.cast(counted, tf.float32)[..., None]


def _view_example(view: View, looks: list[_Look], perturbations: list[np.ndarray], size) -> Unit:
    """The first image of the batch as a view's network is given it, without padding."""
    clean, *attacked = (look.given[0].numpy() for look in looks)
    # A difference of sums would round what the attack added.
    changes = [p[0] for p in perturbations] if view.transform == "none" else [given - clean for given in attacked]
    return {
        "images": crop(clean, size),
        "perturbations": np.stack([crop(change, size) for change in changes]),
        "predictions": np.stack([crop(look.measured.predictions[0], size) for look in looks]),
    }


def _kept(look: _Look, gradients: int, seconds: float) -> dict[str, np.ndarray]:
    found = look.measured
    return {
        "matrices": found.matrices, "confidence": found.confidence, "entropy": found.entropy,
        "boundaries": found.boundaries,
        "gradients": np.array(gradients, np.int64), "seconds": np.array(look.seconds + seconds),
    }  # fmt: skip
