"""The words of this study, as they stand in the run's design, so nobody has to read them out of names."""

import dataclasses

from tfadvseg.runs.results import NONE


@dataclasses.dataclass(frozen=True)
class TransformsDesign:
    """transforms: those that were tried before each of the models. cross: whether every adaptive attack met every
    transform. baseline: what stands for no defense, as in `trials.Trials`."""

    models: tuple[str, ...]
    transforms: tuple[str, ...]
    cross: bool
    baseline: str = NONE

    def __post_init__(self) -> None:
        if not self.transforms or len(set(self.transforms)) < len(self.transforms):
            raise ValueError(f"Transforms are one or more, each named once; got {list(self.transforms)}.")
