"""Whether a class was hidden, and nothing else: two shares of pixels, by what was predicted on the clean image."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Hiding(NamedTuple):
    """Pixels of images, each [...]. hidden: predicted as the class on the clean image; found: those of them that still
    are. rest: all others; kept: those of them whose prediction is as it was."""

    hidden: np.ndarray
    found: np.ndarray
    rest: np.ndarray
    kept: np.ndarray


def hiding_counts(
    clean: NDArray[np.integer], predictions: NDArray[np.integer], hidden: int, counted: NDArray[np.bool_]
) -> Hiding:
    """Pixels [N] of predictions [N, H, W] on clean images and after the attack, over `counted` [N, H, W]."""
    own, rest = counted & (clean == hidden), counted & (clean != hidden)
    same = predictions == clean
    return Hiding(*(part.sum((1, 2)) for part in (own, own & same, rest, rest & same)))
