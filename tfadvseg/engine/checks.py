"""The evaluation suspects itself: what would make its numbers mean less, each in a sentence for the report.

After the checks of Croce and Hein (2020) for classifiers: broken bounds, probabilities in place of logits, dead
gradients, attacks without effect, a network near chance.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.engine.plausible import Tried, differences
from tfadvseg.models.conversion import LEAST_PROBABILITY
from tfadvseg.models.spec import ModelSpec

LEAST_EPSILON, LEAST_ALPHA = 0.2, 0.05
"""Grey levels below which a run's largest strength and step are rather those of images in 0..1: the paper begins with
0.25, and 32/255 is 0.13."""


def warnings(
    model: ModelSpec,
    attacks: Sequence[tuple[str, Attack]],
    ious: Sequence[float],
    clean: float | None,
    linf: np.ndarray,
    zero_share: np.ndarray,
) -> list[str]:
    """About attacks on one model, sentences.

    ious: under each of the A attacks, in per cent, and on clean images, where the two may be compared. linf [A, N]:
    largest perturbation of each image in grey levels. zero_share [A]: fraction of values left exactly as they were."""
    found = []
    for (name, attack), iou, sizes, dead in zip(attacks, ious, linf, zero_share, strict=True):
        if attack.epsilon is None:
            continue
        cell = f"{model.name}, {name} at epsilon {attack.epsilon:g}"
        if sizes.max() > attack.epsilon:
            found.append(
                f"{cell}: the perturbation reaches {sizes.max():g} grey levels, more than epsilon; this is a defect."
            )
        if getattr(attack, "steps", 0) == 1 and attack.epsilon >= 1 and dead > 0.05:
            found.append(
                f"{cell}: {100 * dead:.0f} % of the values have no gradient and stayed as they were; the network may "
                "be saturated or mask its gradients, and then look more robust than it is."
            )
        reach = getattr(attack, "alpha", math.inf) * getattr(attack, "steps", 1)
        if reach < attack.epsilon:
            found.append(
                f"{cell}: its steps reach {reach:g} grey levels at most, so it is no attack of that epsilon; take more "
                "steps or larger ones."
            )
        if clean is not None and attack.epsilon >= 8 and iou >= clean:
            found.append(f"{cell}: the IoU did not fall; suspect masked gradients or a defect before robustness.")
    if clean is not None and near_chance(clean, model.classes):
        found.append(f"{model.name}: a clean IoU of {clean:.1f} % is near chance, so its ratios mean little.")
    return found


def scale_warnings(attacks: Sequence[tuple[str, Attack]]) -> list[str]:
    """About strengths and step sizes, of all attacks of a run, that look as if they were meant for images in 0..1."""
    of_0_to_1 = "are these of 0..1? Epsilon is in grey levels of 0..255; write 8 for 8/255."
    epsilons = [attack.epsilon for _, attack in attacks if attack.epsilon is not None]
    alphas = [getattr(attack, "alpha", math.inf) for _, attack in attacks if getattr(attack, "steps", 1) > 1]
    found = []
    if max(epsilons, default=LEAST_EPSILON) < LEAST_EPSILON:
        strengths = ", ".join(f"{epsilon:g}" for epsilon in sorted(set(epsilons)))
        found.append(f"All epsilons are below {LEAST_EPSILON:g} ({strengths}); {of_0_to_1}")
    if max(alphas, default=LEAST_ALPHA) < LEAST_ALPHA:
        found.append(f"The steps, alpha, are below {LEAST_ALPHA:g} ({max(alphas):g}); {of_0_to_1}")
    return found


def near_chance(iou: float, classes: int) -> bool:
    """Whether a clean IoU in per cent is below twice that of one in `classes`."""
    return iou < 200 / classes


def certainty_warnings(cell: str, confidence: float, entropy: float, classes: int) -> list[str]:
    """Of a cell's mean confidence and entropy (nats), which cannot lie beyond 1 / C to 1 and 0 to ln C (D9)."""
    slack = 1e-4  # float32
    if 1 / classes - slack <= confidence <= 1 + slack and -slack <= entropy <= math.log(classes) + slack:
        return []
    return [
        f"{cell}: a mean confidence of {confidence:.3f} and entropy of {entropy:.3f} nats cannot be of {classes} "
        "classes; this is a defect."
    ]


def unlabelled_warning(labelled: np.ndarray) -> list[str]:
    """Of the number of labelled pixels [N] of each image."""
    images, without = len(labelled), int(np.sum(labelled == 0))
    if not without:
        return []
    if without == images:
        return [f"No pixel of the {images} images is labelled, so no IoU is known; are the labels this dataset's?"]
    return [f"Of {images} images {without} have no labelled pixel, so they count in no IoU."]


def refuse_scores(model: ModelSpec, raw: np.ndarray, kind: str) -> None:
    """ValueError where what a network returned, channels last, is not of the `kind` that it is read as.

    The softmax of probabilities would have next to no gradient."""
    if kind == "logits" and raw.shape[-1] > 1 and looks_like_probabilities(raw):
        raise ValueError(f"{model.path} returns probabilities and not logits; its `output` is probabilities.")
    if kind in ("probabilities", "sigmoid") and not (-1e-3 <= raw.min() and raw.max() <= 1 + 1e-3):
        raise ValueError(
            f"{model.path} returns scores of {raw.min():.3g} to {raw.max():.3g}, which are no probabilities; its "
            "`output` is logits."
        )


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
        f"python -m pipelines.doctor --saved_model={model.path} with the same dataset, and --write."
    ]


PREPARATION = ("channel_order", "intensity_range", "mean", "std")
"""Fields of a reading that say what becomes of a photograph's values."""


def unread_warning(model: ModelSpec) -> list[str]:
    """What it means that nobody said how images are prepared for a model, and no labels can tell."""
    if set(PREPARATION) & model.reading.changed().keys():
        return []
    return [
        f"{model.name}: nothing says how it wants its images, and without labels nothing checks that it wants them in "
        "RGB of 0..255; a network that is read wrongly sees something else. Say so by --reading, or let "
        f"python -m pipelines.doctor --saved_model={model.path} find it out on labelled photographs."
    ]


def saving_warnings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """About each saved photograph that fools much less than the attack that was made; rows: of `runs.attacked`."""
    return [
        f"{row['model']}, {row['image']}: the saved photograph fools much less than the attack that was made: "
        f"{row['changed_input']:.1f} % of the labels changed on the network's input, {row['changed_float']:.1f} % once "
        f"it was resized to the photograph, {row['changed']:.1f} % in the file."
        for row in rows if row["fools_less"]
    ]  # fmt: skip


def order_warning(model: ModelSpec, order: Sequence[int] | None) -> list[str]:
    """What it means that other labels fit its classes better."""
    if order is None:
        return []
    return [
        f"{model.name}: its classes seem to be in another order than the dataset's: its classes 0, 1, 2, ... lie where "
        f"the labels are {', '.join(map(str, order))}; say so by class_map in its reading.json."
    ]


def looks_like_probabilities(scores: np.ndarray) -> bool:
    """Whether scores [N, H, W, C] lie in 0..1 and sum to 1, as probabilities do and logits do not."""
    return bool(scores.min() >= 0 and scores.max() <= 1 and np.allclose(scores.sum(-1), 1, atol=1e-3))
