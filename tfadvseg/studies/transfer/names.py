"""The words of this study: who was attacked and who was shown it, and which networks are forms of one over scales. They
stand in the run's design, so nobody has to read them out of names."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class ScaleGroup:
    """The names of one network's forms. single: {per cent: name}, ascending. ensemble: all of them pooled. average: an
    ensemble of the same weights that pools by the mean; "" for none."""

    single: Mapping[int, str]
    ensemble: str
    average: str = ""

    def __post_init__(self) -> None:
        if not self.single:
            raise ValueError("A network over scales has no scale.")
        object.__setattr__(self, "single", dict(sorted(self.single.items())))

    @property
    def smallest(self) -> str:
        """The scale farthest from the whole image."""
        return self.single[min(self.single)]

    @property
    def largest(self) -> str:
        """The whole image, where it is one of the scales."""
        return self.single[max(self.single)]

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the paper's tables."""
        return (*self.single.values(), self.ensemble)


@dataclasses.dataclass(frozen=True)
class TransferDesign:
    """models: rows of the tables. sources: columns. scales: networks whose forms are among them. reduced: forms that do
    not see the whole image. kept: {source: how its perturbations were made earlier, a line an attack}."""

    models: tuple[str, ...]
    sources: tuple[str, ...]
    scales: tuple[ScaleGroup, ...] = ()
    reduced: tuple[str, ...] = ()
    kept: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
