"""The evaluation suspects itself: what would make its numbers mean less, each in a sentence for the report.

After the checks of Croce and Hein (2020) for classifiers: broken bounds, probabilities in place of logits, dead
gradients, attacks without effect, a network near chance.
"""

from collections.abc import Sequence

import numpy as np

from tfadvseg.attacks.sign_attack import SignAttack
from tfadvseg.models.refined import Network


def findings(
    model: Network,
    attacks: Sequence[tuple[str, SignAttack]],
    rows: Sequence[dict],
    units: Sequence[dict[str, np.ndarray]],
    clean: dict | None,
) -> list[str]:
    """Warnings about attacks on one network: their `rows` of results.csv, the units behind them, and the clean row,
    where they are compared with one."""
    largest = np.max([unit["largest"] for unit in units], 0)
    still = np.mean([unit["still"] for unit in units], 0)
    found = []
    for (name, attack), row, size, dead in zip(attacks, rows, largest, still, strict=True):
        cell = f"{model.name}, {name} at epsilon {attack.epsilon:g}"
        if size > attack.epsilon:
            found.append(f"{cell}: the perturbation reaches {size:g} grey levels, more than epsilon; this is a defect.")
        if attack.steps == 1 and attack.epsilon >= 1 and dead > 0.05:
            found.append(
                f"{cell}: {100 * dead:.0f} % of the values have no gradient and stayed as they were; the network may "
                "be saturated or mask its gradients, and then look more robust than it is."
            )
        if clean and attack.epsilon >= 8 and row["iou"] >= clean["iou"]:
            found.append(f"{cell}: the IoU did not fall; suspect masked gradients or a defect before robustness.")
    if clean and clean["iou"] < 200 / model.classes:
        found.append(f"{model.name}: a clean IoU of {clean['iou']:.1f} % is near chance, so its ratios mean little.")
    return found


def looks_like_probabilities(scores: np.ndarray) -> bool:
    """Whether scores [N, H, W, C] lie in 0..1 and sum to 1, as probabilities do and logits do not."""
    return bool(scores.min() >= 0 and scores.max() <= 1 and np.allclose(scores.sum(-1), 1, atol=1e-3))
