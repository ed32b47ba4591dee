"""An open model with something after it that sees the images, too, such as a dense CRF."""

import dataclasses
from typing import Any

import tensorflow as tf

from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import ModelSpec


@dataclasses.dataclass(frozen=True, eq=False)
class PostprocessedModel:
    """Images -> spec.refinement(logits, images)."""

    model: LoadedModel
    spec: ModelSpec

    @property
    def name(self) -> str:
        """As results know it."""
        return self.spec.name

    @property
    def network_kind(self) -> str:
        """As of the model alone."""
        return self.model.network_kind

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> logits [N, H, W, C], differentiable."""
        assert self.spec.refinement is not None
        return self.spec.refinement(self.model.logits(images), images)

    __call__ = logits

    def features(self, images: tf.Tensor) -> tf.Tensor:
        """The network's own, [N, h, w, C]."""
        return self.model.features(images)

    def logits_of_seeds(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """The same of a network that draws at random, by the draws of seeds int32 [N, 2]."""
        assert self.spec.refinement is not None
        return self.spec.refinement(self.model.logits_of_seeds(images, seeds), images)

    @property
    def trackable(self) -> Any:
        """What holds the variables."""
        return self.model.trackable


Model = LoadedModel | PostprocessedModel
"""What a ModelSpec opens to."""
