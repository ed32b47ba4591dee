"""Transforms of the input: pure functions (images [N, H, W, 3], seeds int32 [N, 2]) -> images.

Every draw comes from the seed of its image and nothing else. Settings are fields of a frozen dataclass with that one
call. A transform runs alike in tf.data, in an attack and in a SavedModel (written with
`experimental_custom_gradients=True`), for any number of images of a size known when it is traced. The gradient is the
true one, or, where there is none, that of the identity. One that moves pixels also has `back`: (answers [N, h, w, C] of
a network, seeds) -> these at the places of the untouched images.
"""

import functools

from tfadvseg.registry import choose
from tfadvseg.transforms.blur import blur
from tfadvseg.transforms.compose import InSequence, clip, identity
from tfadvseg.transforms.gaussian import gaussian
from tfadvseg.transforms.grayscale import grayscale
from tfadvseg.transforms.hsv import hsv
from tfadvseg.transforms.jpeg import jpeg
from tfadvseg.transforms.jpeg_simulated import jpeg_simulated
from tfadvseg.transforms.rescale import rescale
from tfadvseg.transforms.straight_through import Transform

TRANSFORMS: dict[str, Transform] = {
    "none": identity,
    "clip": clip,
    "jpeg": jpeg,
    "jpeg_simulated": jpeg_simulated,
    "blur": blur,
    "hsv": hsv,
    "grayscale": grayscale,
    "rescale": rescale,
    "gaussian": gaussian,
}
"""Name -> transform with the ranges of the paper, which has no `gaussian` noise. `clip` is what all files of 8 bits
have in common; `rescale`, which moves pixels away from their labels, is for attacks."""

DEFENSES = tuple(name for name in TRANSFORMS if name not in ("none", "clip", "rescale"))
"""Those that may defend."""


@functools.cache
def named(name: str) -> Transform:
    """The transform of that name, or several in sequence where names are joined by +, as in jpeg+blur.

    Raises ValueError with the known names otherwise.
    """
    parts = tuple(choose(TRANSFORMS, part, "transform") for part in name.split("+"))
    return parts[0] if len(parts) == 1 else InSequence(parts)


def moves_pixels(transform: Transform | None) -> bool:
    """Whether pixels come to other places, so that a network may not see all of the image."""
    parts = transform.parts if isinstance(transform, InSequence) else (transform,)
    return any(hasattr(part, "back") for part in parts)


def name_of(transform: Transform) -> str:
    """The name by which `named` gives it; where there is none, what it is called in Python."""
    if isinstance(transform, InSequence):
        return "+".join(map(name_of, transform.parts))
    for name, known in TRANSFORMS.items():
        if transform == known:
            return name
    return getattr(transform, "__name__", type(transform).__name__)
