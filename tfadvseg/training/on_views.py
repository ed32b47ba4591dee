"""A network in training: within its step, so on its device, views are made, shown and judged."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfadvseg.conventions import IGNORED
from tfadvseg.training.views import views


class OnViews(keras.Model):
    """A network trained on the batches of `RandomViews`, by the cross-entropy of the pixels that are not ignored, each
    weighted by its class.

    network: of the size `crop` (height, width). class_weights: float [C]. Its weights are the network's alone.
    """

    def __init__(self, network: keras.Model, crop: tuple[int, int], class_weights: np.ndarray):
        super().__init__(autocast=False, dtype="float32")
        self.network, self.crop = network, crop
        self.table = np.zeros(256, np.float32)
        self.table[: len(class_weights)] = class_weights
        self.cross_entropy = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        self.built = True

    def call(self, batch: dict[str, Any], training: bool | None = None) -> tuple[Any, Any]:
        """(logits [N, *crop, C], labels [N, *crop])."""
        images, labels = views(batch["images"], batch["labels"], batch["draws"], self.crop)
        return self.network(images, training=training), labels

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of what `call` gave."""
        logits, labels = y_pred
        labels = ops.cast(labels, "int32")
        counted = ops.where(labels == IGNORED, 0, labels)
        return self.cross_entropy(counted, logits, ops.take(self.table, labels))
