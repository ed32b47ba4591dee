"""How attacks are run where nothing else is said: as in the paper, or as in most of the literature since.

Which iterate an attack returns is its own in both: the last one, but of SegPGD the one of highest cross-entropy and of
Auto-PGD, so of SEA, the one that leaves the fewest pixels right.
"""

import dataclasses

from tfadvseg.attacks.steps import iterations


@dataclasses.dataclass(frozen=True)
class Defaults:
    """labels: what untargeted attacks lead away from. in_range: whether images stay within 0..255. start: of attacks of
    several steps. alpha, steps: of those that bring none of their own; alpha in grey levels, no steps for the paper's
    number of them."""

    labels: str
    in_range: bool
    start: str
    alpha: float
    steps: int | None

    def steps_at(self, epsilon: float) -> int:
        """Steps of an attack of that radius in grey levels."""
        return iterations(epsilon) if self.steps is None else self.steps

    def __str__(self) -> str:
        away = {"prediction": "the network's own prediction", "ground_truth": "the ground truth"}[self.labels]
        start = {"zero": "the image itself", "uniform": "random noise in the ball"}[self.start]
        steps = "min(epsilon + 4, ceil(1.25 epsilon))" if self.steps is None else self.steps
        size = f"{self.alpha:g} grey level{'' if self.alpha == 1 else 's'}"
        kept = "images kept within 0..255" if self.in_range else "images not kept within 0..255"
        return f"away from {away}, {steps} steps of {size} from {start}, {kept}"


PROTOCOLS = {
    "arnab2018": Defaults("prediction", in_range=False, start="zero", alpha=1.0, steps=None),
    "literature": Defaults("ground_truth", in_range=True, start="uniform", alpha=2.55, steps=20),
}
"""Arnab et al. 2018, section 4; what SegPGD, CosPGD and SEA have in common."""
