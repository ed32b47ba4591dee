"""What is kept of label maps that an endpoint gives."""

from collections.abc import Sequence

import numpy as np

from tfadvseg.endpoints.failures import Unreadable
from tfadvseg.metrics.counts import class_counts


def counts_of(labels: np.ndarray, predictions: Sequence[np.ndarray], classes: int) -> np.ndarray:
    """`metrics.counts` [n, 3, C] of n label maps [H, W] against the labels [H, W] of a photograph."""
    return np.stack([np.stack(class_counts(labels[None], one[None], classes))[:, 0] for one in predictions])


def refuse_others(served: Sequence[np.ndarray], classes: int) -> None:
    """ValueError for a label that is none of the classes."""
    largest = max(int(labels.max(initial=0)) for labels in served)
    if largest >= classes:
        raise Unreadable(
            f"The served label maps hold class {largest}, but there are {classes} classes, 0 to {classes - 1}; the "
            "server serves another model."
        )


def in_8_bits(image: np.ndarray) -> np.ndarray:
    """The photograph uint8 [H, W, 3], which a dataset that shrinks its photographs leaves between whole levels."""
    return np.rint(image).astype(np.uint8)


def lengths(changes: np.ndarray) -> dict[str, np.ndarray]:
    """linf, l2: the largest value and the length of each change of an image, of int16 [K, H, W, 3]."""
    squares = np.square(changes, dtype=np.float64)
    return {"linf": np.abs(changes).max((1, 2, 3)), "l2": np.sqrt(squares.sum((1, 2, 3)))}
