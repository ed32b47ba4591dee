"""Does a dense CRF only mask the gradient? A verdict in words (section 8 of the paper, and beyond it).

A masked gradient shows in two ways: an attack that goes around it, by the gradient of the network without the CRF, is
stronger than the CRF's own; and dividing the logits, which undoes their confidence and nothing else, helps the attack
on the network with the CRF by more than it helps on the network without. What an attack finds at its start is told
beside, since confident networks without a CRF have small losses, too.

Who looks in many ways finds something by chance, so the more ways there are, the surer each must be (`level_of_each`).
So it is with what is left of an advantage, for which the strongest of many attacks is picked on either network.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.runs.results import images_text
from tfadvseg.studies.claims import HOLDS, verdict
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.names import UNTARGETED
from tfadvseg.studies.evidence import Score

MARGIN = 2.0
"""Points of IoU ratio below which an advantage is none that anybody would want."""


@dataclasses.dataclass(frozen=True)
class Masking:
    """opening: the verdict, a sentence. grounds: what it rests on."""

    opening: str
    grounds: tuple[str, ...]


def masking(pair: Pair) -> Masking:
    """An advantage counts as far as it is left under the strongest of the same attacks on both networks."""
    untargeted = pair.among(UNTARGETED)
    tests = len(untargeted) + sum(attack in pair.scaled for attack in untargeted)
    masks, left = level_of_each(tests), level_of_each(2 * tests)
    judged = {attack: _attack(pair, attack, masks, left) for attack in untargeted}
    masked = [attack for attack, (_, sign, _) in judged.items() if sign]
    evidence = pair.evidence
    on = f" (on {images_text(evidence.images, evidence.units)})"
    if not untargeted:
        opening = "No untargeted attack was run, so nothing is known of a masked gradient."
    elif evidence.units < 2:
        opening = f"Too few images to say whether the CRF masks the gradient{on}."
    elif len(masked) == len(untargeted):
        opening = f"The CRF masks the gradient{on}."
    elif masked:
        opening = f"The CRF masks the gradient of {', '.join(masked)}{on}."
    elif all(surely_none for _, _, surely_none in judged.values()):
        opening = f"No sign that the CRF masks the gradient{on}."
    else:
        opening = f"It is not certain whether the CRF masks the gradient{on}."
    grounds = [_start(pair), *(told for told, _, _ in judged.values())]
    if left > 95 and evidence.units > 1:
        grounds.append(
            f"A mask was looked for in {tests} ways, and the strongest attacks among {2 * tests}: a mask counts where "
            f"{(100 + masks) / 2:.4g} % of the resamples show it, and what is left of an advantage is said where "
            f"{(100 + left) / 2:.4g} % agree; the intervals above are of 95 %."
        )
    return Masking(opening, tuple(grounds))


def _start(pair: Pair) -> str:
    (loss, _, zeros), (loss_crf, _, zeros_crf) = (pair.start(name, "away")[:, 0] for name in (pair.network, pair.crf))
    zeros_scaled = pair.start(pair.crf, "scaled")[2, 0]
    return (
        f"At the clean image {100 * zeros_crf:.0f} % of the pixels have no gradient ({100 * zeros_scaled:.0f} % on "
        f"scaled logits, {100 * zeros:.0f} % without the CRF), and the loss to the own prediction is {loss_crf:.4f} "
        f"nats ({loss:.4f} without)."
    )


def _attack(pair: Pair, attack: str, masks: float, left: float) -> tuple[str, bool, bool]:
    """(what is known of an attack, means over the epsilons; whether it shows a masked gradient; whether it surely shows
    none, of `MARGIN` points or more). masks, left: levels at which a mask, and what is left of an advantage, count."""
    form = pair.evidence.format
    with_crf, without = (_scores(pair, model, attack) for model in (pair.crf, pair.network))
    own, plain = with_crf[THROUGH], without[AROUND]
    gain, around = own - plain, own - with_crf[AROUND]
    ways = "; ".join(f"{way} {form(score, least=0.0)} %" for way, score in with_crf.items())
    told = [f"{attack} leaves of the clean IoU, {ways}."]
    hidden = _holds(pair, around, masks)
    told.append(
        f"Going around the CRF it takes {form(around, '+.1f')} points more"
        + (": the CRF hides its gradient." if hidden else ".")
    )
    masked, surely_none = hidden, _below_margin(pair, around)
    if THROUGH_SCALED in with_crf:
        helps, helps_without = own - with_crf[THROUGH_SCALED], plain - without[AROUND_SCALED]
        masked |= _holds(pair, helps - helps_without, masks)
        surely_none &= _below_margin(pair, helps - helps_without)
        told.append(
            f"Scaled logits take {form(helps, '+.1f')} points more through the CRF, and {form(helps_without, '+.1f')} "
            "without it."
        )
    rest = _least(with_crf) - _least(without)
    told.append(
        f"By its own gradient the CRF has an advantage of {form(gain, '+.1f')} points, and of {form(rest, '+.1f')} "
        f"where both networks meet the strongest of all these attacks: {_fate(pair, gain, rest, left)}."
    )
    return " ".join(told), masked, surely_none


def _holds(pair: Pair, score: Score, level: float = 95.0) -> bool:
    """Whether a score is surely more than 0."""
    return verdict(score, lambda values: values > 0, pair.evidence.units, level=level) == HOLDS


def _fate(pair: Pair, gain: Score, rest: Score, level: float) -> str:
    """What becomes of the advantage; that it is gone must be as sure as that it remains."""
    if _holds(pair, rest, level):
        return "it remains"
    if not _below_margin(pair, rest, level):
        return "it is not certain what is left"
    if _holds(pair, -rest - MARGIN, level):
        return f"the CRF makes the network less robust, by {MARGIN:g} points or more"
    if _below_margin(pair, gain, level):
        return f"there is none, of {MARGIN:g} points or more"
    return f"less than {MARGIN:g} points of it are left"


def _below_margin(pair: Pair, score: Score, level: float = 95.0) -> bool:
    """Whether a score is surely less than `MARGIN`; of one group of images nothing is sure."""
    _, most = pair.evidence.interval(score, level)
    return most < MARGIN


THROUGH, AROUND = "through the CRF", "with the gradient of the network without the CRF"
THROUGH_SCALED, AROUND_SCALED = f"{THROUGH} on scaled logits", f"{AROUND} on scaled logits"


def _scores(pair: Pair, model: str, attack: str) -> Mapping[str, Score]:
    """IoU ratios of one of the networks under the same attacks, by whose gradient they were made."""
    ways = {THROUGH: pair.ratio(model, attack, pair.crf), AROUND: pair.ratio(model, attack, pair.network)}
    if scaled := pair.scaled.get(attack):
        ways |= {
            THROUGH_SCALED: pair.ratio(model, scaled, pair.crf), AROUND_SCALED: pair.ratio(model, scaled, pair.network)
        }  # fmt: skip
    return ways


def _least(scores: Mapping[str, Score]) -> Score:
    """The least of the scores, found anew in each resample, so its interval knows that it was looked for."""
    return np.min(list(scores.values()), 0)
