"""A network's predictions on validation photographs, counted by class."""

import keras
import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Examples
from tfadvseg.metrics.counts import Counts, class_counts


def validation_counts(network: keras.Model, examples: Examples, classes: int, batch_size: int = 4) -> Counts:
    """Counts [N, C] of the network's predictions, a row an image, at the network's input size.

    A photograph that is smaller is filled up as views are, with mid grey and ignored labels, here below and at the
    right; ValueError names one that is larger.
    """
    size = network.input_shape[1:3]
    found = []
    for start in range(0, len(examples), batch_size):
        chosen = [examples[i] for i in range(start, min(start + batch_size, len(examples)))]
        images, labels = zip(*(_filled_up(*example, size) for example in chosen), strict=True)
        logits = keras.ops.convert_to_numpy(network.predict_on_batch(np.stack(images).astype(np.float32)))
        found.append(class_counts(np.stack(labels), logits.argmax(-1), classes))
    return Counts(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _filled_up(
    name: str, image: np.ndarray, labels: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    missing = [(0, wanted - given) for wanted, given in zip(size, labels.shape, strict=True)]
    if min(missing)[1] < 0:
        raise ValueError(
            f"{name} is {labels.shape[1]}x{labels.shape[0]}, which is larger than the network's input of "
            f"{size[1]}x{size[0]}; give an input_size that holds every validation photograph."
        )
    return np.pad(image, [*missing, (0, 0)], constant_values=128), np.pad(labels, missing, constant_values=IGNORED)
