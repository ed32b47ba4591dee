"""Who is attacked: a network, the same with a CRF, and variants of that CRF (Figures 9, 10, 19 to 23)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.objectives import Objective, ScaledCrossEntropy, away_from_labels, given, toward_least_likely
from tfadvseg.crf.parameters import CrfParameters
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.models import card
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.printed import architecture_of


def with_crf(model: ModelSpec, parameters: CrfParameters, name: str = "") -> ModelSpec:
    """The network followed by the CRF, under `name` or <network>+crf."""
    return dataclasses.replace(model, refinement=DenseCrfRefinement(parameters), name=name or f"{model.name}+crf")


def trained_with_crf(model: ModelSpec, crf: ModelSpec) -> ModelSpec:
    """`crf`, whose own CRF was trained with it, under the name of the network that it is compared with."""
    return dataclasses.replace(crf, name=f"{model.name}+crf")


def trained_together(crf: ModelSpec) -> bool | None:
    """Whether a CRF was trained with the network that it ends, by the card; None where that does not say."""
    if crf.refinement is not None:
        return False
    found, known = card.read(crf.path), architecture_of(crf)
    if found is not None and "crf" in found.added:
        return False
    return True if known is not None and known.crf else None


def pair_scenarios(network: ModelSpec, crf: ModelSpec, protocol: Protocol) -> list[Scenario]:
    """Figures 9 and 10: attacks by the gradients of each of the two, shown to both, so that both can be compared under
    the same attacks."""
    return [
        Scenario(network, protocol, (Target(network), Target(crf))),
        Scenario(crf, protocol, (Target(crf, clean=False), Target(network, clean=False))),
    ]


def with_scaled(protocol: Protocol, temperature: float) -> tuple[Protocol, dict[str, str]]:
    """The protocol with its untargeted gradient attacks also on logits / temperature, and {attack: the same scaled}."""
    objective = Objective(given, 1.0, ScaledCrossEntropy(temperature))
    scaled, names = [], {}
    for name, attack in protocol.attacks:
        if isinstance(attack, GradientAscent) and attack.objective == away_from_labels:
            names[name] = f"{name}_scaled"
            scaled.append((names[name], dataclasses.replace(attack, objective=objective)))
    return dataclasses.replace(protocol, attacks=protocol.attacks + tuple(scaled)), names


def objectives(temperature: float) -> dict[str, Objective]:
    """Away from the prediction, toward the least likely class, and away on logits / temperature."""
    return {
        "away": away_from_labels,
        "toward": toward_least_likely,
        "scaled": Objective(given, 1.0, ScaledCrossEntropy(temperature)),
    }


def variants(crf: str, values: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Figures 19 to 21: one theta at a time, but theta_gamma and the spatial weight together on a grid.

    {name of the variant of `crf`: every parameter that the sweep moves for it}.
    """
    moves: list[dict[str, float]] = [{name: v} for name in ("theta_alpha", "theta_beta") for v in values[name]]
    moves += [
        {"spatial_weight": weight, "theta_gamma": theta}
        for weight in values["spatial_weight"]
        for theta in values["theta_gamma"]
    ]
    return {crf + "".join(f",{name}={value:g}" for name, value in move.items()): move for move in moves}


def sweep_scenarios(
    network: ModelSpec, parameters: CrfParameters, changed: Mapping[str, Mapping[str, Any]], protocol: Protocol
) -> list[Scenario]:
    """Every variant of the CRF against the FGSM attacks of the protocol on itself."""
    fgsm = tuple(attack for attack in protocol.attacks if attack[0] == "fgsm")
    only = dataclasses.replace(protocol, attacks=fgsm)
    return [
        white_box(with_crf(network, dataclasses.replace(parameters, **move), name), only)
        for name, move in changed.items()
    ]
