"""The dense CRF as a Keras layer with weights to learn (CRF-RNN; Zheng et al. 2015)."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor

from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS, CrfParameters

TRAINING_ITERATIONS = 5


@keras.saving.register_keras_serializable("tfadvseg")
class DenseCrf(keras.layers.Layer):
    """Mean field on (logits [N, H, W, C], images [N, H, W, 3]) -> logits [N, H, W, C].

    The weights of both kernels and the compatibility are C x C matrices, a row for each class that receives. They start
    as CRF-RNN's: the kernels' scalar weights on the diagonal, and minus the identity. The thetas stay as they are.
    Training takes 5 iterations and inference as many as the parameters say. Needs the TensorFlow backend.
    """

    def __init__(self, parameters: CrfParameters = PARAMETERS["crf_rnn"], **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})  # half precision has too few digits for positions and colours
        self.supports_jit = False  # XLA has no kernel for products with sparse matrices
        if keras.backend.backend() != "tensorflow":
            raise ValueError(f"The dense CRF runs on TensorFlow only; KERAS_BACKEND is {keras.backend.backend()}.")
        self.parameters = parameters

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        """Adds the three matrices, float32 [C, C]; input_shape: of logits and images."""
        classes = input_shape[0][-1]
        for name, scale in (
            ("spatial_weight", self.parameters.spatial_weight),
            ("bilateral_weight", self.parameters.bilateral_weight),
            ("compatibility", -1.0),
        ):
            variable = self.add_weight(
                shape=(classes, classes),
                name=name,
                initializer=lambda shape, dtype=None, scale=scale: scale * keras.ops.eye(shape[0], dtype=dtype),
            )
            setattr(self, name, variable)

    def call(self, inputs: tuple[KerasTensor, KerasTensor], training: bool = False) -> KerasTensor:
        """Logits [N, H, W, C] of (logits, images [N, H, W, 3] in grey levels), float32; images get no gradient."""
        logits, images = inputs
        iterations = TRAINING_ITERATIONS if training else self.parameters.iterations
        return mean_field(
            logits,
            images,
            dataclasses.replace(self.parameters, iterations=iterations),
            *(keras.ops.convert_to_tensor(w) for w in (self.spatial_weight, self.bilateral_weight, self.compatibility)),
        )

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """That of the logits."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """The parameters as a plain dict, so that JSON can hold them."""
        return {**super().get_config(), "parameters": dataclasses.asdict(self.parameters)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DenseCrf":
        """The layer of such a dict; its matrices are as they start until weights are loaded."""
        return cls(CrfParameters(**config.pop("parameters")), **config)
