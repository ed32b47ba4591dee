"""What the paper claims about input transforms (section 7), judged on one network under one attack.

J(i, k): IoU behind the transform i, under the attack whose gradients expect the transform k; oblivious attacks expect
none. The claims are about every epsilon from 1 on that was run, C36 about every one up to 1.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfadvseg.runs.results import CLEAN, NONE
from tfadvseg.studies.claims import Claim, Judgement, Parts, judge
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.names import TransformsDesign

PAPERS = ("jpeg", "blur", "hsv", "grayscale")
LITTLE, NOTHING = 5.0, 1.0
"""Points of IoU that the paper's words "marginal" and "not at all" are read as: its own table has 4.2 and 0.2 there."""
ALIKE = 0.75
"""The share of JPEG's gain that is a similar one: that of blur is 0.87 of it in the paper's own table."""
STRONGEST = {"jpeg": "hsv", "blur": "hsv", "hsv": "grayscale", "grayscale": NONE, NONE: "jpeg"}
"""{what stands before the network: what the strongest attack expects that is not made for it}, the bold entries of
Table 2."""
TABLED = 8.0
"""The epsilon of Table 2."""


@dataclasses.dataclass(frozen=True, eq=False)
class Defended:
    """One network behind each of the transforms, and one attack.

    baseline: what stands before the network that is called undefended: a clip to 0..255, where that was run.
    """

    evidence: Evidence
    model: str
    attack: str
    transforms: tuple[str, ...]
    epsilons: tuple[float, ...]
    baseline: str = NONE

    def j(self, inference: str, expected: str, epsilon: float) -> Score:
        """J(i, k) at an epsilon."""
        return self.evidence.iou(**self._cell(inference, expected, epsilon))

    def clean(self, inference: str) -> Score:
        """IoU on clean images behind a transform."""
        return self.evidence.iou(model=self.model, attack=CLEAN, inference_transform=inference)

    def plain(self, epsilon: float) -> Score:
        """J(none, none), behind the baseline."""
        return self.j(self.baseline, NONE, epsilon)

    def gain(self, name: str, epsilon: float) -> Score:
        """What a transform brings against the oblivious attack."""
        return self.j(name, NONE, epsilon) - self.plain(epsilon)

    def left(self, name: str, epsilon: float) -> Score:
        """What it brings against the attack that is adapted to it."""
        return self.j(name, name, epsilon) - self.plain(epsilon)

    def spread(self, name: str, epsilon: float) -> Score:
        """Two standard deviations of J(i, none) over the trials."""
        return self.evidence.spread(**self._cell(name, NONE, epsilon))

    def change(self, name: str) -> Score:
        """What it does to the IoU on clean images."""
        return self.clean(name) - self.clean(self.baseline)

    def met(self, inference: str, expected: str) -> bool:
        """Whether that attack was shown to the network behind that transform."""
        return self.evidence.has(**self._cell(inference, expected, self.epsilons[0]))

    def by_epsilon(self, score: Callable[[float], Score]) -> dict[float, Score]:
        """{epsilon: score}."""
        return {epsilon: score(epsilon) for epsilon in self.epsilons}

    def each(self, score: Callable[[str, float], Score], among: Sequence[str] | None = None) -> Parts:
        """{transform: {epsilon: score}}."""
        chosen = self.transforms if among is None else [name for name in among if name in self.transforms]
        return {name: self.by_epsilon(functools.partial(score, name)) for name in chosen}

    def _cell(self, inference: str, expected: str, epsilon: float) -> dict[str, Any]:
        return {
            "model": self.model,
            "attack": self.attack,
            "epsilon": epsilon,
            "inference_transform": inference,
            "attack_transform": expected,
        }


def _order(defended: Defended) -> Parts:
    """By how much the order jpeg and blur, hsv, grayscale, none is kept, at its weakest place."""

    def margin(epsilon: float) -> Score:
        gains = {name: defended.gain(name, epsilon) for name in PAPERS}
        most = np.minimum(gains["jpeg"], gains["blur"])
        return np.min([most - gains["hsv"], gains["hsv"] - gains["grayscale"], gains["grayscale"]], 0)

    return {"least step": defended.by_epsilon(margin)}


