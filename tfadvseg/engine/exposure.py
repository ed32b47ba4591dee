"""How a target model comes to see what was made on the source model: perturbations live on the photograph.

Where both take photographs in the same frame, or in frames that differ only in a colour of which nothing is to be seen,
the target is given the source's input with the perturbation, padding and all, exactly. Else the perturbation is lifted
onto the photograph, and the attacked photograph is placed in the target's frame, as a camera in front of it would see
it. What was done to padding is lost on that way, and a resize blurs the rest; the range and the whole levels that an
attack keeps are brought back on the photograph.
"""

import dataclasses
import functools
import math

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Attack
from tfadvseg.data.framing import Frame, inside
from tfadvseg.data.split import Examples, Split


@dataclasses.dataclass(frozen=True, eq=False)
class Exposure:
    """A batch of photographs in one frame. images: [N, H, W, 3] untouched. labels: int32 [N, H, W]. size: int32 [N, 2],
    the part that is photograph. source: the frame of what perturbs them, its `size` and photographs where it differs.
    """

    frame: Frame
    images: tf.Tensor
    labels: tf.Tensor
    size: tf.Tensor
    source: "Exposure | None" = None
    photographs: tuple[np.ndarray, ...] = ()

    @property
    def counted(self) -> tf.Tensor:
        """bool [N, H, W]: pixels that are photograph."""
        return inside(self.size, self.images.shape[1:3])

    def under(self, perturbation: tf.Tensor | np.ndarray, attack: Attack | None = None) -> tf.Tensor:
        """The images [N, H, W, 3] under a perturbation that was made on the source's inputs. attack: what made it and
        bounds it on the photograph, too (`attacked`)."""
        if self.source is None:
            return self.images + perturbation
        placed = []
        for photograph, one, size in zip(self.photographs, perturbation, self.source.size, strict=True):
            lifted = self.source.frame.lift(tf.convert_to_tensor(one), size, photograph.shape[:2])
            placed.append(self.frame.place(attacked(photograph, lifted.numpy(), attack))[0])
        return tf.stack(placed)


def expose(batch: dict[str, tf.Tensor], frame: Frame) -> Exposure:
    """A batch of data.batches in its own frame."""
    return Exposure(frame, batch["image"], batch["labels"], batch["size"])


class ReadOnce:
    """Labelled photographs of a split by index, each decoded once for all the targets of a unit."""

    def __init__(self, split: Split):
        self._split, self._read = split, functools.cache(split.__getitem__)

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, index: int) -> tuple[str, np.ndarray, np.ndarray]:
        return self._read(index)


def attacked(photograph: np.ndarray, lifted: np.ndarray, attack: Attack | None) -> np.ndarray:
    """float32 [H, W, 3]: the photograph under a perturbation that was lifted onto it, within 0..255 where the attack
    stays there, on whole levels where it ends on these; lifting keeps neither."""
    if attack is not None and getattr(attack, "whole_levels", False):
        shown = whole_levels(photograph, lifted, attack.epsilon)
    else:
        shown = photograph.astype(np.float32) + lifted
    return np.clip(shown, 0, 255) if attack is not None and attack.in_range else shown


def whole_levels(photograph: np.ndarray, perturbation: np.ndarray, epsilon: float | None) -> np.ndarray:
    """float32 [H, W, 3]: the whole levels nearest to the perturbed photograph, none farther than epsilon from the
    photograph's own (which a dataset that shrinks its photographs leaves between two of them)."""
    whole, reach = np.rint(photograph.astype(np.float32)), math.floor(255 if epsilon is None else min(epsilon, 255))
    return np.clip(np.rint(photograph + np.asarray(perturbation, np.float32)), whole - reach, whole + reach)


def in_frame(exposure: Exposure, frame: Frame, photographs: Examples, indices: np.ndarray) -> Exposure:
    """The same photographs, with these `indices`, in another frame."""
    if frame == exposure.frame or _alike(exposure, frame):
        return exposure
    examples = [photographs[int(index)] for index in indices]
    placed = [frame.place(image) for _, image, _ in examples]
    labels = [frame.place_labels(labels, size) for (_, _, labels), (_, size) in zip(examples, placed, strict=True)]
    if len({tuple(image.shape) for image, _ in placed}) > 1:
        raise ValueError(
            "A model that takes images of any size can be shown photographs of different sizes only one at a time; use "
            "a `batch_size` of 1."
        )
    images, sizes = zip(*placed, strict=True)
    unplaced = tuple(image for _, image, _ in examples)
    return Exposure(frame, tf.stack(images), tf.stack(labels), tf.stack(sizes), exposure, unplaced)


def _alike(exposure: Exposure, frame: Frame) -> bool:
    """Whether frames differ in the colour that fills up alone, and there is nothing to fill up."""
    filled = bool(tf.reduce_all(exposure.size == tf.shape(exposure.images)[1:3]))
    return filled and dataclasses.replace(frame, colour=exposure.frame.colour) == exposure.frame
