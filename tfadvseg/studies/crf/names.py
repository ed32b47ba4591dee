"""The words of this study: who has a CRF, which attacks are on scaled logits. They stand in the run's design, so nobody
has to read them out of names."""

import dataclasses
from collections.abc import Mapping
from typing import Any

UNTARGETED, TARGETED = ("fgsm", "ifgsm"), ("fgsm_ll", "ifgsm_ll")


@dataclasses.dataclass(frozen=True)
class CrfPair:
    """A network, the same with a CRF, and what variants of that CRF differ in: {name: {parameter: value}}. trained:
    whether the CRF was trained with the network; None where nobody knows."""

    network: str
    with_crf: str
    variants: Mapping[str, Mapping[str, float]]
    trained: bool | None = None


@dataclasses.dataclass(frozen=True)
class CrfDesign:
    """pairs: of the run. scaled: {attack: the same on logits divided by `temperature`}."""

    pairs: tuple[CrfPair, ...]
    scaled: Mapping[str, str]
    temperature: float

    def as_json(self) -> dict[str, Any]:
        """For design.json."""
        return dataclasses.asdict(self)
