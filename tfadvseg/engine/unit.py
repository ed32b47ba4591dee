"""A unit of work: a scenario on one batch of images, and what is kept of it."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.attacks.hiding import hides
from tfadvseg.attacks.plan import plan
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import crop
from tfadvseg.data.split import Examples, Split
from tfadvseg.engine.exposure import Exposure, ReadOnce, expose, in_frame
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.region import Predict, as_seen, inside_counts
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.engine.score import Scorer, Scores
from tfadvseg.engine.xla import with_xla
from tfadvseg.metrics.hiding import Hiding, hiding_counts
from tfadvseg.models.postprocessed import Model
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.results import NONE
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms import named as named_transform
from tfadvseg.transforms.straight_through import Transform

Unit = dict[str, np.ndarray]
"""The first axis is that of the scenario's cells, K of them: hits, labelled, predicted [K, N, C]; confidence, entropy,
boundaries: sums over the pixels of an image, and these pixels [K, N]; gradients, forwards, queries, seconds [K]: what
the cell cost beyond those before. Of the A attacks: linf, l2 [A, N]: norms of the perturbations on what is photograph;
zero_share [A]: fraction of the values an attack could move whose perturbation is exactly 0 (dead gradients). Of attacks
in a region hits_inside, labelled_inside, predicted_inside [K, N, C] and region, its pixels [K, N]; where a class is
hidden those of `metrics.hiding`, [K, N] each. Where wanted, of the first image: example_id, and for the v-th target at
its first trial example_<v>_images [H, W, 3] (what its network is given of the clean image), _labels [H, W],
_perturbations [A, H, W, 3] (what the attacks change in that) and _predictions [A + 1, H, W], the clean one first.
left_out: as `engine.left_out` has it."""

PER_IMAGE = ("hits", "labelled", "predicted", "confidence", "entropy", "boundaries", "pixels", "linf", "l2")
"""Keys whose second axis is the images, of every unit; and of some:"""
BESIDE = ("hits_inside", "labelled_inside", "predicted_inside", "region", *Hiding._fields)

Tick = Callable[[float], None]
"""Hears of each piece of work done, in gradients an image."""

Keep = Callable[[Examples, Sequence[int], list[np.ndarray]], None]
"""Is given what the attacks made of the photographs of these indices, before anything is scored."""


NOBODY = np.zeros(0, int)


@dataclasses.dataclass(frozen=True, eq=False)
class Perturbed:
    """What the attacks made: perturbations [N, H, W, 3], their costs for the batch and their seconds, one an attack.
    region: bool [N, H, W], the pixels that could change, where a region says so."""

    perturbations: list[np.ndarray]
    costs: list[Cost]
    seconds: list[float]
    region: tf.Tensor | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Given:
    """What attacks on a batch are given beside its images. seeds: int32 [N, 2]. region: as of `Perturbed`. attackable:
    [N, H, W, 1] or None. targets: (whether the attack hides a class) -> labels [N, H, W]."""

    seeds: tf.Tensor
    region: tf.Tensor | None
    attackable: tf.Tensor | None
    targets: Callable[[bool], tf.Tensor]


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """What a target was given, its scores, and the seconds that took."""

    given: tf.Tensor
    scores: Scores
    seconds: float


class UnitMaker:
    """Makes the units of one scenario; built once, so that its attacks are traced once."""

    def __init__(self, scenario: Scenario, models: Mapping[ModelSpec, Model], xla: bool = False):
        self.scenario, self.protocol = scenario, scenario.protocol
        called = {spec: model.logits_of_seeds if spec.seeded else model for spec, model in models.items()}
        self.scorers = {spec: Scorer(called[spec], spec.classes, spec.seeded) for spec in scenario.models}
        self.places = []
        if not isinstance(scenario.source, KeptSource):
            attacks = [attack for _, attack in self.protocol.attacks]
            for group, positions in plan(attacks, scenario.attacked.seeded):
                call = functools.partial(cast(Callable[..., tf.Tensor], group), called[scenario.attacked])
                hiding = hides(self.protocol.attacks[positions[0]][1])
                compiled = xla and not group.black_box and not hiding
                self.places.append((with_xla(call, compiled), positions, group.costs, hiding))
        self.transforms = {one.transform: tf.function(named_transform(one.transform)) for one in scenario.targets}

    def __call__(
        self,
        batch: dict[str, tf.Tensor],
        split: Split,
        with_example: bool = False,
        tick: Tick = lambda work: None,
        keep: Keep = lambda photographs, indices, perturbations: None,
    ) -> Unit:
        """The unit of a batch {"id", "index", "image", "labels", "size"} of data.batches."""
        ids, indices = [name.decode() for name in batch["id"].numpy()], batch["index"].numpy()
        source, photographs = self.scenario.source, ReadOnce(split)
        exposure = expose(batch, source.frame)
        if isinstance(source, KeptSource):
            made = _made_earlier(source.read(photographs, indices))
        else:
            made = self.perturb(exposure, ids, tick, photographs, indices)
        keep(photographs, indices, made.perturbations)
        cells, examples = [], Unit()
        for number, (target, trial, seen, show) in enumerate(self._shows(exposure, indices, photographs, ids)):
            shown = []
            for images in _images(target, seen, made, [attack for _, attack in self.protocol.attacks]):
                shown.append(show(images))
                tick(0.5)
            beside = self._beside(target, shown, seen, show, made)
            cells += [
                cell | more
                for cell, more in zip(_cells(target, shown, seen, made, charged=number == 0), beside, strict=True)
            ]
            if trial == 0 and with_example and target.clean:
                number_of_target = self.scenario.targets.index(target)
                example = _example(target, shown, made, seen)
                examples |= {f"example_{number_of_target}_{key}": value for key, value in example.items()}
        if examples:
            examples["example_id"] = np.array(ids[0])
        unit = {key: np.stack([cell[key] for cell in cells]) for key in cells[0]}
        return unit | self._norms(exposure, made) | examples

    def perturb(
        self, exposure: Exposure, ids: list[str], tick: Tick, photographs: Examples = (), indices: np.ndarray = NOBODY
    ) -> Perturbed:
        """Runs all attacks on the batch. photographs, indices: what it was made of, which a mask is compared with."""
        given = self.given(exposure, ids, photographs, indices)
        count = len(self.protocol.attacks)
        made = Perturbed([np.zeros(0)] * count, [Cost()] * count, [0.0] * count, given.region)
        for perturb, positions, costs, hiding in self.places:
            targets = given.targets(hiding)
            started = time.perf_counter()
            each = perturb(exposure.images, targets, given.seeds, given.attackable).numpy()  # waits for the device
            work = sum(cost.work for cost in costs)
            spent = (time.perf_counter() - started) / max(work, 1)
            tick(work)
            for perturbation, position, cost in zip(each, positions, costs, strict=True):
                made.perturbations[position] = perturbation
                made.costs[position] = Cost(*(len(ids) * part for part in cost))
                made.seconds[position] = cost.work * spent
        return made

    def given(
        self, exposure: Exposure, ids: list[str], photographs: Examples = (), indices: np.ndarray = NOBODY
    ) -> Given:
        """What each attack on the batch is given; the arguments are those of `perturb`."""
        predict = functools.cache(functools.partial(self._predicted, exposure, ids))
        region = self.protocol.region and self.protocol.region(exposure, predict, photographs, indices)
        return Given(
            tf.constant(image_seeds(self.protocol.seed, ids)),
            region,
            _attackable(self.protocol, exposure, region),
            functools.partial(self._targets, exposure, predict),
        )

    def _predicted(self, exposure: Exposure, ids: list[str]) -> tf.Tensor:
        """What the attacked network predicts on the clean images, int32 [N, H, W]."""
        score = self.scorers[self.scenario.attacked]
        drawn = tf.constant(image_seeds(self.protocol.seed, ids, purpose="model"))
        clean = score(exposure.images, exposure.counted, exposure.labels.numpy(), drawn)
        return tf.constant(clean.predictions, tf.int32)

    def _targets(self, exposure: Exposure, predict: Predict, hiding: bool) -> tf.Tensor:
        """Labels [N, H, W] that an attack is given; left out where a pixel shall not count. hiding: whether it hides a
        class, which is one of the prediction's whatever others lead away from."""
        labels = predict() if hiding or self.protocol.labels == "prediction" else exposure.labels
        return labels if self.protocol.loss_on_padding else tf.where(exposure.counted, labels, LEFT_OUT)

    def _shows(
        self, exposure: Exposure, indices: np.ndarray, photographs: Examples, ids: list[str]
    ) -> Iterator[tuple[Target, int, Exposure, Callable[[tf.Tensor], Shown]]]:
        """(target, trial, the photographs in the target's frame, images -> what the target makes of them)."""
        for target in self.scenario.targets:
            seen = in_frame(exposure, target.model.frame, photographs, indices)
            transform, score = self.transforms[target.transform], self.scorers[target.model]
            counted, labels = seen.counted, seen.labels.numpy()
            for trial in range(target.trials):
                draws = [tf.constant(image_seeds(self.protocol.seed, ids, trial, who)) for who in ("defense", "model")]

                def show(
                    images: tf.Tensor,
                    score: Scorer = score,
                    transform: Transform = transform,
                    draws: list[tf.Tensor] = draws,
                    counted: tf.Tensor = counted,
                    labels: np.ndarray = labels,
                ) -> Shown:
                    started = time.perf_counter()
                    given = transform(images, draws[0])
                    scores = score(given, counted, labels, draws[1])
                    return Shown(given, scores, time.perf_counter() - started)

                yield target, trial, seen, show

    def _beside(
        self, target: Target, shown: list[Shown], seen: Exposure, show: Callable[[tf.Tensor], Shown], made: Perturbed
    ) -> list[Unit]:
        """Of each thing shown what is measured beside its scores, inside of the region and of the hidden class."""
        found = [Unit() for _ in shown]
        predictions = [one.scores.predictions for one in shown]
        if made.region is not None:
            inside, labels = as_seen(made.region, seen), seen.labels.numpy()
            for unit, one in zip(found, predictions, strict=True):
                unit |= inside_counts(labels, one, inside, target.model.classes)
        if self.protocol.hidden is not None:
            clean = predictions[0] if target.clean else show(seen.images).scores.predictions
            for unit, one in zip(found, predictions, strict=True):
                unit |= hiding_counts(clean, one, self.protocol.hidden, seen.counted.numpy())._asdict()
        return found

    def _norms(self, exposure: Exposure, made: Perturbed) -> Unit:
        images, counted = exposure.images.numpy(), exposure.counted.numpy()[..., None]
        on_photograph = [perturbation * counted for perturbation in made.perturbations]
        in_range = any(attack.in_range for _, attack in self.protocol.attacks)
        free = (images > 0) & (images < 255) if in_range else np.ones_like(images, bool)
        region = counted if made.region is None else made.region.numpy()[..., None]
        movable = free & region  # both ways; padding does not interest
        zero = [np.mean(p[movable] == 0) if movable.any() else 0.0 for p in made.perturbations]
        return {
            "linf": np.stack([np.abs(p).max((1, 2, 3)) for p in on_photograph]),
            "l2": np.stack([np.sqrt(np.square(p, dtype=np.float64).sum((1, 2, 3))) for p in on_photograph]),
            "zero_share": np.array(zero),
        }


