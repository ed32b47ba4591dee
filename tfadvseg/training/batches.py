"""Batches for Keras: random views drawn from (seed, epoch, position) alone, so a resumed run repeats them."""

from collections.abc import Callable

import keras
import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Examples


class RandomViews(keras.utils.PyDataset):
    """(images, labels, weights) batches: each epoch sees every photograph once, as one random view.

    examples: may differ in size and are read when their view is drawn; class_weights: float [C]; view:
    (image, labels, rng) -> one random view of them, all of one size.
    """

    def __init__(
        self, examples: Examples, class_weights: np.ndarray, view: Callable, batch_size: int, seed: int,
        first_epoch: int = 0,
    ):  # fmt: skip
        super().__init__(workers=1, max_queue_size=8)
        self.examples = examples
        self.class_weights, self.view, self.batch_size, self.seed = class_weights, view, batch_size, seed
        self.epoch = first_epoch

    def __len__(self) -> int:
        return len(self.examples) // self.batch_size

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.examples))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        views = [self.view(image, labels, rng=rng) for _, image, labels in (self.examples[int(i)] for i in chosen)]
        images, labels = (np.stack(part) for part in zip(*views, strict=True))
        return images, *weighted(labels, self.class_weights)


def weighted(labels: np.ndarray, class_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(labels int32 with ignored ones as 0, weights float32): the weight of each pixel's class, 0 where ignored."""
    table = np.zeros(256, np.float32)
    table[: len(class_weights)] = class_weights
    return np.where(labels == IGNORED, 0, labels).astype(np.int32), table[labels]


def class_weights(examples: Examples, classes: int) -> np.ndarray:
    """1 / ln(1.1 + share of the pixels) for each class: 2 to 3 for common ones, up to 10.5 for rare ones.

    The form is that of E-Net (Paszke et al. 2016, section 5.2) with a milder constant than its 1.02, which would give
    50 to the rarest: the score here is IoU, which punishes false alarms too.
    """
    counts = np.zeros(classes, np.int64)
    for i in range(len(examples)):
        labels = examples[i][2]
        counts += np.bincount(labels[labels != IGNORED], minlength=classes)[:classes]
    return (1 / np.log(1.1 + counts / counts.sum())).astype(np.float32)
