"""Each network, attacked by its own gradients (Figures 2 and 3, Tables 7 to 14)."""

from collections.abc import Callable, Sequence

from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.models.spec import ModelSpec


def scenarios(
    models: Sequence[ModelSpec], protocol: Callable[..., Protocol], trials: int = 1, samples: int = 1
) -> list[Scenario]:
    """White-box attacks on each. protocol: settings of all attacks -> the protocol.

    A model that draws at random is attacked by an expectation over `samples` of its draws and shown the images in
    `trials` draws of its own.
    """
    found = []
    for model in models:
        if model.seeded:
            adaptive = protocol(gradient=ExpectedGradient(None, samples))
            found.append(Scenario(model, adaptive, (Target(model, trials=trials),)))
        else:
            found.append(white_box(model, protocol()))
    return found
