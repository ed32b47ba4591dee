"""`tf.data` batches of a split: photographs by index, at a network's input size."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Split


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


def batches(split: Split, frame: Frame, batch_size: int, first: int = 0, count: int | None = None) -> Batches:
    """The photographs `first` to `first + count - 1` of a split (None: to its end) in order; the last batch may be
    smaller, and none goes beyond the split's end.

    A batch is {"id": string [N], "index": int64 [N], the place in the split, "image": float32 [N, *frame.size, 3],
    "labels": int32 [N, *frame.size], "size": int32 [N, 2], the part of the input that is photograph}. Without a size
    in the frame the photographs of a batch must have one size. ValueError where one of them cannot be read.
    """
    failed: dict[int, Exception] = {}
    sizes: dict[int, tuple[str, tuple[int, ...]]] = {}

    def read(position: np.int64) -> tuple[bytes, np.ndarray, np.ndarray]:
        index = int(position)
        failed.pop(index, None)
        try:
            name, image, labels = split[index]
            if frame.size is None:
                _refuse_other_sizes(
                    sizes.setdefault((index - first) // batch_size, (name, labels.shape)), (name, labels.shape)
                )
        except Exception as error:
            failed[index] = error
            raise
        return name.encode(), np.asarray(image, np.float32), labels

    def prepare(index: tf.Tensor) -> dict[str, tf.Tensor]:
        name, image, labels = tf.numpy_function(read, [index], (tf.string, tf.float32, tf.uint8))
        image, labels = tf.ensure_shape(image, (None, None, 3)), tf.ensure_shape(labels, (None, None))
        placed, inside = frame.place(image)
        return {
            "id": tf.ensure_shape(name, ()), "index": index, "image": placed,
            "labels": frame.place_labels(labels, inside), "size": inside,
        }  # fmt: skip

    end = len(split) if count is None else min(first + count, len(split))
    # Read one after the other: one reader in the background keeps ahead of a network.
    return Batches(tf.data.Dataset.range(first, end).map(prepare).batch(batch_size).prefetch(2), failed)


def _refuse_other_sizes(first: tuple[str, tuple[int, ...]], other: tuple[str, tuple[int, ...]]) -> None:
    (name, (height, width)), (other_name, (other_height, other_width)) = first, other
    if (height, width) != (other_height, other_width):
        raise ValueError(
            f"A network without a fixed input size takes photographs of one size in a batch; {name} is "
            f"{width}x{height} and {other_name} is {other_width}x{other_height}, so set batch_size to 1."
        )
