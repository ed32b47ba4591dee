"""All models of an experiment are looked at before the first is attacked: refused, or warned of in the report.

What was found is kept in the run folder, so that a run that goes on does not look again.
"""

import functools
import itertools
import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.fspgd import Fspgd
from tfadvseg.conventions import IGNORED
from tfadvseg.data.split import Example, Split
from tfadvseg.doctor.examination import (
    alone_as_in_company,
    input_gradient,
    least_multiple,
    pair_of_a_size,
    placed,
    repeats,
    response,
)
from tfadvseg.doctor.plausible import clearly_better, compared, other_order
from tfadvseg.doctor.warnings import (
    bounded_warning,
    company_warning,
    floor_warning,
    floored,
    order_warning,
    reading_warning,
    refuse_scores,
    repeat_warning,
    rounding_warning,
    unread_warning,
)
from tfadvseg.engine.left_out import none_readable
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.scenario import Scenario
from tfadvseg.models.features import refuse_dead
from tfadvseg.models.postprocessed import Model, PostprocessedModel
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder

PHOTOGRAPHS = 4
"""That readings are tried on."""


def preflight(
    scenarios: Sequence[Scenario], split: Split, folder: RunFolder, models: OpenModels, strict: bool = False
) -> None:
    """Looks at each model once, those of the first scenario last, so that they are open when it begins.

    Damaged photographs are passed over, unless `strict`; ValueError where there is no other.
    """
    sources = {scenario.source for scenario in scenarios}
    moved = {one.source for one in scenarios if any(isinstance(attack, Fspgd) for _, attack in one.protocol.attacks)}
    specs = list(dict.fromkeys(spec for scenario in scenarios for spec in scenario.models))
    tried = any(_has_readings(spec) for spec in specs)
    chosen = split.chosen(limit=PHOTOGRAPHS if tried else 1)  # the first is the same
    photographs = list(chosen if strict else chosen.readable()) or list(itertools.islice(split.readable(), 1))
    if not photographs:
        raise none_readable(split)
    for spec in reversed(specs):
        look = functools.partial(examine, spec, models, photographs, attacked=spec in sources, moved=spec in moved)
        folder.decide(_question(spec), look)


def found(spec: ModelSpec, folder: RunFolder) -> list[str]:
    """What a model is warned of, sentences."""
    return list(folder.decide(_question(spec), list))


def _question(spec: ModelSpec) -> str:
    return f"checked-{spec.name}"


def _has_readings(spec: ModelSpec) -> bool:
    """Whether it is one whose readings are tried."""
    return spec.stranger and spec.refinement is None


def examine(
    spec: ModelSpec, models: OpenModels, photographs: Sequence[Example], attacked: bool, moved: bool = False
) -> list[str]:
    """Warnings; ValueError in a sentence where the numbers would mean nothing. attacked: by its own gradient; moved:
    by its features."""
    models.keep([spec])
    model = models[spec]
    images = placed(spec, photographs[:1])
    logits = _answer(spec, model, images)
    network = _network(model)
    raw = network.raw(images).numpy()
    refuse_scores(spec, raw, network.network.kind)
    if not np.isfinite(logits).all():
        raise ValueError(
            f"{spec.path} returns scores that are no finite numbers; check its `intensity_range` and the export."
        )
    if moved:
        refuse_dead(spec.path, network.features, images)
    warnings = floor_warning(spec, floored(logits)) if network.network.kind == "probabilities" else []
    warnings += bounded_warning(spec, raw, network.network.kind)
    steady = spec.seeded or repeats(logits, model(images).numpy())
    warnings += repeat_warning(spec, steady)
    if _has_readings(spec):
        warnings += _of_a_stranger(spec, network, photographs, attacked, steady)
    return warnings


def _of_a_stranger(
    spec: ModelSpec, model: LoadedModel, photographs: Sequence[Example], attacked: bool, steady: bool
) -> list[str]:
    """What this package's own exports are known to be free of. steady: whether it repeats its answers."""
    images = placed(spec, photographs[:1])
    labelled = [one for one in photographs if (one.labels != IGNORED).any()]
    about = _about_the_reading(model, labelled) if labelled else unread_warning(spec)
    if attacked:
        _refuse_without_gradient(spec, model, images, about)
    found = rounding_warning(spec, response(model, images, 0.25) == 0 < response(model, images, 8.0))
    if steady:
        found += company_warning(spec, alone_as_in_company(model, placed(spec, pair_of_a_size(photographs))))
    return found + about


def _network(model: Model) -> LoadedModel:
    return model.model if isinstance(model, PostprocessedModel) else model


def _answer(spec: ModelSpec, model: Model, images: tf.Tensor) -> np.ndarray:
    try:
        return model(images).numpy()
    except Exception as error:  # whatever its graph happens to hit
        if not spec.stranger or (isinstance(error, ValueError) and str(spec.path) in str(error)):
            raise  # what this package wrote says itself what is wrong
        height, width = images.shape[1:3]
        multiple = least_multiple(model, images) if spec.frame.size is None else None
        way = (
            f"it takes sides that are multiples of {multiple}; say so in its reading.json: "
            f'"multiple": [{multiple}, {multiple}]'
            if multiple
            else f"it says: {' '.join(str(error).split())[:300]}"
        )
        raise ValueError(f"{spec.path} fails on an image of {height}x{width} (height x width); {way}.") from error


def _refuse_without_gradient(spec: ModelSpec, model: LoadedModel, images: tf.Tensor, about: Sequence[str]) -> None:
    if not model.differentiable:
        kind = "label maps" if spec.reading.output == "labels" else f"scores of {spec.interface.dtype} images"
        raise ValueError(
            f"{spec.path} returns {kind} and its graph shows no way around, so no gradient leads to its input; export "
            "it with the scores before the argmax, or name their tensor in its reading.json."
        )
    gradient = input_gradient(model, images)
    if "radient" in gradient.missing and "defined" in gradient.missing:
        raise ValueError(
            f"{spec.path} was saved without the gradients of its own operations; save it again with "
            "tf.saved_model.SaveOptions(experimental_custom_gradients=True)."
        )
    if gradient.missing or gradient.zero == 1:
        why = gradient.missing or "it is zero everywhere: its scores are so large that the loss is 0"
        raise ValueError(
            f"No gradient leads to the input of {spec.path} ({why}), so it would look robust; it is not."
            + "".join(f" {text}" for text in about)
        )
    if gradient.not_finite:
        raise ValueError(
            f"{100 * gradient.not_finite:.2g} % of the input gradient of {spec.path} are no finite numbers."
        )


def _about_the_reading(model: LoadedModel, photographs: Sequence[Example]) -> list[str]:
    """Whether another plausible reading is clearly better on the photographs, or another order of the classes."""
    print(f"Trying the plausible readings of {model.name} on {len(photographs)} photographs.", file=sys.stderr)
    own, *others = compared(model, photographs)
    better = clearly_better(own, others)
    order = other_order(own.confusion.sum(0))
    return reading_warning(model.spec, own, better) + order_warning(model.spec, order if better is None else None)