def _attackable(protocol: Protocol, exposure: Exposure, region: tf.Tensor | None) -> tf.Tensor | None:
    """[N, H, W, 1], 0 where nothing may change; None where everything may."""
    if region is None and protocol.attack_padding:
        return None
    return tf.cast(exposure.counted if region is None else region, tf.float32)[..., None]


def _made_earlier(perturbations: list[np.ndarray]) -> Perturbed:
    return Perturbed(perturbations, [Cost()] * len(perturbations), [0.0] * len(perturbations))


def _images(target: Target, seen: Exposure, made: Perturbed, attacks: Sequence[Attack]) -> Iterator[tf.Tensor]:
    """What a target is shown: the untouched images, where wanted, and those of each attack."""
    if target.clean:
        yield seen.images
    for perturbation, attack in zip(made.perturbations, attacks, strict=True):
        yield seen.under(perturbation, attack)


def _cells(target: Target, shown: list[Shown], seen: Exposure, made: Perturbed, charged: bool) -> list[Unit]:
    """A cell for each thing shown. What the attacks cost is put down to the first target that is shown them."""
    costs, seconds = made.costs, made.seconds
    if not charged:
        costs, seconds = [Cost()] * len(costs), [0.0] * len(seconds)
    if target.clean:
        costs, seconds = [Cost(), *costs], [0.0, *seconds]
    pixels = np.prod(seen.size.numpy(), 1)
    return [_cell(one, pixels, cost, spent) for one, cost, spent in zip(shown, costs, seconds, strict=True)]


