"""Does a model mask its gradient? Signs after Athalye et al. (2018) and Carlini et al. (2019), each with its numbers.

Those that count points are of IoU ratio: how much less another attack leaves of the clean IoU than the one that is
doubted. A better use of the same gradient, by more steps or another loss, is no sign of a mask where it helps a little:
of the two networks of the scenes, of which nothing else shows one, scaled logits take 15 and 19 points more (presumably
since cross-entropy spends its gradient on pixels that are lost already). It is told beside the verdict, since the
number is too good all the same. Where it takes `FAR` points more, the loss that was followed hid the way.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.runs.initial_gradients import FLOOR, of
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.masking.names import BLIND, LARGE, NOISE, STRONGER, Battery, Try
from tfadvseg.studies.signs import MARGIN, Found, Masking, Sign, found, opening

STILL, FLOORED = 5.0, 1.0
"""Per cent of the pixels that may be without a gradient at the clean image, and have a class of probability 0."""
LEFT = 5.0
"""Per cent of the clean IoU that may be left at an epsilon that nothing withstands."""
FAR = 30.0
"""Points that a better use of the gradient takes of no honest network: half as much again as the most that was seen."""


@dataclasses.dataclass(frozen=True, eq=False)
class Suspect:
    """A model in the evidence of one run. starts: of all models, as `runs.initial_gradients` has them."""

    evidence: Evidence
    name: str
    battery: Battery
    starts: Mapping[str, np.ndarray]

    def left(self, attack: str, epsilon: float, source: str = "") -> Score:
        """IoU ratio under an attack on `source`, by default the model itself."""
        made_on = source or self.name
        return self.evidence.ratio(model=self.name, source_model=made_on, attack=attack, epsilon=epsilon)

    @property
    def plain(self) -> Score:
        """Under the attack that is doubted."""
        return self.left(self.battery.plain, self.battery.epsilon)

    @property
    def others(self) -> list[str]:
        """Models whose perturbations it was shown."""
        cells = self.evidence.results.cells
        return list(dict.fromkeys(c.source_model for c in cells if c.model == self.name != c.source_model))

    @property
    def tries(self) -> list[Try]:
        """Those that it was attacked by."""
        own = {"model": self.name, "source_model": self.name}
        return [one for one in self.battery.tries if self.evidence.has(**own, attack=one.name, epsilon=one.epsilon)]


@dataclasses.dataclass(frozen=True, eq=False)
class Clue:
    """mask: a sign of one; told: what was found, a clause; remedy: what to do where it shows. weak: a sign that the
    attack that is doubted was weak, which many are without a mask."""

    mask: Sign
    told: str
    remedy: str
    weak: Sign | None = None

    def shows(self, evidence: Evidence, level: float) -> bool:
        """Whether the attack says too much of the robustness, masked or weak."""
        return any(sign.shows(evidence, level) for sign in (self.mask, self.weak) if sign)


def masking(suspect: Suspect) -> Masking:
    """The verdict, what to do, and a sentence for each sign."""
    evidence, clues = suspect.evidence, clues_of(suspect)
    level = level_of_each(len(clues))
    what = found(evidence, [clue.mask for clue in clues], level)
    shown = [clue for clue in clues if clue.shows(evidence, level)]
    left = evidence.format(suspect.plain, least=0.0)
    told = [
        opening(evidence, suspect.name, what),
        f"{suspect.battery.plain} at epsilon {suspect.battery.epsilon:g} leaves {left} % of the clean IoU.",
    ]
    if what == Found.UNSURE:
        told.append("More images would say more.")
    weak = ""
    if shown:
        anyway = "" if what == Found.MASK else ", since the attack was weak"
        weak = f"That says too much of its robustness{anyway}; attack it with {_listed(c.remedy for c in shown)}."
        told.append(weak)
    grounds = [f"{clue.told}: {_says(clue, evidence, level)}." for clue in clues]
    if level > 95 and evidence.units > 1:
        grounds.append(
            f"A mask or a weak attack was looked for in {len(clues)} ways, so a find counts where an interval "
            f"of {level:.4g} % shows it; those above are of 95 %."
        )
    return Masking(" ".join(told), tuple(grounds), what, weak)


def _says(clue: Clue, evidence: Evidence, level: float) -> str:
    if clue.mask.shows(evidence, level):
        return "a sign of a mask"
    if clue.weak and clue.weak.shows(evidence, level):
        return "the attack was weak"
    if clue.weak and clue.weak.clears(evidence):
        return "no stronger"
    return "no sign of a mask" if clue.mask.clears(evidence) and not clue.weak else "not certain"


def _listed(remedies: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(remedies))


def clues_of(suspect: Suspect) -> list[Clue]:
    """Every sign that the run allows to look for."""
    clues = [_start(suspect)]
    if f"{suspect.name}/{FLOOR}" in suspect.starts:
        clues.append(_probabilities(suspect))
    clues += [_transferred(suspect, source) for source in suspect.others]
    return clues + [BY_KIND[one.kind](suspect, one) for one in suspect.tries]


def _start(suspect: Suspect) -> Clue:
    """Where the gradient is zero, an attack by it stands still."""
    still = 100 * suspect.evidence.over_images(of(suspect.starts, suspect.name, "away"))[2]
    told = f"At the clean image {suspect.evidence.format(still, least=0.0)} % of the pixels have no gradient"
    return Clue(Sign(still, STILL, STILL), told, "what needs no gradient at the image, --start=uniform or another loss")


def _probabilities(suspect: Suspect) -> Clue:
    """Probabilities round to 0 where logits do not."""
    share = 100 * suspect.evidence.over_images(of(suspect.starts, suspect.name, FLOOR))[0]
    told = (
        f"It returns probabilities and not logits, and {suspect.evidence.format(share, least=0.0)} % of the pixels "
        "have a class of probability 0"
    )
    return Clue(Sign(share, FLOORED, FLOORED), told, "its logits, exported in place of its probabilities")


def _transferred(suspect: Suspect, source: str) -> Clue:
    """Nothing that was made without the gradient should be stronger."""
    gain = suspect.plain - suspect.left(suspect.battery.plain, suspect.battery.epsilon, source)
    told = f"The same attack made on {source} takes {suspect.evidence.format(gain, '+.1f')} points more"
    return Clue(Sign(gain), told, f"what is made on {source} (pipelines.transfer)")


def _blind(suspect: Suspect, one: Try) -> Clue:
    """What does without the gradient should be no stronger than what follows it."""
    return dataclasses.replace(_stronger(suspect, one), mask=Sign(_gain(suspect, one)), weak=None)


def _stronger(suspect: Suspect, one: Try) -> Clue:
    """More of the same, or another loss."""
    gain = _gain(suspect, one)
    told = f"{_capital(one.what)} take{_s(one)} {suspect.evidence.format(gain, '+.1f')} points more"
    return Clue(Sign(gain, FAR, FAR), told, one.remedy, weak=Sign(gain, MARGIN, MARGIN))


def _large(suspect: Suspect, one: Try) -> Clue:
    left = suspect.left(one.name, one.epsilon)
    told = f"{_capital(one.what)} leave {suspect.evidence.format(left, least=0.0)} % of the clean IoU"
    return Clue(Sign(left, LEFT, LEFT), told, one.remedy)


def _noise(suspect: Suspect, one: Try) -> Clue:
    """An attack must beat chance, unless chance leaves nothing to beat it by."""
    noise = suspect.left(one.name, one.epsilon)
    lead = noise - suspect.plain
    told = (
        f"{_capital(one.what)} leaves {suspect.evidence.format(noise, least=0.0)} % of the clean IoU, and the attack "
        f"takes {suspect.evidence.format(lead, '+.1f')} points more than it"
    )
    return Clue(Sign(np.minimum(-lead, noise - LEFT), 0.0, 0.0), told, one.remedy)


BY_KIND: Mapping[str, Callable[[Suspect, Try], Clue]] = {
    STRONGER: _stronger,
    BLIND: _blind,
    LARGE: _large,
    NOISE: _noise,
}


def _gain(suspect: Suspect, one: Try) -> Score:
    return suspect.plain - suspect.left(one.name, one.epsilon)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _s(one: Try) -> str:
    return "" if one.what[0].isdigit() else "s"
