"""Does a dense CRF only mask the gradient? A verdict in words (section 8 of the paper, and beyond it).

A masked gradient shows in two ways: an attack that goes around it, by the gradient of the network without the CRF, is
stronger than the CRF's own; and dividing the logits, which undoes their confidence and nothing else, helps the attack
on the network with the CRF by more than it helps on the network without. What an attack finds at its start is told
beside, since confident networks without a CRF have small losses, too.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfadvseg.studies.claims import HOLDS, verdict
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.names import UNTARGETED
from tfadvseg.studies.evidence import Score, format_score


@dataclasses.dataclass(frozen=True)
class Masking:
    """opening: the verdict, a sentence. grounds: what it rests on."""

    opening: str
    grounds: tuple[str, ...]


def masking(pair: Pair) -> Masking:
    """An advantage counts as far as it is left under the strongest of all untargeted attacks that were tried on each
    network."""
    untargeted = pair.among(UNTARGETED)
    judged = {attack: _attack(pair, attack) for attack in untargeted}
    masked = [attack for attack, (_, sign) in judged.items() if sign]
    if not untargeted:
        opening = "No untargeted attack was run, so nothing is known of a masked gradient."
    elif len(masked) == len(untargeted):
        opening = "The CRF masks the gradient."
    elif masked:
        opening = f"The CRF masks the gradient of {', '.join(masked)}."
    else:
        opening = "No sign that the CRF masks the gradient."
    return Masking(opening, (_start(pair), *(told for told, _ in judged.values())))


def _start(pair: Pair) -> str:
    (loss, _, zeros), (loss_crf, _, zeros_crf) = (pair.start(name, "away")[:, 0] for name in (pair.network, pair.crf))
    zeros_scaled = pair.start(pair.crf, "scaled")[2, 0]
    return (
        f"At the clean image {100 * zeros_crf:.0f} % of the pixels have no gradient ({100 * zeros_scaled:.0f} % on "
        f"scaled logits, {100 * zeros:.0f} % without the CRF), and the loss to the own prediction is {loss_crf:.4f} "
        f"nats ({loss:.4f} without)."
    )


def _attack(pair: Pair, attack: str) -> tuple[str, bool]:
    """(what is known of an attack, means over the epsilons; whether it shows a masked gradient)."""
    with_crf, without = _scores(pair, attack)
    own, transfer = with_crf["through the CRF"], with_crf["with the gradient of the network without the CRF"]
    gain, around = own - without["as it is"], own - transfer
    ways = "; ".join(f"{way} {format_score(score)} %" for way, score in with_crf.items())
    told = [f"{attack} leaves of the clean IoU, {ways}."]
    hidden = verdict(around > 0) == HOLDS
    told.append(
        f"Going around the CRF it takes {format_score(around, '+.1f')} points more"
        + (": the CRF hides its gradient." if hidden else ".")
    )
    masked = hidden
    if "scaled" in without:
        helps = own - with_crf["through the CRF on scaled logits"]
        helps_without = without["as it is"] - without["scaled"]
        masked |= verdict(helps - helps_without > 0) == HOLDS
        told.append(
            f"Scaled logits take {format_score(helps, '+.1f')} points more through the CRF, and "
            f"{format_score(helps_without, '+.1f')} without it."
        )
    left = _least(with_crf) - _least(without)
    told.append(
        f"By its own gradient the CRF has an advantage of {format_score(gain, '+.1f')} points, and of "
        f"{format_score(left, '+.1f')} where both networks meet the strongest of these attacks: {_fate(gain, left)}."
    )
    return " ".join(told), masked


def _fate(gain: Score, left: Score) -> str:
    """What becomes of the advantage."""
    if gain[0] <= 0 and left[0] <= 0:
        return "there is none"
    if verdict(left > 0) == HOLDS:
        return "it remains"
    return "it is not certain" if left[0] > 0 else "it is gone"


def _scores(pair: Pair, attack: str) -> tuple[Mapping[str, Score], Mapping[str, Score]]:
    """IoU ratios of the network with the CRF and of that without, by how they were attacked."""
    crf, network, scaled = pair.crf, pair.network, pair.scaled.get(attack)
    with_crf = {
        "through the CRF": pair.ratio(crf, attack),
        "with the gradient of the network without the CRF": pair.ratio(crf, attack, network),
    }
    without = {"as it is": pair.ratio(network, attack)}
    if scaled:
        with_crf |= {
            "through the CRF on scaled logits": pair.ratio(crf, scaled),
            "with the gradient of the network without the CRF on scaled logits": pair.ratio(crf, scaled, network),
        }
        without["scaled"] = pair.ratio(network, scaled)
    return with_crf, without


def _least(scores: Mapping[str, Score]) -> Score:
    """The score that is least as measured; its resamples with it."""
    return min(scores.values(), key=lambda score: float(np.asarray(score)[0]))
