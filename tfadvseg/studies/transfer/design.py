"""Each perturbation is made once, on one network, and shown to all (Tables 1 and 17 to 20)."""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.models import card
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose


def chosen_sources(models: Sequence[ModelSpec], names: Sequence[str] | None) -> list[ModelSpec]:
    """Those of the models that are attacked: the named ones, by default all that gradients lead into.

    ValueError where there is none, or a named one cannot be attacked.
    """
    attackable = [model for model in models if model.attackable]
    if not attackable:
        raise ValueError(
            f"No gradient leads to the input of {', '.join(str(model.path) for model in models)}, so there is nothing "
            "to transfer; add a model that returns scores."
        )
    if not names:
        return attackable
    known = {model.name: model for model in attackable}
    return [choose(known, name, "source") for name in dict.fromkeys(names)]


def scenarios(
    sources: Sequence[ModelSpec],
    models: Sequence[ModelSpec],
    protocol: Callable[..., Protocol],
    trials: int = 1,
    samples: int = 1,
) -> list[Scenario]:
    """Attacks on each source, shown to every model, itself first. protocol: settings of all attacks -> the protocol.

    A network is shown the untouched images where it is attacked, as in a run of its own; those that are not attacked
    are so in the first scenario. One that draws at random is attacked by an expectation over `samples` of its draws,
    and shown everything in `trials` draws.
    """
    found = []
    for number, source in enumerate(sources):
        own = protocol(gradient=ExpectedGradient(None, samples)) if source.seeded else protocol()
        targets = [source, *(model for model in models if model != source)]
        shown = tuple(
            Target(
                model,
                trials=trials if model.seeded else 1,
                clean=model == source or (number == 0 and model not in sources),
            )
            for model in targets
        )
        found.append(Scenario(source, own, shown))
    return found


def scale_groups(models: Sequence[ModelSpec], average: ModelSpec | None = None) -> list[dict[str, Any]]:
    """For design.json: the forms of each network over scales (`scales.ScaleGroup`). average: an ensemble of the weights
    of the first that pools by the mean.

    ValueError where of no network there are two scales and the ensemble.
    """
    single: dict[pathlib.Path, dict[str, str]] = {}
    for model in models:
        if model.scale is not None:
            single.setdefault(model.path, {})[str(model.scale)] = model.name
    whole = {model.path: model.name for model in models if model.scale is None and model != average}
    groups: list[dict[str, Any]] = [
        {"single": own, "ensemble": whole[path]} for path, own in single.items() if path in whole and len(own) > 1
    ]
    if not groups:
        raise ValueError(
            f"A network over scales takes two of its scales and its ensemble, and none of "
            f"{', '.join(model.name for model in models)} has them; name the whole model, net and not net@50, which "
            "brings all its forms, or make one by pipelines.export --scales=0.5,0.75,1."
        )
    if average is not None:
        groups[0]["average"] = average.name
    return groups


def refuse_other_average(ensemble: ModelSpec, average: ModelSpec) -> None:
    """ValueError unless by their cards `average` pools by the mean what `ensemble` pools: the scales of one network."""
    own, other = (found.provenance if (found := card.read(model.path)) else {} for model in (ensemble, average))
    scales = [", ".join(f"{scale:g}" for scale in one.get("added", {}).get("scales", [])) for one in (own, other)]
    if average.scale is not None or other.get("added", {}).get("fusion") != "average":
        raise ValueError(
            f"By its card {average.path} is no ensemble that averages scales; make one by pipelines.export "
            "--scales=0.5,0.75,1 --fusion=average."
        )
    if _digest_of_network(own) != _digest_of_network(other):
        raise ValueError(
            f"{average.path} averages the scales of another network than that of {ensemble.path}; export both of the "
            "same one."
        )
    if scales[0] != scales[1]:
        raise ValueError(
            f"{average.path} averages the scales {scales[1]}, but {ensemble.path} is over {scales[0]}; export both "
            "over the same."
        )


def _digest_of_network(provenance: Mapping[str, Any]) -> str | None:
    return provenance.get("network", {}).get("digest")


def reduced(models: Sequence[ModelSpec]) -> list[str]:
    """For design.json: those that do not see the whole image, branches of networks over scales."""
    return [model.name for model in models if model.scale not in (None, 100)]


def kept_scenarios(
    kept: Sequence[KeptSource], models: Sequence[ModelSpec], seed: int = 0, trials: int = 1
) -> list[Scenario]:
    """What an earlier run made on each of its sources, shown to every model; nothing is attacked.

    A model is a source where both their names and digests agree. ValueError where one of the two does: its cells would
    pass for white-box ones, or white-box ones for another network's.
    """
    found = []
    for number, source in enumerate(kept):
        for model in models:
            if model.name == source.name and model.digest != source.digest:
                raise ValueError(
                    f"{model.path} shares its name with the model that {source.folder} was made on, and is another "
                    "one; rename its folder."
                )
            if model.digest == source.digest and model.name != source.name:
                raise ValueError(
                    f"{model.path} is the model that {source.folder} was made on under another name, so that its "
                    f"white-box cells would pass for another network's; rename its folder to {source.name}."
                )
        shown = tuple(Target(model, trials=trials if model.seeded else 1, clean=number == 0) for model in models)
        found.append(Scenario(source, Protocol(source.attacks, seed=seed), shown))
    return found
