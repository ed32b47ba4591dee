"""The words of this study, as they stand in the run's design, so nobody has to read them out of names."""

import dataclasses
import math
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class CertificateDesign:
    """sizes: {model: (height, width) of its input}. sigmas: of the noise, in grey levels. guesses, draws: of noise for
    the class of each pixel, and for its share of the votes. tau, error: as in `measure.Confidence`."""

    models: tuple[str, ...]
    sizes: Mapping[str, tuple[int, int]]
    sigmas: tuple[float, ...]
    guesses: int
    draws: int
    tau: float
    error: float

    def __post_init__(self) -> None:
        if not self.models or not self.sigmas or not all(0 < sigma < math.inf for sigma in self.sigmas):
            raise ValueError(f"There is a model and noise of a sigma above 0; got {self.models} and {self.sigmas}.")
        if set(self.sizes) != set(self.models) or any(not 1 <= one <= 2**31 for s in self.sizes.values() for one in s):
            raise ValueError(f"The size of each model is of 1 pixel or more; got {dict(self.sizes)}.")
        if min(self.guesses, self.draws) < 1 or not 0.5 <= self.tau < 1 or not 0 < self.error < 1:
            raise ValueError(
                "There are guesses and draws, tau is at least 0.5 and below 1, and error lies between 0 and 1; got "
                f"{self.guesses}, {self.draws}, {self.tau:g} and {self.error:g}."
            )
