"""The evaluation suspects itself: what would make its numbers mean less, each in a sentence for the report.

After the checks of Croce and Hein (2020) for classifiers: broken bounds, probabilities in place of logits, dead
gradients, attacks without effect, a network near chance.
"""

import math
from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.models.saved_model import LEAST_PROBABILITY
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
    if clean is not None and clean < 200 / model.classes:
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


def certainty_warnings(cell: str, confidence: float, entropy: float, classes: int) -> list[str]:
    """Of a cell's mean confidence and entropy (nats), which cannot lie beyond 1 / C to 1 and 0 to ln C (D9)."""
    slack = 1e-4  # float32
    if 1 / classes - slack <= confidence <= 1 + slack and -slack <= entropy <= math.log(classes) + slack:
        return []
    return [
        f"{cell}: a mean confidence of {confidence:.3f} and entropy of {entropy:.3f} nats cannot be of {classes} "
        "classes; this is a defect."
    ]


def refuse_probabilities(model: ModelSpec, scores: np.ndarray) -> None:
    """ValueError where a model's "logits" are probabilities: their softmax would have next to no gradient."""
    if model.reading.output == "logits" and looks_like_probabilities(scores):
        raise ValueError(f"{model.path} returns probabilities and not logits; its `output` is probabilities.")


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


def repeats(first: np.ndarray, again: np.ndarray) -> bool:
    """Whether a model gave the same logits twice, but for the last digits of a parallel sum."""
    return bool(np.abs(first - again).max() <= 1e-3 * np.abs(first).max())


def repeat_warning(model: ModelSpec, repeated: bool) -> list[str]:
    """What it means that it did not."""
    if repeated:
        return []
    return [
        f"{model.name}: it answers the same images differently each time and takes no seeds (a signature "
        "logits_of_seeds), so its numbers do not repeat, and attacks see one draw a step in place of an expectation."
    ]


def looks_like_probabilities(scores: np.ndarray) -> bool:
    """Whether scores [N, H, W, C] lie in 0..1 and sum to 1, as probabilities do and logits do not."""
    return bool(scores.min() >= 0 and scores.max() <= 1 and np.allclose(scores.sum(-1), 1, atol=1e-3))
