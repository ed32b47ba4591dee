"""Claims about dense CRFs, each brought to its bound."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from claim_case import Case, Margin, named
from made_up import CRF, NET, OPPOSITE, Answer, PerImage, clean_iou, of_ratio, pair

from tfadvseg.studies.crf.alike import DEEPLABS, Kinds
from tfadvseg.studies.crf.claims import Pair

EPSILONS = (1.0, 8.0)
Attacked = dict[tuple[str, str, str, float], Answer]
"""{(model, source, attack, epsilon): answer}."""


def both(attack: str, epsilon: float, without: PerImage, with_crf: PerImage) -> Attacked:
    """White-box attacks on the network without the CRF and with it, and the ratios that they leave."""
    return {
        (NET, NET, attack, epsilon): of_ratio(NET, without),
        (CRF, CRF, attack, epsilon): of_ratio(CRF, with_crf),
        (CRF, NET, attack, epsilon): of_ratio(CRF, 30.0),
    }


def c72(margin: Margin) -> Pair:
    """Ratios of 40 without the CRF; on targeted attacks the claim says nothing."""
    attacked: Attacked = {}
    for e in EPSILONS:
        for attack in ("fgsm", "ifgsm"):
            attacked |= both(attack, e, 40.0, 40 + margin(attack, e))
        attacked |= both("fgsm_ll", e, 40.0, 20.0)
    return pair(attacked)


def c77(margin: Margin) -> Pair:
    """On clean images 95 % and 0.5 nats without the CRF; entropies are told in hundredths of a nat."""
    surer = Answer(80.0, 95 + margin("confidence", 0), 0.5 - margin("100 x -entropy", 0) / 100)
    return pair(both("fgsm", 8.0, 40.0, 40.0), {CRF: surer})


def c81(margin: Margin) -> Pair:
    """What attacks away from the prediction start from; other objectives say the opposite."""
    without, opposite = (5.0, 4.0, 0.2), (9.0, 9.0, 0.0)
    loss, norm, zeros = (margin(name, 0) for name in ("loss", "gradient", "no gradient"))
    starts = {"net/away": without, "net+crf/away": (5 - loss, 4 - norm, 0.2 + zeros), "net+crf/toward": opposite}
    return pair(both("fgsm", 8.0, 40.0, 40.0), starts=starts)


def c82(margin: Margin) -> Pair:
    """Attacks on the network without the CRF, shown to the one with it, whose own attacks leave 40."""
    attacked: Attacked = {}
    for e in EPSILONS:
        for attack in ("fgsm", "ifgsm"):
            attacked |= both(attack, e, 20.0, 40.0)
            attacked[CRF, NET, attack, e] = of_ratio(CRF, 40 - margin(attack, e))
        attacked |= both("fgsm_ll", e, 20.0, 40.0) | {(CRF, NET, "fgsm_ll", e): of_ratio(CRF, 60.0)}
    return pair(attacked)


def c83(sign: int) -> Case:
    """Targeted effects of 4 points, half of them upwards; untargeted ones upwards for FGSM, downwards for its
    iterations, or the other way round."""
    quantity = "untargeted - targeted"

    def build(margin: Margin) -> Pair:
        attacked: Attacked = {}
        for e in EPSILONS:
            for attack, up in (("fgsm", sign), ("ifgsm", -sign)):
                attacked |= both(attack, e, 40.0, 40 + up * (4 + margin(quantity, e)))
            for attack, up in (("fgsm_ll", -1), ("ifgsm_ll", 1)):
                attacked |= both(attack, e, 40.0, 40.0 + up * 4)
        return pair(attacked)

    return Case(build, named(quantity), EPSILONS, name="fgsm upwards" if sign > 0 else "fgsm downwards")


def c84(margin: Margin) -> Pair:
    """Behind the CRF 10 times the untargeted loss and 2 times its gradient; the network without it says nothing."""
    toward = (20 + margin("loss", 0), 6 + margin("gradient", 0), 0.0)
    starts = {"net+crf/away": (2.0, 3.0, 0.5), "net+crf/toward": toward, "net/toward": (0.0, 0.0, 0.0)}
    return pair(both("fgsm", 8.0, 40.0, 40.0), starts=starts)


def of_kind(subject: Pair, form: str, trained: bool | None) -> Pair:
    """The pair, of a network that the paper calls so and a CRF that was trained with it or not."""
    return dataclasses.replace(subject, form=form, pair=dataclasses.replace(subject.pair, trained=trained))


def with_effects(effect: Callable[[str], PerImage]) -> Pair:
    """A pair whose effects in C72, C82 and C83 are the ones asked for, in points of IoU ratio.

    What the CRF brings against untargeted attacks is 30 points beyond the effect at one epsilon and 30 below it at the
    other, so its size is 30 on average, whatever the effect. Half of the targeted attacks gain what the others lose."""
    attacked: Attacked = {}
    for e, aside in zip(EPSILONS, (30, -30), strict=True):
        for attack in ("fgsm", "ifgsm"):
            own = 40 + aside + effect(f"C72 {attack}")
            attacked |= both(attack, e, 40.0, own) | {
                (CRF, NET, attack, e): of_ratio(CRF, own - effect(f"C82 {attack}"))
            }
        for attack, up in (("fgsm_ll", -1), ("ifgsm_ll", 1)):
            attacked |= both(attack, e, 40.0, 40 + up * (30 - effect("C83")))
    return pair(attacked)


EFFECTS = ("C72 fgsm", "C72 ifgsm", "C82 fgsm", "C82 ifgsm", "C83")


def c85(form: str) -> Case:
    """Each of the Deeplabs."""

    def build(margin: Margin) -> Pair:
        return of_kind(with_effects(lambda name: margin(name, 0)), form, False)

    return Case(build, named(*EFFECTS), name=form)


def c86(sign: int, first: bool) -> Case:
    """One pair has effects of 5 points, upwards or downwards, the other smaller ones. first: whether the CRF of the
    former was trained with its network."""

    def build(margin: Margin) -> Kinds:
        pairs = with_effects(lambda name: sign * 5.0), with_effects(lambda name: sign * margin(name, 0))
        trained, added = pairs if first else pairs[::-1]
        return Kinds([trained], [added])

    return Case(build, named(*EFFECTS), name=f"{sign:+}, {'added' if first else 'trained'} smaller")


def c87(margin: Margin) -> Pair:
    """Clean 50 without the CRF."""
    return pair(both("fgsm", 8.0, 40.0, 40.0), {CRF: Answer(50 + margin("IoU", 0))})


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Of two orders without ties, from the squares of their ranks' differences."""
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    n = len(first)
    return 1 - 6 * float(((ranks[0] - ranks[1]) ** 2).sum()) / (n * (n * n - 1))


