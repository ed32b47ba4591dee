"""How a target model comes to see what was made on the source model: perturbations live on the photograph.

Where both take photographs in the same frame, the target is given the source's input with the perturbation, padding and
all, exactly. Else the perturbation is lifted onto the photograph, and the attacked photograph is placed in the target's
frame, as a camera in front of it would see it.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame, inside
from tfadvseg.data.split import Split


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

    def under(self, perturbation: tf.Tensor | np.ndarray) -> tf.Tensor:
        """The images [N, H, W, 3] under a perturbation that was made on the source's inputs."""
        if self.source is None:
            return self.images + perturbation
        placed = []
        for photograph, one, size in zip(self.photographs, perturbation, self.source.size, strict=True):
            lifted = self.source.frame.lift(tf.convert_to_tensor(one), size, photograph.shape[:2])
            placed.append(self.frame.place(tf.cast(photograph, tf.float32) + lifted)[0])
        return tf.stack(placed)


def expose(batch: dict[str, tf.Tensor], frame: Frame) -> Exposure:
    """A batch of data.batches in its own frame."""
    return Exposure(frame, batch["image"], batch["labels"], batch["size"])


def in_frame(exposure: Exposure, frame: Frame, split: Split, indices: np.ndarray) -> Exposure:
    """The same photographs, the `indices` of the split, in another frame."""
    if frame == exposure.frame:
        return exposure
    examples = [split[int(index)] for index in indices]
    placed = [frame.place(image) for _, image, _ in examples]
    labels = [frame.place_labels(labels, size) for (_, _, labels), (_, size) in zip(examples, placed, strict=True)]
    if len({tuple(image.shape) for image, _ in placed}) > 1:
        raise ValueError(
            "A model that takes images of any size can be shown photographs of different sizes only one at a time; use "
            "a `batch_size` of 1."
        )
    images, sizes = zip(*placed, strict=True)
    photographs = tuple(image for _, image, _ in examples)
    return Exposure(frame, tf.stack(images), tf.stack(labels), tf.stack(sizes), exposure, photographs)
