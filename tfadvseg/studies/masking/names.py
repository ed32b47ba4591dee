"""The words of this study: the attack that is doubted, and those that try whether it was weak. They stand in the run's
design, so nobody has to read them out of names."""

import dataclasses
from collections.abc import Mapping
from typing import Any

STRONGER, BLIND, LARGE, NOISE = "stronger", "blind", "large", "noise"
"""What a try shows: by a better use of the gradient; without the gradient; at an epsilon that nothing withstands; by no
attack at all."""


@dataclasses.dataclass(frozen=True)
class Try:
    """name: of the attack in results. kind: one of the above. what: it in words. remedy: the flags that make it."""

    name: str
    kind: str
    what: str
    remedy: str
    epsilon: float


@dataclasses.dataclass(frozen=True)
class Battery:
    """plain: the name of the attack that is doubted, and epsilon its own. tries: what doubts it."""

    plain: str
    epsilon: float
    tries: tuple[Try, ...]

    def as_json(self) -> dict[str, Any]:
        """For design.json."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, design: Mapping[str, Any]) -> "Battery":
        """What `as_json` gave."""
        return cls(design["plain"], design["epsilon"], tuple(Try(**one) for one in design["tries"]))
