"""What a split holds, from reading all of its files once: counts alone are kept, so memory stays flat."""

import collections
import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Split


@dataclasses.dataclass(frozen=True)
class Inspection:
    """Of the photographs that could be read. pixels, images: int64 [C], labelled pixels of each class, and images with
    any. ignored: pixels. unlabelled: ids of images without one labelled pixel. sizes: {(height, width): images}.
    damaged: the sentence about each photograph that could not be read.
    """

    pixels: NDArray[np.int64]
    images: NDArray[np.int64]
    ignored: int
    unlabelled: tuple[str, ...]
    sizes: dict[tuple[int, int], int]
    damaged: tuple[str, ...]

    @property
    def labelled(self) -> int:
        """Pixels of any class."""
        return int(self.pixels.sum())


def inspect(split: Split, classes: int, indices: Iterable[int]) -> Inspection:
    """Reads the photographs of these indices, such as a progress bar over range(len(split))."""
    pixels, images = np.zeros(classes, np.int64), np.zeros(classes, np.int64)
    ignored, unlabelled, damaged = 0, [], []
    sizes: collections.Counter[tuple[int, int]] = collections.Counter()
    for index in indices:
        try:
            name, image, labels = split[index]
        except (ValueError, OSError) as error:
            damaged.append(" ".join(str(error).split()))
            continue
        counts = np.bincount(labels.ravel(), minlength=256)
        pixels += counts[:classes]
        images += counts[:classes] > 0
        ignored += int(counts[IGNORED])
        sizes[image.shape[:2]] += 1
        if not counts[:classes].any():
            unlabelled.append(name)
    return Inspection(pixels, images, ignored, tuple(unlabelled), dict(sizes), tuple(damaged))
