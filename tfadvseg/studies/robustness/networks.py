"""All networks of a run under the white-box attacks that each of them met, to be compared with each other."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.claims import Cell
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.robustness.facts import Facts, facts_of
from tfadvseg.studies.run import FinishedRun


@dataclasses.dataclass(frozen=True, eq=False)
class Networks:
    """facts: {network: what is known of it}. attacks, epsilons: those at which all of them were attacked.

    Scores of all networks are [V, 1 + R], in the order of `facts`.
    """

    evidence: Evidence
    facts: Mapping[str, Facts]
    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]

    @property
    def names(self) -> list[str]:
        """As the run calls them."""
        return list(self.facts)

    @functools.cached_property
    def clean(self) -> np.ndarray:
        """IoU on clean images."""
        return np.stack([self.evidence.iou(model=name, attack=CLEAN) for name in self.facts])

    @functools.cached_property
    def _attacked(self) -> dict[Cell, np.ndarray]:
        def of(attack: str, epsilon: float) -> np.ndarray:
            made = {"attack": attack, "epsilon": epsilon}
            return np.stack([self.evidence.iou(model=name, source_model=name, **made) for name in self.facts])

        return {(attack, epsilon): of(attack, epsilon) for attack in self.attacks for epsilon in self.epsilons}

    def iou(self, attack: str, epsilon: float) -> np.ndarray:
        """IoU under an attack."""
        return self._attacked[attack, epsilon]

    def ratio(self, attack: str, epsilon: float) -> np.ndarray:
        """IoU ratio under an attack."""
        return iou_ratio(self.iou(attack, epsilon), self.clean)

    def where(self, test: Callable[[Facts], object]) -> list[int]:
        """Places of the networks of which something holds."""
        return [place for place, facts in enumerate(self.facts.values()) if test(facts)]

    def of(self, architecture: str) -> int:
        """The place of the one network of that architecture."""
        (place,) = self.where(lambda facts: facts.architecture == architecture)
        return place

    def twice(self, test: Callable[[Facts], object] = lambda facts: True) -> str:
        """Which two of the networks of which something holds are of one architecture, in words; "" where none are."""
        seen: dict[str, str] = {}
        for place in self.where(test):
            name, architecture = self.names[place], self.facts[self.names[place]].architecture
            if architecture in seen:
                return f"{seen[architecture]} and {name} are both {architecture}; run it with one of them"
            if architecture:
                seen[architecture] = name
        return ""

    def by_epsilon(self, score: Callable[[float], Score], at_least: float = 0.0) -> dict[float, Score]:
        """{epsilon: score} from an epsilon on."""
        return {epsilon: score(epsilon) for epsilon in self.epsilons if epsilon >= at_least}

    def by_attack(self, score: Callable[[str, float], Score]) -> dict[str, dict[float, Score]]:
        """{attack: {epsilon: score}}."""
        return {attack: self.by_epsilon(functools.partial(score, attack)) for attack in self.attacks}

    def by_cell(
        self, score: Callable[[str, float], Score], among: Callable[[str, float], bool] = lambda attack, epsilon: True
    ) -> dict[Cell, Score]:
        """{(attack, epsilon): score} of the cells that are meant."""
        return {cell: score(*cell) for cell in self._attacked if among(*cell)}


def lead(scores: np.ndarray, place: int, others: Sequence[int] | None = None) -> Score:
    """By how much the scores [V, 1 + R] of one network lie above the best of others, by default all others."""
    others = [k for k in range(len(scores)) if k != place] if others is None else others
    return scores[place] - scores[others].max(0)


def lead_over(scores: np.ndarray, *by: np.ndarray) -> Score:
    """By how much the best of the scores [V, 1 + R] lies above those of the networks that come first by other scores
    (each [V, 1 + R], or [V, 1] where it is known), these left out; found anew in each resample."""
    first = np.zeros(scores.shape, bool)
    for other in by:
        place = np.broadcast_to(other, scores.shape).argmax(0)
        first[place, np.arange(scores.shape[1])] = True
    return np.where(first, -np.inf, scores).max(0) - np.where(first, scores, -np.inf).max(0)


def networks_of(run: FinishedRun) -> Networks:
    """Those that were attacked by their own gradients within an epsilon, but for those that are known to end in a
    CRF."""
    attacked = dict.fromkeys(
        cell.model for cell in run.results.cells if cell.model == cell.source_model and cell.epsilon
    )
    facts = {name: facts_of(run.design, name) for name in attacked}
    facts = {name: own for name, own in facts.items() if not own.crf}
    epsilons = tuple(run.epsilons)

    def complete(attack: str) -> bool:
        of = [{"model": name, "source_model": name, "attack": attack} for name in facts]
        return bool(epsilons) and all(run.evidence.has(**one, epsilon=e) for one in of for e in epsilons)

    return Networks(run.evidence, facts, tuple(filter(complete, run.attacks)), epsilons)
