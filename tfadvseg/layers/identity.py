"""Convolutions that begin by handing on what they get."""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable("tfadvseg")
class IdentityKernel(keras.initializers.RandomNormal):
    """Kernel [k, k, in, out] that hands on `groups` signals, each spread over its share of the channels.

    Yu and Koltun (2016), Eq. 4 and 5: in the middle of the kernel, an input feeds the outputs of the same signal, which
    share it evenly; everything else is noise of the deviation `stddev`. Random kernels alone did not train their
    context network.
    """

    def __init__(self, groups: int, stddev: float = 0.001, seed: int | None = None) -> None:
        super().__init__(stddev=stddev, seed=seed)
        self.groups = groups

    def __call__(self, shape: tuple[int, int, int, int], dtype: str | None = None) -> KerasTensor:
        """shape: [k, k, in, out]; noise takes the places that no signal has."""
        rows, columns, inputs, outputs = shape
        signal_in, signal_out = (np.arange(n) * self.groups // n for n in (inputs, outputs))
        shares = 1 / np.bincount(signal_out)[signal_out]  # groups / out, if that divides
        identity = np.zeros(shape, np.float32)
        identity[rows // 2, columns // 2] = shares * (signal_in[:, None] == signal_out)
        noise = super().__call__(shape, dtype)
        return ops.where(identity > 0, ops.convert_to_tensor(identity, dtype=noise.dtype), noise)

    def get_config(self) -> dict[str, Any]:
        """Without the mean, which is 0 and no argument of this one."""
        config = super().get_config() | {"groups": self.groups}
        del config["mean"]
        return config
