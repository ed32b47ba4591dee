"""Does a dense CRF only mask the gradient? A verdict in words (section 8 of the paper, and beyond it).

A masked gradient shows in two ways: an attack that goes around it, by the gradient of the network without the CRF, is
stronger than the CRF's own; and dividing the logits, which undoes their confidence and nothing else, helps the attack
on the network with the CRF by more than it helps on the network without. What an attack finds at its start is told
beside, since confident networks without a CRF have small losses, too.

Who looks in many ways finds something by chance, so the more ways there are, the surer each must be (`studies.signs`).
So it is with what is left of an advantage, for which the strongest of many attacks is picked on either network.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.names import UNTARGETED
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.signs import MARGIN, Masking, Sign, found, opening, surely, surely_below


def masking(pair: Pair) -> Masking:
    """An advantage counts as far as it is left under the strongest of the same attacks on both networks."""
    evidence, untargeted = pair.evidence, pair.among(UNTARGETED)
    if not untargeted:
        return Masking("No untargeted attack was run, so nothing is known of a masked gradient.", (_start(pair),))
    signs = {attack: _signs(pair, attack) for attack in untargeted}
    every = [sign for own in signs.values() for sign in own]
    masks, left = level_of_each(len(every)), level_of_each(2 * len(every))
    masked = [attack for attack, own in signs.items() if any(sign.shows(evidence, masks) for sign in own)]
    of_some = f" of {', '.join(masked)}" if 0 < len(masked) < len(untargeted) else ""
    grounds = [_start(pair), *(_told(pair, attack, own, masks, left) for attack, own in signs.items())]
    if left > 95 and evidence.units > 1:
        grounds.append(
            f"A mask was looked for in {len(every)} ways, and the strongest attacks among {2 * len(every)}: a mask "
            f"counts where an interval of {masks:.4g} % shows it, and what is left of an advantage is said where one "
            f"of {left:.4g} % does; those above are of 95 %."
        )
    told = opening(evidence, "the CRF", found(evidence, every, masks), f"the gradient{of_some}")
    return Masking(told, tuple(grounds))


def _start(pair: Pair) -> str:
    (loss, _, zeros), (loss_crf, _, zeros_crf) = (pair.start(name, "away")[:, 0] for name in (pair.network, pair.crf))
    zeros_scaled = pair.start(pair.crf, "scaled")[2, 0]
    return (
        f"At the clean image {100 * zeros_crf:.0f} % of the pixels have no gradient ({100 * zeros_scaled:.0f} % on "
        f"scaled logits, {100 * zeros:.0f} % without the CRF), and the loss to the own prediction is {loss_crf:.4f} "
        f"nats ({loss:.4f} without)."
    )


def _signs(pair: Pair, attack: str) -> list[Sign]:
    """Means over the epsilons: what going around the CRF takes more, and how much more scaled logits help with it."""
    with_crf, without = (_scores(pair, model, attack) for model in (pair.crf, pair.network))
    signs = [Sign(with_crf[THROUGH] - with_crf[AROUND])]
    if THROUGH_SCALED in with_crf:
        helps, helps_without = _help_of_scaling(with_crf, without)
        signs.append(Sign(helps - helps_without))
    return signs


def _help_of_scaling(with_crf: Mapping[str, Score], without: Mapping[str, Score]) -> tuple[Score, Score]:
    """(Points that scaled logits take more through the CRF, and without it)."""
    return with_crf[THROUGH] - with_crf[THROUGH_SCALED], without[AROUND] - without[AROUND_SCALED]


def _told(pair: Pair, attack: str, signs: Sequence[Sign], masks: float, left: float) -> str:
    """What is known of an attack. masks, left: levels at which a mask, and what is left of an advantage, count."""
    form, around = pair.evidence.format, signs[0]
    with_crf, without = (_scores(pair, model, attack) for model in (pair.crf, pair.network))
    ways = "; ".join(f"{way} {form(score, least=0.0)} %" for way, score in with_crf.items())
    told = [
        f"{attack} leaves of the clean IoU, {ways}.",
        f"Going around the CRF it takes {form(around.score, '+.1f')} points more"
        + (": the CRF hides its gradient." if around.shows(pair.evidence, masks) else "."),
    ]
    if THROUGH_SCALED in with_crf:
        helps, helps_without = _help_of_scaling(with_crf, without)
        told.append(
            f"Scaled logits take {form(helps, '+.1f')} points more through the CRF, and {form(helps_without, '+.1f')} "
            "without it."
        )
    gain, rest = with_crf[THROUGH] - without[AROUND], _least(with_crf) - _least(without)
    told.append(
        f"By its own gradient the CRF has an advantage of {form(gain, '+.1f')} points, and of {form(rest, '+.1f')} "
        f"where both networks meet the strongest of all these attacks: {_fate(pair, gain, rest, left)}."
    )
    return " ".join(told)


def _fate(pair: Pair, gain: Score, rest: Score, level: float) -> str:
    """What becomes of the advantage; that it is gone must be as sure as that it remains."""
    evidence = pair.evidence
    if surely(evidence, rest, level):
        return "it remains"
    if not surely_below(evidence, rest, MARGIN, level):
        return "it is not certain what is left"
    if surely(evidence, -rest - MARGIN, level):
        return f"the CRF makes the network less robust, by {MARGIN:g} points or more"
    if surely_below(evidence, gain, MARGIN, level):
        return f"there is none, of {MARGIN:g} points or more"
    return f"less than {MARGIN:g} points of it are left"


THROUGH, AROUND = "through the CRF", "with the gradient of the network without the CRF"
THROUGH_SCALED, AROUND_SCALED = f"{THROUGH} on scaled logits", f"{AROUND} on scaled logits"


def _scores(pair: Pair, model: str, attack: str) -> Mapping[str, Score]:
    """IoU ratios of one of the networks under the same attacks, by whose gradient they were made."""
    ways = {THROUGH: pair.ratio(model, attack, pair.crf), AROUND: pair.ratio(model, attack, pair.network)}
    if scaled := pair.scaled.get(attack):
        ways |= {
            THROUGH_SCALED: pair.ratio(model, scaled, pair.crf),
            AROUND_SCALED: pair.ratio(model, scaled, pair.network),
        }
    return ways


def _least(scores: Mapping[str, Score]) -> Score:
    """The least of the scores, found anew in each resample, so its interval knows that it was looked for."""
    return np.min(list(scores.values()), 0)