@functools.cache
def _order(parameters: tuple[tuple[float, ...], ...], correlations: tuple[float, ...]) -> tuple[int, ...]:
    """Ranks of variants which have these rank correlations with their parameters."""
    for ranks in itertools.permutations(range(len(parameters[0]))):
        found = [spearman(values, ranks) for values in parameters]
        if np.allclose(found, correlations):
            return ranks
    raise ValueError(f"No order of the variants has the rank correlations {correlations} with {parameters}.")


def ranked(parameters: Sequence[Sequence[float]], correlations: Sequence[PerImage]) -> list[PerImage]:
    """A number of each variant, 0 to 4, whose rank correlation with each of some parameters is the one asked for.

    Correlations by image, of which only the signs count, are the same for all parameters.
    """
    rows = tuple(map(tuple, parameters))
    if not isinstance(correlations[0], np.ndarray):
        return list(_order(rows, tuple(correlations)))
    return [correlations[0] * rank for rank in _order(rows, (1.0,) if len(rows) == 1 else (0.3, 0.3))]


def of_ranks(build: Callable[[Margin], Pair], *parts: str, epsilons: tuple[float, ...] = ()) -> Case:
    """A case whose scores are rank correlations of five variants: tenths."""
    divided = (OPPOSITE + 0.1, OPPOSITE - 0.1)
    return Case(build, named(*parts), epsilons, small=0.1, large=0.4, beyond=(-0.6, -0.2), divided=divided)


Sweep = Mapping[str, Mapping[str, float]]

ALPHAS = {f"alpha{i}": {"theta_alpha": v} for i, v in enumerate((20.0, 1.0, 160.0, 5.0, 80.0))}
BETAS = {f"beta{i}": {"theta_beta": v} for i, v in enumerate((3.0, 20.0, 1.0, 10.0, 2.0))}
GAMMAS = {f"gamma{i}": {"spatial_weight": 3.0, "theta_gamma": v} for i, v in enumerate((5.0, 1.0, 20.0, 10.0, 3.0))}
GRID = {
    f"grid{i}": {"spatial_weight": weight, "theta_gamma": gamma}
    for i, (weight, gamma) in enumerate(((1, 9), (3, 5), (5, 7), (7, 1), (9, 3)))
}


Ratios = dict[tuple[str, float], PerImage]
"""{(variant, epsilon): IoU ratio}."""


def own_fgsm(ratios: Ratios) -> Attacked:
    """FGSM on variants themselves."""
    return {(model, model, "fgsm", e): of_ratio(model, ratio) for (model, e), ratio in ratios.items()}


