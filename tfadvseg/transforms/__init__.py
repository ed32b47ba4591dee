"""Transforms of the input: pure functions (images [N, H, W, 3], seeds int32 [N, 2]) -> images.

Every draw comes from the seed of its image and nothing else. Settings are fields of a frozen dataclass with that one
call. A transform runs alike in tf.data, in an attack and in a SavedModel (written with
`experimental_custom_gradients=True`), for any number of images of a size known when it is traced. The gradient is the
true one, or, where there is none, that of the identity.
"""

from tfadvseg.transforms.blur import blur
from tfadvseg.transforms.compose import identity
from tfadvseg.transforms.grayscale import grayscale
from tfadvseg.transforms.hsv import hsv
from tfadvseg.transforms.jpeg import jpeg
from tfadvseg.transforms.jpeg_simulated import jpeg_simulated
from tfadvseg.transforms.straight_through import Transform

TRANSFORMS: dict[str, Transform] = {
    "none": identity,
    "jpeg": jpeg,
    "jpeg_simulated": jpeg_simulated,
    "blur": blur,
    "hsv": hsv,
    "grayscale": grayscale,
}
"""Name -> transform with the ranges of the paper."""
