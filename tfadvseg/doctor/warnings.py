"""What is said of a model before it is attacked: refused where numbers would mean nothing, else warned of.

After the checks of Croce and Hein (2020) for classifiers: probabilities in place of logits, answers at random.
"""

import math
from collections.abc import Sequence

import numpy as np

from tfadvseg.command import command
from tfadvseg.doctor.plausible import Tried, differences
from tfadvseg.models.conversion import LEAST_PROBABILITY
from tfadvseg.models.spec import ModelSpec

PREPARATION = ("channel_order", "intensity_range", "mean", "std")
"""Fields of a reading that say what becomes of a photograph's values."""


def near_chance(iou: float, classes: int) -> bool:
    """Whether a clean IoU in per cent is below twice that of one in `classes`, and below 50: of two classes as large as
    each other a guess has 33 %, and a network that is always wrong about the small one of them can have 49 %."""
    return iou < min(200 / classes, 50)


def refuse_scores(model: ModelSpec, raw: np.ndarray, kind: str) -> None:
    """ValueError where what a network returned, channels last, is not of the `kind` that it is read as.

    The softmax of probabilities would have next to no gradient, and the probability of a foreground, never below the
    background's logit of 0, would make all of an image foreground whatever an attack does."""
    if kind == "logits" and (seen := looks_like(raw)) != "logits":
        what = {"sigmoid": "probabilities of a foreground", "labels": "label maps"}.get(seen, seen)
        raise ValueError(f"{model.path} returns {what} and not logits; its `output` is {seen}.")
    if kind in ("probabilities", "sigmoid") and not (-1e-3 <= raw.min() and raw.max() <= 1 + 1e-3):
        raise ValueError(
            f"{model.path} returns scores of {raw.min():.3g} to {raw.max():.3g}, which are no probabilities; its "
            "`output` is logits."
        )


def bounded_warning(model: ModelSpec, raw: np.ndarray, kind: str) -> list[str]:
    """What it means that all of several scores that are read as logits lie in 0..1."""
    if kind != "logits" or raw.shape[-1] == 1 or raw.min() < 0 or raw.max() > 1:
        return []
    return [
        f"{model.name}: all its scores lie in 0..1; if each is the probability of a class by itself, say so by "
        "--model_output=sigmoid, since attacks on them as logits look weaker than they are."
    ]


def floored(logits: np.ndarray) -> float:
    """Share of the pixels of logits [N, H, W, C] made of probabilities whose least likely class has none left."""
    return float(np.mean(logits.min(-1) <= math.log(LEAST_PROBABILITY)))


def floor_warning(model: ModelSpec, share: float) -> list[str]:
    """What that share means, where it is more than 1 %."""
    if share <= 0.01:
        return []
    return [
        f"{model.name}: {100 * share:.0f} % of the pixels have a class of probability 0, toward which no gradient "
        "leads, so targeted attacks look weaker than they are; export the network with its logits."
    ]


def repeat_warning(model: ModelSpec, repeated: bool) -> list[str]:
    """What it means that it did not."""
    if repeated:
        return []
    return [
        f"{model.name}: it draws at random, answers the same images differently each time and takes no seeds (a "
        "signature logits_of_seeds), so its numbers do not repeat, and attacks see one draw a step in place of an "
        "expectation; export the network without its random part and try that with pipelines.transforms."
    ]


def company_warning(model: ModelSpec, alone: bool) -> list[str]:
    """What it means that an image's answer depends on those beside it."""
    if alone:
        return []
    return [
        f"{model.name}: its answer to an image depends on the others of a batch, as batch normalisation in training "
        "mode makes it; attack it with --batch_size=1, or export it for inference."
    ]


def rounding_warning(model: ModelSpec, rounds: bool) -> list[str]:
    """What it means that a quarter of a grey level changes nothing."""
    if not rounds:
        return []
    return [
        f"{model.name}: it rounds its images to whole grey levels, so perturbations below half a level do nothing; "
        "its gradient is that of the unrounded image (straight-through)."
    ]


def reading_warning(model: ModelSpec, own: Tried, better: Tried | None) -> list[str]:
    """What it means that another reading suits the labels better."""
    if better is None:
        return []
    return [
        f"{model.name}: its clean IoU is {own.iou:.1f} % as it is read, but {better.iou:.1f} % with "
        f"{differences(own.reading, better.reading)}; a network that is read wrongly looks more robust than it is. Run "
        f"{command('doctor')} --saved_model={model.path} with the same dataset, and --write."
    ]


def unread_warning(model: ModelSpec) -> list[str]:
    """What it means that nobody said how images are prepared for a model, and no labels can tell."""
    if set(PREPARATION) & model.reading.changed().keys():
        return []
    return [
        f"{model.name}: nothing says how it wants its images, and without labels nothing checks that it wants them in "
        "RGB of 0..255; a network that is read wrongly sees something else. Say so by --reading, or let "
        f"{command('doctor')} --saved_model={model.path} find it out on labelled photographs."
    ]


def order_warning(model: ModelSpec, order: Sequence[int] | None) -> list[str]:
    """What it means that other labels fit its classes better."""
    if order is None:
        return []
    return [
        f"{model.name}: its classes seem to be in another order than the dataset's: its classes 0, 1, 2, ... lie where "
        f"the labels are {', '.join(map(str, order))}; say so by class_map in its reading.json."
    ]


def looks_like(scores: np.ndarray) -> str:
    """What scores [N, H, W, C] are that are called logits, of `reading.OUTPUTS`: those of one channel may be the
    probability of a foreground, or labels."""
    if scores.shape[-1] > 1:
        return "probabilities" if looks_like_probabilities(scores) else "logits"
    if 0 <= scores.min() < scores.max() <= 1:
        return "sigmoid"
    return "labels" if scores.min() >= 0 and scores.max() > 1 and (scores == np.round(scores)).all() else "logits"


def looks_like_probabilities(scores: np.ndarray) -> bool:
    """Whether scores [N, H, W, C] lie in 0..1 and sum to 1, as probabilities do and logits do not."""
    return bool(scores.min() >= 0 and scores.max() <= 1 and np.allclose(scores.sum(-1), 1, atol=1e-3))