def column(variants: Sweep, parameter: str) -> list[float]:
    """Its values."""
    return [moved[parameter] for moved in variants.values()]


def c73(margin: Margin) -> Pair:
    """Each theta by itself: its correlation with the ratio is the margin, turned round."""
    ratios: Ratios = {}
    for parameter, variants in (("theta_alpha", ALPHAS), ("theta_beta", BETAS), ("theta_gamma", GAMMAS)):
        for e in EPSILONS:
            ranks = ranked([column(variants, parameter)], [-margin(parameter, e)])
            ratios |= {(model, e): 40 + rank for model, rank in zip(variants, ranks, strict=True)}
    return pair(own_fgsm(ratios), variants=ALPHAS | BETAS | GAMMAS)


def c74(margin: Margin) -> Pair:
    """At two epsilons 5 is the most robust, at one 160; at the last 1 leads 20 by the margin."""
    models = dict(zip(column(ALPHAS, "theta_alpha"), ALPHAS, strict=True))
    ratios: Ratios = {(model, e): 30.0 for model in ALPHAS for e in (1.0, 2.0, 4.0, 8.0)}
    ratios |= {(models[5.0], 1.0): 40.0, (models[5.0], 2.0): 40.0, (models[160.0], 4.0): 40.0}
    ratios |= {(models[20.0], 8.0): 40.0, (models[1.0], 8.0): 40.0 + margin("", 0)}
    return pair(own_fgsm(ratios), variants=ALPHAS)


def c75(margin: Margin) -> Pair:
    """Of a grid, on which the weight goes with a smaller theta_gamma, but not wholly."""
    parameters = [column(GRID, "spatial_weight"), [-gamma for gamma in column(GRID, "theta_gamma")]]
    ratios: Ratios = {}
    for e in EPSILONS:
        ranks = ranked(parameters, [margin(name, e) for name in ("spatial_weight", "-theta_gamma")])
        ratios |= {(model, e): 40 + rank for model, rank in zip(GRID, ranks, strict=True)}
    return pair(own_fgsm(ratios), variants=GRID)


def c76(margin: Margin) -> Pair:
    """Boundaries on clean images."""
    ranks = ranked([column(ALPHAS, "theta_alpha")], [-margin("theta_alpha", 0)])
    clean = {model: Answer(clean_iou(model), boundaries=10 + rank) for model, rank in zip(ALPHAS, ranks, strict=True)}
    return pair(own_fgsm(dict.fromkeys([(model, 8.0) for model in ALPHAS], 30.0)), clean, ALPHAS)


CERTAIN = ("alpha0", "alpha1")
ALWAYS = (0.0, *EPSILONS)


def certain(surety: Callable[[str, float], Answer]) -> Pair:
    """Two variants and the network under FGSM and, at epsilon 0, on clean images."""
    models = (*CERTAIN, NET)
    attacked = {(model, model, "fgsm", e): surety(model, e) for model in models for e in EPSILONS}
    return pair(attacked, {model: surety(model, 0) for model in models}, {name: ALPHAS[name] for name in CERTAIN})


def c78(margin: Margin) -> Pair:
    """Beyond the network's confidence and below its entropy, which differ from epsilon to epsilon."""

    def surety(model: str, e: float) -> Answer:
        confidence, entropy = 90 - e, 0.5 + e / 10
        if model == NET:
            return Answer(30.0, confidence, entropy)
        lead, fall = margin(f"confidence of {model}", e), margin(f"entropy of {model}", e)
        return Answer(30.0, confidence + lead, entropy - fall)

    return certain(surety)


def c79(margin: Margin) -> Pair:
    """The robust order is that of the variants at one epsilon and its reverse at the other."""
    attacked: Attacked = {}
    for e, orders in zip(EPSILONS, (range(5), range(4, -1, -1)), strict=True):
        robust = list(orders)
        sure, unsure = (ranked([robust], [margin(name, e)]) for name in ("confidence", "-entropy"))
        for model, ratio, confidence, entropy in zip(BETAS, robust, sure, unsure, strict=True):
            attacked[model, model, "fgsm", e] = of_ratio(model, 40.0 + ratio, 80 + confidence, 1 - entropy / 10)
    return pair(attacked, variants=BETAS)


def c80(margin: Margin) -> Pair:
    """Beyond 90 %."""
    return certain(lambda model, e: Answer(30.0, 90 + margin(model, e)))


