"""Label spaces: the classes of a dataset, their colours, and how its files number them."""

import dataclasses
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED


@dataclasses.dataclass(frozen=True)
class LabelSpace:
    """names: one a class, in the order of the network's outputs. palette: one (R, G, B) in 0..255 a class."""

    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.palette):
            raise ValueError(f"A palette needs one colour a class; got {len(self.palette)} for {len(self.names)}.")

    @property
    def classes(self) -> int:
        """Number of classes, void not counted."""
        return len(self.names)

    @property
    def void(self) -> tuple[int, int, int]:
        """The colour of ignored pixels: black, or Pascal VOC's pale one where a class is black."""
        return (224, 224, 192) if (0, 0, 0) in self.palette else (0, 0, 0)

    def colours(self, labels: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Labels [..., H, W] -> uint8 RGB [..., H, W, 3], ignored pixels in the colour `void`."""
        table = np.full((256, 3), self.void, np.uint8)
        table[: self.classes] = self.palette
        return table[np.asarray(labels).astype(np.uint8)]

    def check(self, labels: NDArray[np.integer], source: str) -> NDArray[np.integer]:
        """`labels` [H, W] of any integer type unchanged; ValueError names `source` and the first value that is neither
        a class nor ignored."""
        if are_classes(labels, self.classes):
            return labels
        wrong = (labels < 0) | (labels >= self.classes) & (labels != IGNORED)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            doubt = "is this the right dataset?"
            if np.isin(labels, [*self._greys(), 0, IGNORED]).all():
                doubt = "its values are the classes' colours turned grey, where their numbers belong."
            raise ValueError(
                f"{source} holds label {labels[row, column]}, first in row {row} and column {column} counted from 0, "
                f"which is neither one of the {self.classes} classes (0 to {self.classes - 1}) nor ignored "
                f"({IGNORED}); {doubt}"
            )
        return labels

    def _greys(self) -> list[int]:
        """The grey level of each class's colour (ITU-R BT.601, rounded)."""
        return [(299 * red + 587 * green + 114 * blue + 500) // 1000 for red, green, blue in self.palette]


def are_classes(labels: NDArray[np.integer], classes: int) -> TypeGuard[NDArray[np.uint8]]:
    """Whether bytes are all 0 ... classes - 1 or ignored; of other types False. One more than ignored is 0, which takes
    a quarter of the time of comparing with each."""
    return labels.dtype == np.uint8 and bool((labels + np.uint8(1)).max(initial=0) <= classes)


CAMVID = LabelSpace(
    names=(
        "sky", "building", "pole", "road", "pavement", "tree", "sign_symbol", "fence", "car", "pedestrian",
        "bicyclist",
    ),
    palette=(
        (128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (0, 0, 192), (128, 128, 0), (192, 128, 128),
        (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192),
    ),
)  # fmt: skip
"""CamVid's eleven classes (Brostow et al. 2009, in the version of Badrinarayanan et al. 2017), with its colours."""


def voc_palette(classes: int) -> tuple[tuple[int, int, int], ...]:
    """Pascal VOC's colours: the bits of a class number are dealt to red, green and blue in turn, highest bit first."""

    def channel(number: int, first: int) -> int:
        return sum((number >> 3 * i + first & 1) << 7 - i for i in range(3))

    return tuple((channel(n, 0), channel(n, 1), channel(n, 2)) for n in range(classes))


PASCAL_VOC = LabelSpace(
    names=(
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ),
    palette=voc_palette(21),
)  # fmt: skip
"""Pascal VOC's twenty objects and the background (Everingham et al. 2010); its background is as black as void."""

CITYSCAPES = LabelSpace(
    names=(
        "road", "sidewalk", "building", "wall", "fence", "pole", "traffic_light", "traffic_sign", "vegetation",
        "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    ),
    palette=(
        (128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153),
        (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180), (220, 20, 60), (255, 0, 0),
        (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 80, 100), (0, 0, 230), (119, 11, 32),
    ),
)  # fmt: skip
"""Cityscapes' nineteen evaluated classes (Cordts et al. 2016), in the order of their training numbers."""

PUBLISHED = {"voc": PASCAL_VOC, "cityscapes": CITYSCAPES}
"""Label spaces of the datasets that the public weights were trained on."""