def _order_in_words(defended: Defended) -> str:
    epsilon = max(defended.epsilons)
    gains = {name: defended.gain(name, epsilon) for name in PAPERS}
    ranked = sorted(gains, key=lambda name: -gains[name][0])
    return f"at epsilon {epsilon:g} " + "; ".join(f"{n} {defended.evidence.format(gains[n], '+.1f')}" for n in ranked)


def _steadiness(defended: Defended) -> Parts:
    """How far the effect, whichever its sign, exceeds its spread over the trials."""
    return defended.each(lambda name, e: np.abs(defended.gain(name, e)) - defended.spread(name, e))


def _reaction(defended: Defended) -> Parts:
    return defended.each(lambda name, e: np.abs(defended.gain(name, e)) - np.abs(defended.change(name)))


def _marginal(defended: Defended) -> Parts:
    """Of JPEG and blur what is left beyond a little; of HSV jitter and grayscale what is left beyond nothing."""
    little = defended.each(lambda name, e: defended.left(name, e) - LITTLE, ("jpeg", "blur"))
    nothing = defended.each(lambda name, e: defended.left(name, e) - NOTHING, ("hsv", "grayscale"))
    return {**little, **nothing}


def _marginal_in_words(defended: Defended) -> str:
    epsilon = max(defended.epsilons)
    left = {name: defended.left(name, epsilon) for name in PAPERS if name in defended.transforms}
    told = (f"{name} {defended.evidence.format(score, '+.1f')}" for name, score in left.items())
    return f"left at epsilon {epsilon:g}: {'; '.join(told)}"


def _helpful(defended: Defended) -> list[str]:
    """The transforms that raise the IoU at any epsilon."""
    return [name for name in defended.transforms if any(defended.gain(name, e)[0] > 0 for e in defended.epsilons)]


def _any_helpful(defended: Defended) -> str:
    return "" if _helpful(defended) else "needs a transform that raises the IoU under the oblivious attack"


def _restored(defended: Defended) -> Parts:
    """How much more than half of a transform's gain the adaptive attack takes back; without a ratio, which would
    explode where a gain is near 0."""

    def beyond_half(name: str, epsilon: float) -> Score:
        return defended.j(name, NONE, epsilon) - defended.j(name, name, epsilon) - defended.gain(name, epsilon) / 2

    return defended.each(beyond_half, _helpful(defended))


def _behind(defended: Defended) -> Parts:
    """How much IoU attacks adapted to JPEG or blur leave behind HSV jitter or grayscale beyond those adapted to
    these."""

    def behind(inference: str, expected: str, epsilon: float) -> Score:
        return defended.j(inference, expected, epsilon) - defended.j(inference, inference, epsilon)

    return {
        f"{k} to {i}": defended.by_epsilon(functools.partial(behind, i, k))
        for k in ("jpeg", "blur")
        for i in ("hsv", "grayscale")
        if {i, k} <= set(defended.transforms)
    }


def _abroad(defended: Defended, expected: str, epsilon: float) -> Score:
    """Mean IoU over the other transforms under the attack that is adapted to one."""
    others = [name for name in defended.transforms if name != expected]
    return np.mean([defended.j(name, expected, epsilon) for name in others], 0)


def _best_transfer(defended: Defended) -> Parts:
    others = [name for name in defended.transforms if name != "grayscale"]

    def lead(epsilon: float) -> Score:
        best_of_others = np.min([_abroad(defended, name, epsilon) for name in others], 0)
        return best_of_others - _abroad(defended, "grayscale", epsilon)

    return {"lead of grayscale": defended.by_epsilon(lead)}


def _stronger_without(defended: Defended) -> Parts:
    """What adaptive attacks take from the undefended network beyond the plain attack; of grayscale the reverse."""
    stronger = defended.each(lambda k, e: defended.j(NONE, NONE, e) - defended.j(NONE, k, e), ("jpeg", "blur", "hsv"))
    weaker = defended.each(lambda k, e: defended.j(NONE, k, e) - defended.j(NONE, NONE, e), ("grayscale",))
    return {**stronger, **{f"{name} (weaker)": scores for name, scores in weaker.items()}}


