"""`tf.data` batches of a split: photographs by index, at a network's input size."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Damaged, Example, Split


@dataclasses.dataclass(frozen=True)
class Batches:
    """A `tf.data.Dataset` of batches, whose readers' errors come out as they were raised, not as a graph's.

    failed: what was raised, by the index in the split.
    """

    dataset: tf.data.Dataset
    failed: dict[int, Exception] = dataclasses.field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.dataset)

    def __iter__(self) -> Iterator[dict[str, tf.Tensor]]:
        try:
            yield from self.dataset
        except tf.errors.OpError:
            if not self.failed:
                raise
            raise self.failed.pop(min(self.failed)) from None


NOWHERE = -1
"""The index of what fills a batch in which no photograph can be read."""


def batches(
    split: Split, frame: Frame, batch_size: int, first: int = 0, count: int | None = None, strict: bool = True
) -> Batches:
    """The photographs `first` to `first + count - 1` of a split (None: to its end) in order; the last batch may be
    smaller, and none goes beyond the split's end.

    A batch is {"id": string [N], "index": int64 [N], the place in the split, "image": float32 [N, *frame.size, 3],
    "labels": int32 [N, *frame.size], "size": int32 [N, 2], the part of the input that is photograph, "damage": string
    [N]}. Without a size in the frame the photographs of a batch must have one size.

    strict: whether a damaged photograph raises its ValueError. Else the next one of its batch that can be read stands
    in for it with all that it has, its id and index, and "damage" is the sentence about the damaged one, elsewhere
    empty; where there is none, a black image of the index NOWHERE. So no other photograph of a batch is computed in
    another company than ever.
    """
    failed: dict[int, Exception] = {}
    sizes: dict[int, tuple[str, tuple[int, ...]]] = {}
    end = len(split) if count is None else min(first + count, len(split))

    def read(position: np.int64) -> tuple[bytes, np.int64, np.ndarray, np.ndarray, bytes]:
        own = int(position)
        failed.pop(own, None)
        try:
            index, (name, image, labels), damage = _read(split, own, [] if strict else others(own))
            if frame.size is None and index != NOWHERE:
                _refuse_other_sizes(
                    sizes.setdefault((own - first) // batch_size, (name, labels.shape)), (name, labels.shape)
                )
        except Exception as error:
            failed[own] = error
            raise
        return name.encode(), np.int64(index), np.asarray(image, np.float32), labels, damage.encode()

    def others(own: int) -> list[int]:
        """Of its batch, the following ones first."""
        start = own - (own - first) % batch_size
        stop = min(start + batch_size, end)
        return [*range(own + 1, stop), *range(start, own), NOWHERE]

    def prepare(position: tf.Tensor) -> dict[str, tf.Tensor]:
        types = (tf.string, tf.int64, tf.float32, tf.uint8, tf.string)
        name, index, image, labels, damage = tf.numpy_function(read, [position], types)
        image, labels = tf.ensure_shape(image, (None, None, 3)), tf.ensure_shape(labels, (None, None))
        placed, inside = frame.place(image)
        return {
            "id": tf.ensure_shape(name, ()),
            "index": tf.ensure_shape(index, ()),
            "image": placed,
            "labels": frame.place_labels(labels, inside),
            "size": inside,
            "damage": tf.ensure_shape(damage, ()),
        }

    # Read one after the other: one reader in the background keeps ahead of a network.
    return Batches(tf.data.Dataset.range(first, end).map(prepare).batch(batch_size).prefetch(2), failed)


class BatchReader:
    """The batches of a split by their numbers, in any order: what `batches` gives, bit by bit. It is traced once.

    ValueError as `batches`, from whichever thread asks.
    """

    def __init__(self, split: Split, frame: Frame, batch_size: int, strict: bool = True):
        self.split, self.frame, self.batch_size, self.strict = split, frame, batch_size, strict
        photograph = tf.TensorSpec((None, None, 3), tf.float32), tf.TensorSpec((None, None), tf.uint8)
        self._place = tf.function(self._placed, input_signature=photograph)

    def __call__(self, number: int) -> dict[str, tf.Tensor]:
        """That of the photographs `number * batch_size` and following."""
        first = number * self.batch_size
        own = range(first, min(first + self.batch_size, len(self.split)))
        found: list[tuple[Any, ...]] = []
        for place in own:
            others = [] if self.strict else [*own[place - first + 1 :], *own[: place - first], NOWHERE]
            index, (name, image, labels), damage = _read(self.split, place, others)
            if self.frame.size is None and index != NOWHERE:
                sizes = [(other[0], other[-1]) for other in found if other[1] != NOWHERE]
                _refuse_other_sizes(sizes[0] if sizes else (name, labels.shape), (name, labels.shape))
            with tf.device("CPU"):  # where a dataset would do it, too
                placed = self._place(tf.constant(image, tf.float32), labels)
            found.append((name, index, damage, *placed, labels.shape))
        names, indices, damages, images, labelled, sizes_of, _ = zip(*found, strict=True)
        with tf.device("CPU"):
            return {
                "id": tf.constant(names),
                "index": tf.constant(indices, tf.int64),
                "image": tf.stack(images),
                "labels": tf.stack(labelled),
                "size": tf.stack(sizes_of),
                "damage": tf.constant(damages),
            }

    def _placed(self, image: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        placed, inside = self.frame.place(image)
        return placed, self.frame.place_labels(labels, inside), inside


def _read(split: Split, own: int, others: list[int]) -> tuple[int, Example, str]:
    """(the index that was read, its example, the sentence about the wanted one where that is damaged)."""
    try:
        return own, split[own], ""
    except Damaged as error:
        for other in others:
            if other == NOWHERE:
                return NOWHERE, Example("", np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8)), str(error)
            with contextlib.suppress(Damaged):
                return other, split[other], str(error)
        raise


def _refuse_other_sizes(first: tuple[str, tuple[int, ...]], other: tuple[str, tuple[int, ...]]) -> None:
    (name, (height, width)), (other_name, (other_height, other_width)) = first, other
    if (height, width) != (other_height, other_width):
        raise ValueError(
            f"A network without a fixed input size takes photographs of one size in a batch; {name} is "
            f"{width}x{height} and {other_name} is {other_width}x{other_height}, so set batch_size to 1."
        )
