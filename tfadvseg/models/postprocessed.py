"""A loaded model with a refinement of its logits, as experiments see a loaded model."""

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfadvseg.models.saved_model import LoadedModel


@dataclasses.dataclass(frozen=True, eq=False)
class RefinedModel:
    """Images -> refinement(logits, images); all that is not said here is as in the model.

    refinement: a frozen dataclass, whose text goes into the digest.
    """

    model: LoadedModel
    refinement: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    name: str

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> logits [N, H, W, C], differentiable."""
        return self.refinement(self.model.logits(images), images)

    __call__ = logits

    @property
    def digest(self) -> str:
        """Of the model and of the refinement's settings."""
        return hashlib.sha256(f"{self.model.digest} {self.refinement}".encode()).hexdigest()[:16]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


Network = LoadedModel | RefinedModel
"""What experiments attack and measure."""
