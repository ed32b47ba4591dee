"""Which of the plausible readings of a model suits labelled photographs best: a wrong one makes it look robust."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.optimize
import tensorflow as tf

from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Example
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.models import reading
from tfadvseg.models.reading import PRESETS, TILES, Reading
from tfadvseg.models.saved_model import LoadedModel

POINTS = 2.0
"""Of clean IoU by which another reading must be better, on each photograph, to be told of."""


@dataclasses.dataclass(frozen=True, eq=False)
class Tried:
    """A reading, its name in a few words, and what it gives. confusion: of each photograph, labels by predictions
    [N, C, C]."""

    name: str
    reading: Reading
    confusion: np.ndarray

    @property
    def ious(self) -> np.ndarray:
        """Mean IoU in per cent of each photograph."""
        return np.array([_iou(one) for one in self.confusion])

    @property
    def iou(self) -> float:
        """Of all photographs together."""
        return _iou(self.confusion.sum(0))


def _iou(confusion: np.ndarray) -> float:
    return float(mean_iou(Counts(np.diag(confusion), confusion.sum(1), confusion.sum(0))))


def compared(model: LoadedModel, photographs: Sequence[Example]) -> list[Tried]:
    """The model as it is read, first, and under every other plausible reading."""
    return [tried(model, name, how, photographs) for name, how in alternatives(model, photographs).items()]


def alternatives(model: LoadedModel, photographs: Sequence[Example]) -> dict[str, Reading]:
    """Its own reading first; then every preset with red first and with blue first, and the ways to a fixed size, where
    a photograph has another. Each once."""
    own, size = model.spec.reading, model.spec.interface.size
    named = {"as it is read": own}
    for name in PRESETS:
        for order in ("rgb", "bgr"):
            named[f"{name}, {order}"] = dataclasses.replace(own, **_conventions(reading.preset(name), order))
    if size is not None and any(image.shape[:2] != size for _, image, _ in photographs):
        named |= {f"fit {fit}": dataclasses.replace(own, fit=fit) for fit in ("pad", "stretch", TILES)}
    once: dict[Reading, str] = {}
    for name, how in named.items():
        once.setdefault(how, name)
    return {name: how for how, name in once.items()}


def _conventions(one: Reading, order: str) -> dict[str, Any]:
    """Range, mean and std of a reading with the channels in that order."""
    turn = 1 if one.channel_order == order else -1
    return {
        "channel_order": order,
        "intensity_range": one.intensity_range,
        "mean": one.mean[::turn],
        "std": one.std[::turn],
    }


def tried(model: LoadedModel, name: str, how: Reading, photographs: Sequence[Example]) -> Tried:
    """What the model says of them under a reading, at the photographs' size."""
    segment = model.read_as(how).segment
    confusion = [
        _confusion(labels, segment(tf.constant(image, tf.float32)).numpy(), model.classes)
        for _, image, labels in photographs
    ]
    return Tried(name, how, np.stack(confusion))


def _confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    counted = labels != IGNORED
    pairs = labels[counted].astype(np.int64) * classes + predictions[counted]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def clearly_better(own: Tried, others: Sequence[Tried]) -> Tried | None:
    """The best of the others where it is surely better than `own`. Many networks hardly tell red from blue: where the
    best is not surely better than one with the order of channels that `own` has, that one."""
    best = max(others, key=lambda one: one.iou, default=None)
    if best is None or not _surely_better(best, own):
        return None
    same_order = [one for one in others if one.reading.channel_order == own.reading.channel_order]
    as_good = [one for one in same_order if _surely_better(one, own) and not _surely_better(best, one)]
    return max(as_good, key=lambda one: one.iou, default=best)


def _surely_better(one: Tried, other: Tried) -> bool:
    """By POINTS of all, and on every photograph."""
    return bool(one.iou > other.iou + POINTS and (one.ious > other.ious).all())


def other_order(confusion: np.ndarray) -> list[int] | None:
    """For each class of the network the label that it stands for, where another order of the classes than the
    dataset's explains a tenth of the pixels more, and half of them, by a confusion [C, C]; else None."""
    if not confusion.sum():
        return None
    labels, predictions = scipy.optimize.linear_sum_assignment(-confusion)
    matched, straight = confusion[labels, predictions].sum() / confusion.sum(), np.trace(confusion) / confusion.sum()
    if matched < 0.5 or matched - straight < 0.1:
        return None
    return [int(labels[np.flatnonzero(predictions == k)[0]]) for k in range(len(confusion))]


def differences(own: Reading, other: Reading) -> str:
    """In words, what another reading has otherwise."""
    kept = dataclasses.asdict(own)
    changed = {k: v for k, v in dataclasses.asdict(other).items() if v != kept[k]}
    return ", ".join(f"{name} {list(value) if isinstance(value, tuple) else value}" for name, value in changed.items())
