"""What a dense CRF does to a network's robustness, and whether it only masks the gradient (section 8, appendix E)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.attacks.objectives import Objective, ScaledCrossEntropy, away_from_labels, given, toward_least_likely
from tfadvseg.crf.parameters import CrfParameters
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.data.batches import inside
from tfadvseg.experiments.encounter import Encounter, Protocol, View, white_box
from tfadvseg.experiments.run import Shards
from tfadvseg.experiments.start import starts
from tfadvseg.models.refined import Network, RefinedModel
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.reports.crf import CRF, SCALED
from tfadvseg.runs.folder import RunFolder


def with_crf(model: LoadedModel, parameters: CrfParameters, variant: str = "") -> RefinedModel:
    """The network followed by the CRF; `variant` says which of its parameters differ from the experiment's."""
    return RefinedModel(model, DenseCrfRefinement(parameters), f"{model.name}{CRF}{variant}")


def trained_with_crf(model: LoadedModel, crf: LoadedModel) -> LoadedModel:
    """`crf`, whose own CRF was trained with it, under the name of the network that it is compared with."""
    return dataclasses.replace(crf, name=model.name + CRF)


def pair(unary: LoadedModel, crf: Network, protocol: Protocol) -> list[Encounter]:
    """Figures 9 and 10: both attacked by their own gradients, and the network with the CRF by those of the network
    without it as well (black box)."""
    return [Encounter(unary, protocol, (View(unary), View(crf))), Encounter(crf, protocol, (View(crf),), clean=False)]


def with_scaled(protocol: Protocol, temperature: float) -> Protocol:
    """The protocol, and its untargeted attacks on logits / temperature."""
    objective = Objective(given, 1.0, ScaledCrossEntropy(temperature))
    scaled = tuple(
        (name + SCALED, dataclasses.replace(attack, objective=objective))
        for name, attack in protocol.attacks
        if attack.objective == away_from_labels
    )
    return dataclasses.replace(protocol, attacks=protocol.attacks + scaled)


def variants(parameters: CrfParameters, values: Mapping[str, Sequence[float]]) -> dict[str, CrfParameters]:
    """Figures 19 to 21: one theta at a time, but theta_gamma and the spatial weight together on a grid.

    {",theta_alpha=1": parameters, ...}; each name holds every parameter that the sweep moves.
    """
    moves: list[dict[str, Any]] = [{name: value} for name in ("theta_alpha", "theta_beta") for value in values[name]]
    moves += [
        {"spatial_weight": weight, "theta_gamma": theta}
        for weight in values["spatial_weight"]
        for theta in values["theta_gamma"]
    ]
    return {
        "".join(f",{name}={value:g}" for name, value in move.items()): dataclasses.replace(parameters, **move)
        for move in moves
    }


def sweep(unary: LoadedModel, named: Mapping[str, CrfParameters], protocol: Protocol) -> list[Encounter]:
    """Every variant of the CRF against the FGSM attacks of the protocol on itself."""
    if not named:
        return []
    fgsm = dataclasses.replace(protocol, attacks=tuple(a for a in protocol.attacks if a[0] == "fgsm"))
    return [white_box(with_crf(unary, parameters, name), fgsm) for name, parameters in named.items()]


def measure_starts(
    models: Sequence[Network], shards: Shards, temperature: float, folder: RunFolder
) -> dict[str, dict[str, np.ndarray]]:
    """{model: {objective: [3, N]}} of what attacks start from (`start_of`), a unit of the run folder an image batch.

    The objectives: away, toward the least likely class, and away on logits / temperature.
    """
    objectives = {
        "away": away_from_labels,
        "toward": toward_least_likely,
        "scaled": Objective(given, 1.0, ScaledCrossEntropy(temperature)),
    }
    found = {}
    for model in models:
        names = shards.units(f"start-{model.name}", model)
        if not all(folder.has(name) for name in names):
            for name, batch in zip(names, shards.batches(model), strict=True):
                if not folder.has(name):
                    counted = inside(batch["size"], batch["image"].shape[1:3])
                    folder.save(name, starts(model, objectives, batch["image"], counted))
        units = [folder.load(name) for name in names]
        found[model.name] = {key: np.concatenate([unit[key] for unit in units], 1) for key in objectives}
    return found
