"""What the paper claims about white-box attacks on any one network (sections 4 and 5), network by network."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.claims import Claim, Judgement, judge
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun

PAIRS = {"FGSM": ("fgsm", "ifgsm"), "FGSM ll": ("fgsm_ll", "ifgsm_ll")}
"""Single-step attacks and their iterative versions."""


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """One network and the white-box attacks on it."""

    evidence: Evidence
    name: str
    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]

    def iou(self, attack: str, epsilon: float) -> Score:
        """IoU under an attack, on clean images at epsilon 0."""
        if epsilon == 0:
            return self.evidence.iou(model=self.name, attack=CLEAN)
        return self.evidence.iou(model=self.name, source_model=self.name, attack=attack, epsilon=epsilon)

    def ratio(self, attack: str, epsilon: float) -> Score:
        """IoU ratio under an attack."""
        return iou_ratio(self.iou(attack, epsilon), self.iou(attack, 0))


def _small_losses(network: Network) -> dict[str, Score]:
    return {attack: network.iou(attack, 0) - network.iou(attack, 0.25) for attack in network.attacks}


def _falls(network: Network) -> dict[str, dict[float, Score]]:
    """How much IoU each epsilon takes beyond the one before it."""
    steps = list(zip((0.0, *network.epsilons), network.epsilons, strict=False))
    return {a: {e: network.iou(a, before) - network.iou(a, e) for before, e in steps} for a in network.attacks}


def _differences_below_one(network: Network) -> dict[str, dict[float, Score]]:
    few = [e for e in network.epsilons if e < 1]
    pairs = {name: pair for name, pair in PAIRS.items() if set(pair) <= set(network.attacks)}
    return {
        name: {e: np.abs(network.iou(one, e) - network.iou(other, e)) for e in few}
        for name, (one, other) in pairs.items()
    }


def _least_likely_against_fgsm(network: Network) -> dict[str, dict[float, Score]]:
    large = [e for e in network.epsilons if e >= 4]
    return {"FGSM - Iterative FGSM ll": {e: network.iou("fgsm", e) - network.iou("ifgsm_ll", e) for e in large}}


def _both_below_one(network: Network) -> str:
    """Whether a single-step attack and its iterative version were run below one level."""
    pairs = [pair for pair in PAIRS.values() if set(pair) <= set(network.attacks)]
    small = any(e < 1 for e in network.epsilons)
    return "" if pairs and small else "needs a single-step attack, its iterative version and an epsilon below 1"


def _at_a_quarter(network: Network) -> str:
    return "" if 0.25 in network.epsilons else "needs epsilon 0.25"


def _fgsm_and_least_likely(network: Network) -> str:
    run = {"fgsm", "ifgsm_ll"} <= set(network.attacks) and any(e >= 4 for e in network.epsilons)
    return "" if run else "needs fgsm and ifgsm_ll at an epsilon of 4 or more"


CLAIMS = (
    Claim("C3", "Single-step and iterative attacks are the same below epsilon 1 (largest difference of IoU)",
          _differences_below_one, at_most=0.0, needs=_both_below_one, each=True, form=".2f",
          least=0.0),
    Claim("C4", "Epsilon 0.25 lowers the IoU under every attack (points lost)", _small_losses, above=0.0,
          needs=_at_a_quarter, form="+.2f"),
    Claim("C5", "A larger epsilon lowers the IoU further (least loss from one epsilon to the next)", _falls, above=0.0,
          each=True, form="+.2f"),
    Claim("C10", "Iterative FGSM ll fools the network more than FGSM from epsilon 4 on (least difference of IoU)",
          _least_likely_against_fgsm, above=0.0, needs=_fgsm_and_least_likely, each=True),
    Claim("C35", "At epsilon 0.25 the network loses at least 9 % of its IoU (IoU ratio)",
          lambda network: {a: network.ratio(a, 0.25) for a in network.attacks}, at_most=91.0, needs=_at_a_quarter,
          form=".1f", least=0.0),
)  # fmt: skip
"""Of the claims that need one network; those that compare networks are in `robustness.architectures`."""


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on every network."""
    models = list(dict.fromkeys(cell.model for cell in run.results.cells if cell.model == cell.source_model))
    attacks = tuple(run.attacks)
    epsilons = tuple(run.epsilons)
    found: list[Judgement] = []
    for name in models:
        network = Network(run.evidence, name, _complete(run, name, attacks, epsilons), epsilons)
        found += judge(CLAIMS, network, name, run.evidence.images, run.evidence.units)
    return found


def _complete(run: FinishedRun, name: str, attacks: Sequence[str], epsilons: Sequence[float]) -> tuple[str, ...]:
    """The attacks that were run at every epsilon; none where there is no epsilon, all having found their own norm."""
    return tuple(
        attack
        for attack in attacks
        if epsilons and all(run.evidence.has(model=name, source_model=name, attack=attack, epsilon=e) for e in epsilons)
    )
