"""The evaluation suspects itself: what would make its numbers mean less, each in a sentence for the report.

After the checks of Croce and Hein (2020) for classifiers: broken bounds, probabilities in place of logits, dead
gradients, attacks without effect, a network near chance.
"""

from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.models.spec import ModelSpec


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
        if clean is not None and attack.epsilon >= 8 and iou >= clean:
            found.append(f"{cell}: the IoU did not fall; suspect masked gradients or a defect before robustness.")
    if clean is not None and clean < 200 / model.classes:
        found.append(f"{model.name}: a clean IoU of {clean:.1f} % is near chance, so its ratios mean little.")
    return found


def refuse_probabilities(model: ModelSpec, scores: np.ndarray) -> None:
    """ValueError where a model's "logits" are probabilities: their softmax would have next to no gradient."""
    if model.reading.output == "logits" and looks_like_probabilities(scores):
        raise ValueError(f"{model.path} returns probabilities and not logits; its `output` is probabilities.")


def looks_like_probabilities(scores: np.ndarray) -> bool:
    """Whether scores [N, H, W, C] lie in 0..1 and sum to 1, as probabilities do and logits do not."""
    return bool(scores.min() >= 0 and scores.max() <= 1 and np.allclose(scores.sum(-1), 1, atol=1e-3))
