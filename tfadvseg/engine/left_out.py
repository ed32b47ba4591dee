"""A damaged photograph costs itself and not the run: its unit is made without it and says so, in "left_out".

What is damaged is so by its bytes, which the run's recipe holds a digest of, so whoever goes on with a run need not try
again. A file that cannot be reached, or a model that fails, ends the run, since another time it may not.

In a batch of several another photograph stands in for the damaged one (`data.batches`), and its rows are taken out
afterwards: the others are computed as ever, in a batch of the same size. Their seeds come from their names alone.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.data.batches import NOWHERE
from tfadvseg.data.split import Damaged, Split
from tfadvseg.engine.unit import BESIDE, PER_IMAGE, Unit

Batch = dict[str, tf.Tensor]
KEY = "left_out"
"""In a unit: [n, 2], the names of its damaged photographs, and the sentence about each. Such a unit holds no more where
all of them are."""
PER_BATCH = ("gradients", "forwards", "queries")
"""Sums over a batch, to which each of its images adds the same."""


def without_damaged(
    batch: Batch,
    names: Sequence[str],
    make: Callable[[Batch], Unit],
    strict: bool = False,
    per_image: Collection[str] = (*PER_IMAGE, *BESIDE),
) -> Unit:
    """The unit that `make` makes of a batch of data.batches, less its damaged photographs.

    names: of the photographs that the batch is of, whatever stands in for them. per_image: keys of the unit whose
    second axis is the images. With `strict` a photograph that is damaged when `make` reads it again raises.
    """
    damage = dict(_damage(batch, names))
    while len(damage) < len(names):
        try:
            unit = make(batch)
        except Damaged as error:
            if strict or error.id in damage or error.id not in names:
                raise
            damage[error.id] = str(error)
            batch = _with_stand_ins(batch, damage)
            continue
        kept = [row for row, name in enumerate(names) if name not in damage]
        return _rows(unit, kept, len(names), per_image) | _record(damage)
    return _record(damage)


def empty(batch: Batch) -> bool:
    """Whether none of its photographs can be read."""
    return bool(tf.reduce_all(batch["index"] == NOWHERE))


def measured(units: Iterable[Unit]) -> list[Unit]:
    """Those that hold more than what was left out."""
    return [unit for unit in units if set(unit) != {KEY}]


def left_out(units: Iterable[Unit]) -> dict[str, str]:
    """{name: the sentence about it} of every photograph that the units lack."""
    return {str(name): str(sentence) for unit in units for name, sentence in unit.get(KEY, ())}


def readable(batch: Batch) -> Batch:
    """A batch of data.batches less what stands in for others."""
    return {key: tf.boolean_mask(value, batch["damage"] == "") for key, value in batch.items()}


def none_readable(split: Split) -> ValueError:
    """The sentence for a split of which no photograph can be read."""
    try:
        split[0]
        reason = "now it can be"  # so somebody works on the files
    except ValueError as error:
        reason = str(error)
    return ValueError(f"None of the {len(split)} photographs can be read; of the first: {reason}")


def _damage(batch: Batch, names: Sequence[str]) -> Iterable[tuple[str, str]]:
    sentences = (sentence.decode() for sentence in batch["damage"].numpy())
    return ((name, sentence) for name, sentence in zip(names, sentences, strict=True) if sentence)


def _with_stand_ins(batch: Batch, damage: Collection[str]) -> Batch:
    """Every row of a damaged photograph is replaced by the first row of another."""
    ids = [name.decode() for name in batch["id"].numpy()]
    sound = [row for row, name in enumerate(ids) if name not in damage]
    rows = [row if row in sound else sound[0] for row in range(len(ids))] if sound else range(len(ids))
    return {key: tf.gather(value, list(rows)) for key, value in batch.items()}


def _rows(unit: Unit, kept: list[int], images: int, per_image: Collection[str]) -> Unit:
    if len(kept) == images:
        return unit
    found = {key: value[:, kept] if key in per_image else value for key, value in unit.items()}
    return found | {key: unit[key] * len(kept) // images for key in PER_BATCH if key in unit}


def _record(damage: dict[str, str]) -> Unit:
    return {KEY: np.array(list(damage.items()), str)} if damage else {}
