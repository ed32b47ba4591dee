"""The words of this study: the attack that is doubted, and those that try whether it was weak. They stand in the run's
design, so nobody has to read them out of names."""

import dataclasses
from typing import Any

from tfadvseg.registry import choose

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

    def __post_init__(self) -> None:
        choose(dict.fromkeys((STRONGER, BLIND, LARGE, NOISE)), self.kind, "kind of try")


@dataclasses.dataclass(frozen=True)
class Battery:
    """plain: the name of the attack that is doubted, and epsilon its own. tries: what doubts it."""

    plain: str
    epsilon: float
    tries: tuple[Try, ...]

    def as_json(self) -> dict[str, Any]:
        """For design.json."""
        return dataclasses.asdict(self)
