"""What a dense CRF is set to, and the settings of the networks of the paper."""

import dataclasses
import math

from tfadvseg.registry import choose

NORMALISATIONS = {"symmetric": (0.5, 0.5), "before": (1.0, 0.0), "after": (0.0, 1.0), "none": (0.0, 0.0)}
"""Name -> powers of its kernel's sum by which each pixel is divided before and after filtering."""


@dataclasses.dataclass(frozen=True)
class CrfParameters:
    """Kernels exp(-|p_i - p_j|^2 / 2 theta_alpha^2 - |I_i - I_j|^2 / 2 theta_beta^2), bilateral, and
    exp(-|p_i - p_j|^2 / 2 theta_gamma^2), spatial; thetas are in pixels, but theta_beta in grey levels.

    normalisation: what kernels are divided by their sums; CRF-RNN and Deeplab do so after filtering.
    """

    theta_alpha: float
    theta_beta: float
    theta_gamma: float
    bilateral_weight: float
    spatial_weight: float
    iterations: int = 10
    normalisation: str = "symmetric"

    def __post_init__(self) -> None:
        for name in ("theta_alpha", "theta_beta", "theta_gamma"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be more than 0; got {getattr(self, name)}.")
        for name in ("bilateral_weight", "spatial_weight"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a number; got {getattr(self, name)}.")
        if self.iterations < 1:
            raise ValueError(f"Mean field needs at least 1 iteration; got {self.iterations}.")
        choose(NORMALISATIONS, self.normalisation, "normalisation")


PARAMETERS = {
    "crf_rnn": CrfParameters(160, 3, 3, bilateral_weight=5, spatial_weight=3, normalisation="after"),
    "deeplab_vgg": CrfParameters(65, 3, 2, bilateral_weight=4, spatial_weight=2, normalisation="after"),
    "deeplab_resnet": CrfParameters(67, 3, 1, bilateral_weight=4, spatial_weight=3, normalisation="after"),
}
"""CRF-RNN's before its weights are learned (Zheng et al. 2015), and Deeplab v2's on VOC (Chen et al. 2018)."""
