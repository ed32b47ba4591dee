"""Rendered street scenes with CamVid's classes: photographs with labels that need no download, by NumPy alone.

Every example is a small three-dimensional world (`street`) of flat textured patches (`camera`), lit by one sun
(`light`) and drawn with a depth buffer (`canvas`). Colours are drawn alike for most classes, so shape, texture and
place decide what a pixel is. An example depends on nothing but its split and index: no file, no order, no state.
"""

import numpy as np

from tfadvseg.registry import choose
from tfadvseg.scenes.canvas import SIZE, Canvas
from tfadvseg.scenes.classes import NAMES
from tfadvseg.scenes.street import random_street

SPLITS = {"train": 400, "validation": 60, "train_extra": 3200}
"""Examples of each split. `train_extra` is for networks that learn too little from 400 images; drawing it takes
minutes."""

SEED = 20180618
"""Names these scenes: another seed is another data set, and scores on the two do not compare."""

__all__ = ["NAMES", "SEED", "SIZE", "SPLITS", "render"]


def render(split: str, index: int) -> tuple[np.ndarray, np.ndarray]:
    """One example: image uint8 [192, 256, 3] and labels uint8 [192, 256] with 255 ignored."""
    examples = choose(SPLITS, split, "split")
    if not 0 <= index < examples:
        raise ValueError(f"The split {split} of scenes has the examples 0 to {examples - 1}; got {index}.")
    rng = np.random.default_rng([SEED, list(SPLITS).index(split), index])
    street = random_street(rng)
    canvas = Canvas(street.camera, street.light)
    canvas.paint_sky(rng)
    canvas.paint_ground(street.road, rng)
    canvas.cast_shadows(street.shadows)
    canvas.draw_all(street.patches)
    return canvas.photograph(rng)
