"""Does a dense CRF only mask the gradient? A verdict in words (section 8 of the paper, and beyond it).

A masked gradient shows in two ways: an attack that goes around it, by the gradient of the network without the CRF, is
stronger than the CRF's own; and dividing the logits, which undoes their confidence and nothing else, helps the attack
on the network with the CRF by more than it helps on the network without. What an attack finds at its start is told
beside, since confident networks without a CRF have small losses, too.
"""

from collections.abc import Mapping

import numpy as np

from tfadvseg.experiments.crf_claims import Pair, Starts, start_scores
from tfadvseg.experiments.evidence import HOLDS, text, verdict
from tfadvseg.reports.crf import SCALED, UNTARGETED


def masking(pair: Pair, starts: Starts) -> str:
    """The verdict and a list of what it rests on, in Markdown.

    An advantage counts as far as it is left under the strongest of all untargeted attacks that were tried on each
    network.
    """
    untargeted = pair.among(UNTARGETED)
    told = [_start(pair, starts)]
    masked = []
    for attack in untargeted:
        sentence, sign = _attack(pair, attack)
        told.append(sentence)
        masked.append(sign)
    if not untargeted:
        opening = "No untargeted attack was run, so nothing is known of a masked gradient."
    elif all(masked):
        opening = "The CRF masks the gradient."
    elif any(masked):
        opening = f"The CRF masks the gradient of {', '.join(a for a, m in zip(untargeted, masked, strict=True) if m)}."
    else:
        opening = "No sign that the CRF masks the gradient."
    return "\n".join([opening, "", *(f"- {part}" for part in told)])


def _start(pair: Pair, starts: Starts) -> str:
    (loss, _, zeros), (loss_crf, _, zeros_crf) = (
        start_scores(pair.evidence, starts[name]["away"])[:, 0] for name in (pair.unary, pair.crf)
    )
    zeros_scaled = start_scores(pair.evidence, starts[pair.crf]["scaled"])[2, 0]
    return (
        f"At the clean image {100 * zeros_crf:.0f} % of the pixels have no gradient ({100 * zeros_scaled:.0f} % on "
        f"scaled logits, {100 * zeros:.0f} % without the CRF), and the loss to the own prediction is {loss_crf:.4f} "
        f"nats ({loss:.4f} without)."
    )


def _attack(pair: Pair, attack: str) -> tuple[str, bool]:
    """(what is known of an attack, means over the epsilons; whether it shows a masked gradient)."""
    ways, without = _scores(pair, attack)
    own, transfer = ways["its own gradient"], ways["that of the network without the CRF"]
    gain = own - without["as it is"]
    told = [
        f"Of the clean IoU, {attack} leaves by {', '.join(f'{way} {text(score)} %' for way, score in ways.items())}."
    ]
    around = own - transfer
    masked = verdict(around > 0) == HOLDS
    told.append(f"Going around the CRF costs it {text(around, '+.1f')} points more than its own gradient does.")
    if "scaled" in without:
        helps, helps_without = own - ways["its own on scaled logits"], without["as it is"] - without["scaled"]
        masked |= verdict(helps - helps_without > 0) == HOLDS
        told.append(
            f"Scaling costs it {text(helps, '+.1f')} points, and {text(helps_without, '+.1f')} without the CRF."
        )
    left = _least(ways) - _least(without)
    fate = (
        "there is none" if gain[0] <= 0 and left[0] <= 0 else "it remains" if verdict(left > 0) == HOLDS
        else "it is not certain" if left[0] > 0 else "it is gone"
    )  # fmt: skip
    told.append(
        f"By its own gradient the CRF has an advantage of {text(gain, '+.1f')} points, and of {text(left, '+.1f')} "
        f"where both networks meet the strongest of these attacks: {fate}."
    )
    return " ".join(told), masked


def _scores(pair: Pair, attack: str) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """IoU ratios of the network with the CRF and of that without, by how they were attacked."""
    unary, crf = pair.unary, pair.crf
    ways = {"its own gradient": pair.ratio(crf, attack),
            "that of the network without the CRF": pair.ratio(crf, attack, unary)}  # fmt: skip
    without = {"as it is": pair.ratio(unary, attack)}
    scaled = attack + SCALED
    if scaled in pair.attacks:
        ways |= {"its own on scaled logits": pair.ratio(crf, scaled),
                 "that of the network without the CRF on scaled logits": pair.ratio(crf, scaled, unary)}  # fmt: skip
        without["scaled"] = pair.ratio(unary, scaled)
    return ways, without


def _least(scores: Mapping[str, np.ndarray]) -> np.ndarray:
    """The score that is least as measured; its resamples with it."""
    return min(scores.values(), key=lambda score: score[0])
