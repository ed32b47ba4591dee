"""Attacks since the paper, as settings of two loops: steps of one size (`GradientAscent`), and Auto-PGD (`Apgd`)."""

from typing import Any

from tfadvseg.attacks.apgd import SEA_STAGES, Apgd
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.losses import (
    CosPgd,
    MaskedCrossEntropy,
    SegPgd,
    cosine_distance,
    jensen_shannon,
    logits_ratio,
)
from tfadvseg.attacks.objectives import Loss, Objective, cross_entropy, given
from tfadvseg.attacks.rules import AdamRule

ALPHA, STEPS = 2.55, 20
"""A hundredth of the range of images, and how many such steps: what most of the literature takes."""


def away_by(loss: Loss, timed: bool = False) -> Objective:
    """Away from the labels by a loss other than cross-entropy, which says how far it has got."""
    return Objective(given, 1.0, loss, timed, watched=cross_entropy)


def segpgd(
    epsilon: float, alpha: float = ALPHA, steps: int = STEPS, keep: str = "loss", **settings: Any
) -> GradientAscent:
    """SegPGD (Gu et al. 2022). Its last steps follow pixels that are lost half as much as the others, so the last
    iterate is often not the best one, and that is kept."""
    return GradientAscent(epsilon, alpha, steps, away_by(SegPgd(), timed=True), keep=keep, **settings)


def cospgd(epsilon: float, alpha: float = ALPHA, steps: int = STEPS, **settings: Any) -> GradientAscent:
    """CosPGD (Agnihotri et al. 2024)."""
    return GradientAscent(epsilon, alpha, steps, away_by(CosPgd()), **settings)


def cospgd_sigmoid(epsilon: float, alpha: float = ALPHA, steps: int = STEPS, **settings: Any) -> GradientAscent:
    """CosPGD by sigmoids, weaker, to reproduce what others measured with it."""
    return GradientAscent(epsilon, alpha, steps, away_by(CosPgd(sigmoid=True)), **settings)


def padam(epsilon: float, alpha: float = 2.0, steps: int = 200, **settings: Any) -> GradientAscent:
    """PAdam on cross-entropy (Halmosi et al. 2024)."""
    return GradientAscent(epsilon, alpha, steps, rule=AdamRule(), **settings)


def padam_cos(epsilon: float, alpha: float = 2.0, steps: int = 200, **settings: Any) -> GradientAscent:
    """PAdam on the cosine between logits and label (Halmosi et al. 2024)."""
    return GradientAscent(epsilon, alpha, steps, away_by(cosine_distance), rule=AdamRule(), **settings)


def apgd_ce(epsilon: float, steps: int = 100, **settings: Any) -> Apgd:
    """Auto-PGD on cross-entropy (Croce and Hein 2020)."""
    return Apgd(epsilon, steps, **settings)


def apgd_dlr(epsilon: float, steps: int = 100, **settings: Any) -> Apgd:
    """Auto-PGD on the difference of logits ratio (Croce and Hein 2020), which it watches, too."""
    return Apgd(epsilon, steps, Objective(given, 1.0, logits_ratio), **settings)


def sea_mce(epsilon: float, steps: int = 300, **settings: Any) -> Apgd:
    """The part of SEA that looks away from lost pixels (Croce et al. 2024)."""
    return Apgd(epsilon, steps, away_by(MaskedCrossEntropy()), stages=SEA_STAGES, **settings)


def sea_mce_bal(epsilon: float, steps: int = 300, class_weights: tuple[float, ...] = (), **settings: Any) -> Apgd:
    """The same, each class by its weight: 1 over its pixels in the data, so that small classes count as large ones."""
    return Apgd(epsilon, steps, away_by(MaskedCrossEntropy(class_weights)), stages=SEA_STAGES, **settings)


def sea_js(epsilon: float, steps: int = 300, **settings: Any) -> Apgd:
    """The part of SEA on the Jensen-Shannon divergence."""
    return Apgd(epsilon, steps, away_by(jensen_shannon), stages=SEA_STAGES, **settings)
