"""Batches for Keras: random views drawn from (seed, epoch, position) alone, so a resumed run repeats them."""

import keras
import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Examples
from tfadvseg.training.views import draw, largest_window, window


class RandomViews(keras.utils.PyDataset):
    """Batches of what random views are made of: each epoch sees every photograph once, in one of them.

    A batch is ({"images" [N, H, W, 3], "labels" [N, H, W], "draws" float32 [N, 10]},), which `views` makes into images
    and labels of the size `crop`; H and W are the same for all batches. examples: may differ in size, up to `largest`
    (height, width), and are read when they are asked for. scales, colour: of `draw`.
    """

    def __init__(
        self,
        examples: Examples,
        largest: tuple[int, int],
        crop: tuple[int, int],
        batch_size: int,
        scales: tuple[float, float],
        colour: float,
        seed: int,
        first_epoch: int = 0,
    ):
        super().__init__(workers=1, max_queue_size=8)
        self.examples, self.crop, self.batch_size, self.seed = examples, crop, batch_size, seed
        self.scales, self.colour, self.epoch = scales, colour, first_epoch
        self.size = largest_window(largest, crop, scales[0])

    def __len__(self) -> int:
        return len(self.examples) // self.batch_size

    def on_epoch_end(self) -> None:
        """Keras calls it; the epoch is a part of what views are drawn from."""
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.examples))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        seen = []
        for _, image, labels in (self.examples[int(i)] for i in chosen):
            drawn = draw(labels.shape, self.crop, rng, self.scales, self.colour)
            seen.append(window(image, labels, drawn, self.crop, self.size))
        images, labels, draws = (np.stack(part) for part in zip(*seen, strict=True))
        return ({"images": images, "labels": labels, "draws": draws.astype(np.float32)},)


def survey(examples: Examples, classes: int) -> tuple[np.ndarray, tuple[int, int]]:
    """(class weights, size that holds every photograph) of examples that are each read once.

    A class weighs 1 / ln(1.1 + share of the pixels): 2 to 3 for common ones, up to 10.5 for rare ones. The form is that
    of E-Net (Paszke et al. 2016, section 5.2) with a milder constant than its 1.02, which would give 50 to the rarest:
    the score here is IoU, which punishes false alarms too.
    """
    counts, height, width = np.zeros(classes, np.int64), 0, 0
    for i in range(len(examples)):
        labels = examples[i][2]
        height, width = max(height, labels.shape[0]), max(width, labels.shape[1])
        counts += np.bincount(labels[labels != IGNORED], minlength=classes)[:classes]
    return (1 / np.log(1.1 + counts / counts.sum())).astype(np.float32), (height, width)
