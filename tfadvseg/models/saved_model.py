"""A SavedModel as attacks and experiments see it: images in 0..255 to logits, whoever wrote it."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models.card import Card, read
from tfadvseg.models.spec import OF_SEEDS, ModelSpec, damaged, shape_text


def _as_they_are(tensor: tf.Tensor) -> tf.Tensor:
    return tensor


def _reversed_channels(images: tf.Tensor) -> tf.Tensor:
    return tf.reverse(images, [-1])


LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""The smallest normal number: what a softmax in float32 leaves below it has no gradient left."""


def _log(probabilities: tf.Tensor) -> tf.Tensor:
    return tf.math.log(tf.maximum(probabilities, LEAST_PROBABILITY))


_TO_CHANNEL_ORDER = {"rgb": _as_they_are, "bgr": _reversed_channels}
_TO_LOGITS = {"logits": _as_they_are, "probabilities": _log}


@dataclasses.dataclass(frozen=True, eq=False)
class LoadedModel:
    """A callable from images [N, H, W, 3] to logits [N, H, W, C]. spec: what it is. card: None for a stranger's
    file."""

    spec: ModelSpec
    card: Card | None
    _signature: Any
    _keep_alive: Any
    """The loaded object: its variables die with it."""

    @classmethod
    def open(cls, spec: ModelSpec) -> "LoadedModel":
        """Loads graph and weights; raises ValueError in one sentence where the file is damaged."""
        try:
            loaded = tf.saved_model.load(str(spec.path))
            signature = loaded.signatures[spec.reading.signature]
        except Exception as error:  # TensorFlow raises whatever the damaged part happens to hit
            raise damaged(spec.path, error) from error
        return cls(spec, read(spec.path), signature, loaded)

    @property
    def name(self) -> str:
        """As results know it."""
        return self.spec.name

    @property
    def path(self) -> pathlib.Path:
        """Its version folder."""
        return self.spec.path

    @property
    def classes(self) -> int:
        """Number of classes C."""
        return self.spec.classes

    @property
    def frame(self) -> Frame:
        """How a photograph becomes an input, and back."""
        return self.spec.frame

    @property
    def input_size(self) -> tuple[int, int] | None:
        """(height, width), or None where the file leaves it open."""
        return self.spec.frame.size

    @property
    def digest(self) -> str:
        """Of the graph and the weights, 16 characters of SHA-256."""
        return self.spec.digest

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> logits [N, H, W, C], differentiable."""
        reading = self.spec.reading
        low, high = reading.intensity_range
        images = _TO_CHANNEL_ORDER[reading.channel_order](images)
        if (low, high) != (0.0, 255.0):
            images = images * ((high - low) / 255.0) + low
        (argument,) = self._signature.structured_input_signature[1]
        (output,) = self._signature(**{argument: images}).values()
        if not output.shape[1:3].is_compatible_with(images.shape[1:3]):
            found, given = (shape_text(tensor.shape.as_list()) for tensor in (output, images))
            raise ValueError(f"{self.path} returns scores of another size than its images: {found} for {given}.")
        return _TO_LOGITS[reading.output](tf.ensure_shape(output, [*images.shape[:3], self.classes]))

    __call__ = logits

    def logits_of_seeds(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """The same of a model whose spec is `seeded`, by the draws of seeds int32 [N, 2], one for each image."""
        (output,) = self._keep_alive.signatures[OF_SEEDS](images=images, seeds=seeds).values()
        return tf.ensure_shape(output, [*images.shape[:3], self.classes])

    @property
    def trackable(self) -> Any:
        """What holds the variables, for a module that is to be saved with them."""
        return self._keep_alive

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """{name: values} of the variables behind the signature."""
        return {variable.name.partition(":")[0]: variable.numpy() for variable in self._signature.variables}

    def segment(self, photograph: tf.Tensor) -> tf.Tensor:
        """Labels int32 [H, W] of an RGB photograph [H, W, 3] of any size, in 0..255.

        Scores are resized bilinearly from the network's input size to the photograph's before the highest is taken.
        """
        image, inside = self.frame.place(photograph)
        logits = self.frame.lift(self.logits(image[None])[0], inside, tuple(photograph.shape[:2]))
        return tf.argmax(logits, -1, tf.int32)