def _cell(shown: Shown, pixels: np.ndarray, cost: Cost, seconds: float) -> Unit:
    found = shown.scores
    return {
        **found.counts._asdict(),
        "confidence": found.confidence,
        "entropy": found.entropy,
        "boundaries": found.boundaries,
        "pixels": pixels,
        "gradients": np.array(cost.gradients, np.int64),
        "forwards": np.array(cost.forwards, np.int64),
        "queries": np.array(cost.queries, np.int64),
        "seconds": np.array(shown.seconds + seconds),
    }


def _example(target: Target, shown: list[Shown], made: Perturbed, seen: Exposure) -> Unit:
    """The first image of the batch as a target's network is given it, without padding."""
    size = seen.size[0].numpy()
    clean, *attacked = (one.given[0].numpy() for one in shown)
    if target.transform == NONE and seen.source is None:  # a difference of sums would round what the attack added
        changes = [perturbation[0] for perturbation in made.perturbations]
    else:
        changes = [given - clean for given in attacked]
    return {
        "images": crop(clean, size),
        "labels": crop(seen.labels[0].numpy(), size).astype(np.uint8),
        "perturbations": np.stack([crop(change, size) for change in changes]),
        "predictions": np.stack([crop(one.scores.predictions[0], size) for one in shown]),
    }
