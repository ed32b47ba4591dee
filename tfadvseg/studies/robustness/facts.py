"""What is known of a network beside its scores: a part of the run's design, so that nobody reads it out of names."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from tfadvseg.json_text import as_typed


@dataclasses.dataclass(frozen=True)
class Facts:
    """architecture: the paper's name of it, "" where nobody knows. backbone, head, residual, crf: as in
    `models.architectures`; "" and None where unknown. parameters: 0 where unknown."""

    architecture: str = ""
    backbone: str = ""
    head: str = ""
    residual: bool | None = None
    crf: bool = False
    parameters: int = 0


def facts_of(design: Mapping[str, Any], network: str) -> Facts:
    """What design.json says of a network; where it says nothing, nothing is known."""
    try:
        networks: dict[str, Any] = as_typed(dict[str, Any], design.get("networks", {}), "networks")
        return as_typed(Facts, networks.get(network, {}), network)
    except ValueError as error:
        raise ValueError(f"design.json holds no facts of the network {network!r}; draw its run anew.") from error


def resnet(facts: Facts) -> bool:
    """Whether its backbone is a ResNet-101."""
    return facts.backbone == "resnet101"


def vgg(facts: Facts) -> bool:
    """Whether its backbone is VGG-16."""
    return facts.backbone == "vgg"


def another(facts: Facts) -> bool:
    """Whether its backbone is known and no ResNet-101."""
    return facts.backbone not in ("", "resnet101")


def residual(facts: Facts) -> bool:
    """Whether it is known to have residual connections."""
    return facts.residual is True


def plain(facts: Facts) -> bool:
    """Whether it is known to have none."""
    return facts.residual is False
