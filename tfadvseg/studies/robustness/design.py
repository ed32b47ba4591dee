"""Each network, attacked by its own gradients (Figures 2 and 3, Tables 7 to 14)."""

from collections.abc import Sequence

from tfadvseg.engine.scenario import Protocol, Scenario, white_box
from tfadvseg.models.spec import ModelSpec


def scenarios(models: Sequence[ModelSpec], protocol: Protocol) -> list[Scenario]:
    """White-box attacks on each."""
    return [white_box(model, protocol) for model in models]
