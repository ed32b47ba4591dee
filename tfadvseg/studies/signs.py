"""Signs of a masked gradient, and the verdict that they add up to.

A network whose gradient is masked only looks robust: an attack that follows the gradient goes nowhere. Each sign is a
score that an honest gradient keeps low. What the signs are is a matter of each study: of a CRF, which has the network
without it beside it, and of any one network.

Who looks in many ways finds something by chance, so the more ways there are, the surer each must be (`level_of_each`).
That nothing is masked, all signs must say.
"""

import dataclasses
import enum
from collections.abc import Sequence

from tfadvseg.runs.results import images_text
from tfadvseg.studies.claims import FEWEST, HOLDS, verdict
from tfadvseg.studies.evidence import Evidence, Score

MARGIN = 2.0
"""Points of IoU ratio below which an advantage is none that anybody would want."""


class Found(enum.Enum):
    """What signs add up to."""

    FEW = "too few images"
    MASK = "masks its gradient"
    NONE = "no sign that it masks its gradient"
    UNSURE = "not certain"


@dataclasses.dataclass(frozen=True)
class Masking:
    """opening: the verdict, in sentences. grounds: what it rests on. found: what the signs added up to, None where
    nothing was looked for or that is told elsewhere. weak: the sentence that the attack says too much of the
    robustness, where it does."""

    opening: str
    grounds: tuple[str, ...]
    found: Found | None = None
    weak: str = ""

    @property
    def gravity(self) -> int:
        """Orders verdicts, what to beware of first."""
        order = [Found.MASK, Found.UNSURE, None, Found.FEW, Found.NONE]
        return 2 * order.index(self.found) - bool(self.weak)


@dataclasses.dataclass(frozen=True, eq=False)
class Sign:
    """A score in per cent or points that shows a mask where it is surely more than `above`, and none where it is surely
    less than `below`."""

    score: Score
    above: float = 0.0
    below: float = MARGIN

    def shows(self, evidence: Evidence, level: float) -> bool:
        """Whether it shows a mask; `level` per cent sure."""
        return surely(evidence, self.score - self.above, level)

    def clears(self, evidence: Evidence) -> bool:
        """Whether it shows that there is none."""
        return surely_below(evidence, self.score, self.below)


def found(evidence: Evidence, signs: Sequence[Sign], level: float) -> Found:
    """Of one sign, or of many; level: at which each of them counts."""
    if evidence.units < FEWEST:
        return Found.FEW
    if any(sign.shows(evidence, level) for sign in signs):
        return Found.MASK
    return Found.NONE if all(sign.clears(evidence) for sign in signs) else Found.UNSURE


def opening(evidence: Evidence, who: str, what: Found, gradient: str = "its gradient") -> str:
    """The verdict in a sentence, and how many images it rests on."""
    on = f"(on {images_text(evidence.images, evidence.units)})"
    return {
        Found.FEW: f"Too few images to say whether {who} masks {gradient} {on}.",
        Found.MASK: f"{'T' + who[1:] if who.startswith('the ') else who} masks {gradient} {on}.",
        Found.NONE: f"No sign that {who} masks {gradient} {on}.",
        Found.UNSURE: f"It is not certain whether {who} masks {gradient} {on}.",
    }[what]


def surely(evidence: Evidence, score: Score, level: float = 95.0) -> bool:
    """Whether a score is surely more than 0."""
    return verdict(score, lambda values: values > 0, evidence.units, level=level) == HOLDS


def surely_below(evidence: Evidence, score: Score, bound: float, level: float = 95.0) -> bool:
    """Whether a score is surely less than a bound; of one group of images nothing is sure."""
    _, most = evidence.interval(score, level)
    return most < bound
