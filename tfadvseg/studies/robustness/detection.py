"""Is an attack seen in the network's own answer? By how unsure it is of an image, attacked or not."""

from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.detection import auroc
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Evidence, Score

UNSEEN = "ifgsm_unseen"
"""The attack that knows the detector and keeps the entropy where it was."""

CHANCE = 50.0


def by_entropy(evidence: Evidence, model: str, attack: str, epsilon: float) -> Score:
    """Per cent of the pairs of an attacked and a clean image in which the attacked one has more mean entropy."""
    return _told_by(evidence, evidence.results.entropy, model, attack, epsilon)


def by_confidence(evidence: Evidence, model: str, attack: str, epsilon: float) -> Score:
    """The same of less mean confidence."""
    return _told_by(evidence, -evidence.results.confidence, model, attack, epsilon)


def seen(evidence: Evidence, score: Score) -> bool:
    """Whether attacked images are surely told from clean ones, on whichever side of chance."""
    low, high = evidence.interval(score)
    return bool(low > CHANCE or high < CHANCE)


def _told_by(evidence: Evidence, sums: np.ndarray, model: str, attack: str, epsilon: float) -> Score:
    clean = evidence.image_means(sums, model=model, attack=CLEAN)
    attacked = evidence.image_means(sums, model=model, source_model=model, attack=attack, epsilon=epsilon)
    return 100 * auroc(attacked, clean, evidence.weights)


def in_words(evidence: Evidence, model: str, attacks: Sequence[str], epsilon: float) -> str:
    """Whether detection by entropy survives an attack that knows it."""
    usual = [attack for attack in attacks if attack != UNSEEN]
    found = [attack for attack in usual if seen(evidence, by_entropy(evidence, model, attack, epsilon))]
    told = f"The entropy of {model} gives away {len(found)} of {len(usual)} attacks that do not know of it"
    if UNSEEN not in attacks:
        return f"{told}; whether it gives away one that does is not known without {UNSEEN}."
    score = by_entropy(evidence, model, UNSEEN, epsilon)
    what = "gives away" if seen(evidence, score) else "does not surely give away"
    left = evidence.ratio(model=model, source_model=model, attack=UNSEEN, epsilon=epsilon)
    return (
        f"{told}, and {what} {UNSEEN}, which does: {evidence.format(score, least=0.0)} %. That leaves "
        f"{evidence.format(left, least=0.0)} % of the clean IoU, so to stay unseen may cost it strength."
    )