CASES = {
    "C72": [Case(c72, named("fgsm", "ifgsm"), EPSILONS)],
    "C77": [Case(c77, named("confidence", "100 x -entropy"))],
    "C81": [Case(c81, named("loss", "gradient", "no gradient"), large=0.1)],
    "C82": [Case(c82, named("fgsm", "ifgsm"), EPSILONS)],
    "C83": [c83(1), c83(-1)],
    "C84": [Case(c84, named("loss", "gradient"))],
    "C85": [c85(form) for form in DEEPLABS],
    "C86": [c86(sign, first) for sign in (1, -1) for first in (True, False)],
    "C87": [Case(c87, named("IoU"))],
    "C73": [of_ranks(c73, "theta_alpha", "theta_beta", "theta_gamma", epsilons=EPSILONS)],
    "C74": [Case(c74, named(""), score=lambda margin: 75.0 if margin > 0 else 50.0)],
    "C75": [
        dataclasses.replace(of_ranks(c75, "spatial_weight", "-theta_gamma", epsilons=EPSILONS), small=0.2, large=0.3)
    ],
    "C76": [of_ranks(c76, "theta_alpha")],
    "C78": [
        Case(
            c78,
            {
                f"{what} of {model}": part
                for what, part in (("confidence", "confidence"), ("entropy", "-entropy"))
                for model in CERTAIN
            },
            ALWAYS,
        )
    ],
    "C79": [of_ranks(c79, "confidence", "-entropy", epsilons=EPSILONS)],
    "C80": [Case(c80, dict.fromkeys((*CERTAIN, NET), ""), ALWAYS)],
}
"""{number: ways to its bound}."""

TARGETED_ONLY = pair(both("fgsm_ll", 8.0, 40.0, 40.0))
UNTARGETED_ONLY = pair(both("ifgsm", 8.0, 40.0, 40.0))
NO_UNTARGETED, NO_TARGETED = "needs one of the attacks fgsm, ifgsm", "needs one of the attacks fgsm_ll, ifgsm_ll"
NOT_SWEPT = (UNTARGETED_ONLY, "needs variants of the CRF, as a sweep has")
ONE_SIDED = "needs 4 or more values of theta_alpha, on both sides of 5"


def reaches(*values: float) -> Pair:
    """A sweep over theta_alpha."""
    variants = {f"alpha{i}": {"theta_alpha": value} for i, value in enumerate(values)}
    return pair(own_fgsm({(model, 8.0): 30.0 for model in variants}), variants=variants)


NOT_DEEPLAB = "needs Deeplab v2 with a CRF that was added to it"
TWO_KINDS = "needs a network that was trained with its CRF and one to which a CRF was added, in one run"
TWICE = "net and net have CRFs of one kind; run it with one of them"
WHOLE = with_effects(lambda name: 1.0)

MISSING = {
    "C85": {
        "Deeplab": (of_kind(WHOLE, "fcn8s_vgg", False), NOT_DEEPLAB),
        "a CRF that was added": (of_kind(WHOLE, DEEPLABS[0], True), NOT_DEEPLAB),
        "what its CRF is": (of_kind(WHOLE, DEEPLABS[0], None), NOT_DEEPLAB),
        "untargeted attacks": (of_kind(TARGETED_ONLY, DEEPLABS[0], False), NO_UNTARGETED),
        "targeted attacks": (of_kind(UNTARGETED_ONLY, DEEPLABS[0], False), NO_TARGETED),
    },
    "C86": {
        "one that was added": (Kinds([WHOLE], []), TWO_KINDS),
        "one that was trained": (Kinds([], [WHOLE]), TWO_KINDS),
        "one of two trained ones": (Kinds([WHOLE, WHOLE], [WHOLE]), TWICE),
        "one of two added ones": (Kinds([WHOLE], [WHOLE, WHOLE]), TWICE),
        "untargeted attacks": (Kinds([TARGETED_ONLY], [TARGETED_ONLY]), NO_UNTARGETED),
        "targeted attacks": (Kinds([UNTARGETED_ONLY], [UNTARGETED_ONLY]), NO_TARGETED),
    },
    "C72": {"untargeted attacks": (TARGETED_ONLY, NO_UNTARGETED)},
    "C82": {"untargeted attacks": (TARGETED_ONLY, NO_UNTARGETED)},
    "C83": {"untargeted attacks": (TARGETED_ONLY, NO_UNTARGETED), "targeted attacks": (UNTARGETED_ONLY, NO_TARGETED)},
    "C74": {
        "a sweep": (UNTARGETED_ONLY, ONE_SIDED),
        "a fourth value": (reaches(1, 5, 20), ONE_SIDED),
        "values of 5 or less": (reaches(5.1, 20, 80, 160), ONE_SIDED),
        "values beyond 5": (reaches(1, 2, 3, 5), ONE_SIDED),
    },
} | {number: {"a sweep": NOT_SWEPT} for number in ("C73", "C75", "C76", "C78", "C79", "C80")}
"""{number: {what is missing: (results without it, what is said)}}; the other claims need nothing beyond what every run
of this study has."""
