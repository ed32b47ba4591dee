"""Each network, attacked by its own gradients (Figures 2 and 3, Tables 7 to 14)."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.models import card
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.printed import architecture_of
from tfadvseg.studies.robustness.facts import Facts


def scenarios(
    models: Sequence[ModelSpec], protocol: Callable[..., Protocol], trials: int = 1, samples: int = 1
) -> list[Scenario]:
    """White-box attacks on each. protocol: settings of all attacks -> the protocol.

    A model that draws at random is attacked by an expectation over `samples` of its draws and shown the images in
    `trials` draws of its own. One that no gradient leads into is shown what was made on the first of the others; the
    ValueError where there is none names it.
    """
    sources = [model for model in models if model.attackable]
    shown = [Target(model) for model in models if not model.attackable]
    if not sources:
        raise ValueError(
            f"{models[0].path} returns label maps and its graph holds no scores before an argmax, so no gradient leads "
            "to its input; name a second model, too, and it is shown the perturbations made on that."
        )
    found = []
    for number, model in enumerate(sources):
        others = shown if number == 0 else []
        if model.seeded:
            adaptive = protocol(gradient=ExpectedGradient(None, samples))
            found.append(Scenario(model, adaptive, (Target(model, trials=trials), *others)))
        else:
            found.append(Scenario(model, protocol(), (Target(model), *others)))
    return found


def design(models: Sequence[ModelSpec]) -> dict[str, Any]:
    """For design.json: what is known of each network, so that architectures can be compared."""
    return {"networks": {model.name: dataclasses.asdict(_facts(model)) for model in models}}


def _facts(model: ModelSpec) -> Facts:
    """By its card and the zoo; a model without a card tells nothing."""
    found = card.read(model.path)
    if found is None:
        return Facts()
    crf, known = "crf" in found.added, architecture_of(model)
    if known is None:
        return Facts(crf=crf, parameters=found.parameters)
    return Facts(known.network, known.backbone, known.head, known.residual, known.crf or crf, found.parameters)
