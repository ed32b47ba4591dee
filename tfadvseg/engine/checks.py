"""The evaluation suspects itself: what would make its numbers mean less, each in a sentence for the report.

After the checks of Croce and Hein (2020) for classifiers: broken bounds, dead gradients, attacks without effect, a
network near chance. What is said of a model before it is attacked stands in `doctor.warnings`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.attacks.hiding import hides
from tfadvseg.data.framing import Frame
from tfadvseg.doctor.warnings import near_chance
from tfadvseg.models.spec import ModelSpec
from tfadvseg.transforms import moves_pixels

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
        seen = not moves_pixels(getattr(getattr(attack, "gradient", None), "transform", None))  # a zoom hides a part
        if getattr(attack, "steps", 0) == 1 and attack.epsilon >= 1 and dead > 0.05 and seen:
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
        if clean is not None and attack.epsilon >= 8 and iou >= clean and attack.cost.gradients and not hides(attack):
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


def frame_warning(frames: Mapping[str, Frame]) -> list[str]:
    """Of the networks of a matrix of transfer, by name, where their frames differ."""
    networks: dict[Frame, list[str]] = {}
    for name, frame in frames.items():
        networks.setdefault(frame, []).append(name)
    if len(networks) < 2:
        return []
    told = "; ".join(f"{', '.join(names)}: {_framed(frame)}" for frame, names in networks.items())
    return [
        f"Not all networks take photographs in the same frame ({told}). Between two that differ, what an attack did to "
        "padding is cropped away, and a resize, where a photograph takes one, blurs the rest; so examples look weaker "
        "and the network that is shown them more robust than where frames are equal."
    ]


def _framed(frame: Frame) -> str:
    size = "any size" if frame.size is None else "{}x{}".format(*frame.size)
    multiple = "" if frame.multiple == (1, 1) else " of multiples of {}x{}".format(*frame.multiple)
    colour = " with {:g}, {:g}, {:g}".format(*frame.colour) if any(frame.colour) else ""
    return f"{size}{multiple}, {frame.fit}{colour}"


def certainty_warnings(cell: str, confidence: float, entropy: float, classes: int) -> list[str]:
    """Of a cell's mean confidence and entropy (nats), which cannot lie beyond 1 / C to 1 and 0 to ln C (D9)."""
    slack = 1e-4  # float32
    if 1 / classes - slack <= confidence <= 1 + slack and -slack <= entropy <= math.log(classes) + slack:
        return []
    return [
        f"{cell}: a mean confidence of {confidence:.3f} and entropy of {entropy:.3f} nats cannot be of {classes} "
        "classes; this is a defect."
    ]


def unlabelled_warning(labelled: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Of the labelled pixels [N, C] of each image and class. classes: their names."""
    images, without = len(labelled), int(np.sum(labelled.sum(1) == 0))
    if without == images:
        return [f"No pixel of the {images} images is labelled, so no IoU is known; are the labels this dataset's?"]
    found = [f"Of {images} images {without} have no labelled pixel, so they count in no IoU."] if without else []
    seen = np.flatnonzero(labelled.sum(0))
    if len(seen) == 1 and len(classes) > 1:
        found.append(
            f"Every labelled pixel is {classes[seen[0]]}, so the IoU is of that class alone; are labels read right? "
            "255 is left out of a mask whose file of classes does not list it."
        )
    return found


def saving_warnings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """About each saved photograph that fools much less than the attack that was made; rows: of `runs.attacked`."""
    return [
        f"{row['model']}, {row['image']}: the saved photograph fools much less than the attack that was made: "
        f"{row['changed_input']:.1f} % of the labels changed on the network's input, {row['changed_float']:.1f} % once "
        f"it was resized to the photograph, {row['changed']:.1f} % in the file."
        for row in rows
        if row["fools_less"]
    ]