def _relief(defended: Defended) -> Parts:
    """What JPEG brings against the oblivious attack."""
    return defended.each(defended.gain, ("jpeg",))


def _others_of_the_paper(defended: Defended) -> list[str]:
    """Its transforms beside JPEG; any other may be a JPEG of another kind."""
    return [name for name in PAPERS[1:] if name in defended.transforms]


def _where_jpeg_gains(defended: Defended) -> list[float]:
    """The epsilons; elsewhere no gain can be similar to its own."""
    return [epsilon for epsilon in defended.epsilons if defended.gain("jpeg", epsilon)[0] > 0]


def _similar_gain(defended: Defended) -> Parts:
    """How far the largest gain of another transform exceeds most of JPEG's."""

    def beyond(epsilon: float) -> Score:
        gains = [defended.gain(name, epsilon) for name in _others_of_the_paper(defended)]
        return np.max(gains, 0) - ALIKE * defended.gain("jpeg", epsilon)

    return {"best of the others": {epsilon: beyond(epsilon) for epsilon in _where_jpeg_gains(defended)}}


def _strongest_foreign(defended: Defended) -> Parts:
    """By how much the attack that is bold in Table 2 leaves less than any other that is not made for the row."""

    def lead(row: str) -> Score:
        others = [k for k in STRONGEST if k not in (row, STRONGEST[row])]
        least = np.min([defended.j(row, k, TABLED) for k in others], 0)
        return least - defended.j(row, STRONGEST[row], TABLED)

    return {row: lead(row) for row in STRONGEST}


def _pattern(defended: Defended) -> Parts:
    """The least margins of C66, C67 and C68."""
    margins = {"C66": (_behind, LITTLE), "C67": (_best_transfer, 0.0), "C68": (_stronger_without, 0.0)}

    def least(found: Callable[[Defended], Any], bound: float, epsilon: float) -> Score:
        return np.min([part[epsilon] for part in found(defended).values()], 0) - bound

    return {number: defended.by_epsilon(functools.partial(least, *margin)) for number, margin in margins.items()}


def _papers_four(defended: Defended) -> str:
    missing = [name for name in PAPERS if name not in defended.transforms]
    return f"needs the transforms {', '.join(missing)}" if missing else ""


def _three_trials(defended: Defended) -> str:
    spread = defended.spread(defended.transforms[0], defended.epsilons[0])[0]
    return "" if np.isfinite(spread) else "needs 3 trials or more"


def _crossed(defended: Defended) -> str:
    ends = (NONE, *defended.transforms)
    known = all(defended.met(i, k) for k in defended.transforms for i in ends) and len(defended.transforms) > 1
    return "" if known else "needs every adaptive attack behind every transform, as transform_transfer has"


def _jpeg(defended: Defended) -> str:
    return "" if "jpeg" in defended.transforms else "needs the transform jpeg"


def _jpeg_that_gains(defended: Defended) -> str:
    others = "" if _others_of_the_paper(defended) else f"needs one of the transforms {', '.join(PAPERS[1:])}"
    gains = "needs JPEG to raise the IoU under the oblivious attack"
    return _jpeg(defended) or others or ("" if _where_jpeg_gains(defended) else gains)


def _crossed_as_tabled(defended: Defended) -> str:
    tabled = "" if TABLED in defended.epsilons else f"needs epsilon {TABLED:g}"
    return _papers_four(defended) or _crossed(defended) or tabled


def _crossed_over_epsilons(defended: Defended) -> str:
    several = "" if len(defended.epsilons) > 1 else "needs two epsilons of 1 or more"
    return _crossed_to_colour(defended) or _crossed_with_grayscale(defended) or several


def _crossed_to_colour(defended: Defended) -> str:
    return _crossed(defended) or ("" if _behind(defended) else "needs jpeg or blur, and hsv or grayscale")


def _crossed_with_grayscale(defended: Defended) -> str:
    return _crossed(defended) or ("" if "grayscale" in defended.transforms else "needs the transform grayscale")


UP_TO_1 = (
    Claim(
        "C36",
        "JPEG relieves the network of small perturbations: up to epsilon 1 it raises the IoU under an oblivious attack "
        "(points gained)",
        _relief,
        above=0.0,
        needs=_jpeg,
        each=True,
    ),
)
"""About a `Defended` at the epsilons up to 1."""

