"""Whether other CRFs do what that of CRF-RNN does (section 8.2): one after Deeplab v2, and one that was not trained."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.studies.claims import Claim, Judgement, judge
from tfadvseg.studies.crf.claims import Pair, apparent_robustness, black_box, both_kinds, pairs_of, smaller_effect
from tfadvseg.studies.evidence import Score, mean_known
from tfadvseg.studies.run import FinishedRun

DEEPLABS = ("deeplab_v2_multiscale", "deeplab_v2_resnet101", "deeplab_v2_vgg")
"""Deeplab v2 as the paper's tables call it; which of them Figure 10 is of, the paper does not say."""


@dataclasses.dataclass(frozen=True, eq=False)
class Kinds:
    """The pairs of a run whose CRF was trained with its network, and those whose CRF was added afterwards."""

    trained: Sequence[Pair]
    added: Sequence[Pair]


def effects(pair: Pair) -> dict[str, Score]:
    """What C72, C82 and C83 measure, each more than 0 where the claim is true: points of IoU ratio, means over the
    epsilons."""
    by_epsilon = {"C72": apparent_robustness(pair), "C82": black_box(pair)}
    found = {
        f"{number} {attack}": mean_known(list(scores.values()))
        for number, parts in by_epsilon.items()
        for attack, scores in parts.items()
    }
    return {**found, "C83": smaller_effect(pair)}


def agreement(first: Score, second: Score) -> Score:
    """The size of the smaller of two effects; less than 0 where one is above 0 and the other below."""
    return np.minimum(np.abs(first), np.abs(second)) * np.sign(first) * np.sign(second)


def _agreements(kinds: Kinds) -> dict[str, Score]:
    (trained,), (added,) = map(effects, kinds.trained), map(effects, kinds.added)
    return {name: agreement(score, added[name]) for name, score in trained.items()}


def _deeplab(pair: Pair) -> str:
    if pair.form not in DEEPLABS or pair.pair.trained is not False:
        return "needs Deeplab v2 with a CRF that was added to it"
    return both_kinds(pair)


def _one_of_each(kinds: Kinds) -> str:
    if not kinds.trained or not kinds.added:
        return "needs a network that was trained with its CRF and one to which a CRF was added, in one run"
    for pairs in (kinds.trained, kinds.added):
        if len(pairs) > 1:
            return f"{' and '.join(one.network for one in pairs)} have CRFs of one kind; run it with one of them"
    return both_kinds(kinds.trained[0])


OF_A_PAIR = (
    Claim(
        "C85",
        "After Deeplab v2 a CRF that was added to it does the same: C72, C82 and C83 hold (points of IoU ratio, means "
        "over the epsilons)",
        effects,
        above=0.0,
        needs=_deeplab,
    ),
)
"""About a `Pair`."""

OF_BOTH_KINDS = (
    Claim(
        "C86",
        "Whether the CRF was trained with its network makes no difference: the effects of C72, C82 and C83 have the "
        "same sign (points of IoU ratio, the smaller of the two effects)",
        _agreements,
        above=0.0,
        needs=_one_of_each,
    ),
)
"""About `Kinds`."""

CLAIMS = (*OF_A_PAIR, *OF_BOTH_KINDS)


def judged(run: FinishedRun) -> list[Judgement]:
    """Of each pair by itself, then of all of them together."""
    pairs, images = pairs_of(run), (run.evidence.images, run.evidence.units)
    found = [one for pair in pairs for one in judge(OF_A_PAIR, pair, pair.network, *images)]
    kinds = Kinds(*([pair for pair in pairs if pair.pair.trained is kind] for kind in (True, False)))
    return found + judge(OF_BOTH_KINDS, kinds, "All networks together", *images)