FROM_1_ON = (
    Claim("C58", "Each transform raises the IoU under an oblivious attack (points gained)",
          lambda d: d.each(d.gain), above=0.0, each=True),
    Claim("C59", "JPEG and blur help most, then HSV jitter, then grayscale (least step of that order)", _order,
          above=0.0, needs=_papers_four, each=True, told=_order_in_words),
    Claim("C60", "The effect varies little over the trials (its size beyond two standard deviations)", _steadiness,
          above=0.0, needs=_three_trials, each=True),
    Claim("C61", "Each transform changes the clean IoU by at most 2 points (size of the change)",
          lambda d: {name: np.abs(d.change(name)) for name in d.transforms}, at_most=2.0, form=".1f",
          least=0.0),
    Claim("C62", "Each transform changes the IoU more on attacked than on clean images (difference of the sizes)",
          _reaction, above=0.0, each=True),
    Claim("C63", f"JPEG is nothing special: another transform brings over {100 * ALIKE:.0f} % of what JPEG brings, "
          "wherever JPEG raises the IoU under an oblivious attack (points beyond that share)", _similar_gain, above=0.0,
          needs=_jpeg_that_gains, each=True),
    Claim("C64", "Against the adaptive attack JPEG and blur bring at most 5 points, HSV jitter and grayscale at most 1",
          _marginal, at_most=0.0, each=True, told=_marginal_in_words),
    Claim("C65", "The adaptive attack takes back over half of each transform's gain (points beyond the half)",
          _restored, above=0.0, needs=_any_helpful, each=True),
    Claim("C66", "Attacks adapted to JPEG or blur transfer badly to HSV jitter and grayscale (more than 5 points "
          "behind)", _behind, above=LITTLE, needs=_crossed_to_colour, each=True),
    Claim("C67", "Attacks adapted to grayscale transfer best to the other transforms (mean IoU below the next best)",
          _best_transfer, above=0.0, needs=_crossed_with_grayscale, each=True),
    Claim("C68", "On the undefended network attacks adapted to JPEG, blur or HSV jitter are stronger than the plain "
          "one, those adapted to grayscale weaker", _stronger_without, above=0.0, needs=_crossed, each=True),
    Claim("C69", "The strongest attack that is not made for it is adapted to HSV jitter before JPEG and blur, to "
          "grayscale before HSV jitter, to nothing before grayscale, to JPEG before nothing (points of IoU below the "
          f"next, at epsilon {TABLED:g})", _strongest_foreign, above=0.0, needs=_crossed_as_tabled),
    Claim("C70", "C66, C67 and C68 hold in all their parts at every epsilon (least points beyond their bounds)",
          _pattern, above=0.0, needs=_crossed_over_epsilons, each=True),
)  # fmt: skip
"""About a `Defended` at the epsilons from 1 on."""

CLAIMS = (*UP_TO_1, *FROM_1_ON)


TOO_LARGE, TOO_SMALL = "needs an epsilon of 1 or less", "needs an epsilon of 1 or more"


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on every network and attack; what is about epsilons of which none was run is not measured."""
    design, epsilons = run.designed(TransformsDesign), run.epsilons
    groups = [
        _of(UP_TO_1, tuple(e for e in epsilons if e <= 1), TOO_LARGE),
        _of(FROM_1_ON, tuple(e for e in epsilons if e >= 1), TOO_SMALL),
    ]
    found: list[Judgement] = []
    for model in design.models:
        for attack in run.attacks:
            if not all(run.evidence.has(model=model, attack=attack, epsilon=e) for e in epsilons):
                continue  # it finds its own norm
            for claims, about in groups:
                subject = Defended(run.evidence, model, attack, design.transforms, about, design.baseline)
                found += judge(claims, subject, f"{model}, {attack}", run.evidence.images, run.evidence.units)
    return found


def _of(claims: Sequence[Claim], about: tuple[float, ...], missing: str) -> tuple[Sequence[Claim], tuple[float, ...]]:
    """(claims, the epsilons that they are about); not one of them can be measured where there are none."""
    return claims if about else [dataclasses.replace(claim, needs=lambda _: missing) for claim in claims], about
