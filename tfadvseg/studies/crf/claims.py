"""What the paper claims about dense CRFs (section 8, appendix E), judged on one network with and without one."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfadvseg.runs.initial_gradients import of
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.beside import printed_forms
from tfadvseg.studies.claims import Claim, Judgement, Parts, judge
from tfadvseg.studies.crf.names import TARGETED, UNTARGETED, CrfDesign, CrfPair
from tfadvseg.studies.evidence import Evidence, Score, rank_correlation
from tfadvseg.studies.run import FinishedRun

NEAR_ONE = 5.0
"""The largest theta_alpha that is "around 1", in pixels."""


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """A network and the same with a CRF, in the evidence of one run.

    starts: {"<model>/<objective>": [3, N]}, what attacks start from (`initial_gradient`). attacks, scaled: names of
    those that were run, and of the same on scaled logits. form: the network's name in the paper's tables, "" for none.
    """

    evidence: Evidence
    pair: CrfPair
    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]
    scaled: Mapping[str, str]
    starts: Mapping[str, np.ndarray]
    form: str = ""

    @property
    def network(self) -> str:
        """The network without the CRF."""
        return self.pair.network

    @property
    def crf(self) -> str:
        """The network with it."""
        return self.pair.with_crf

    def ratio(self, model: str, attack: str, source: str = "", epsilon: float | None = None) -> Score:
        """IoU ratio under an attack on `source` (by default the model itself), the mean over the epsilons."""
        chosen = self.epsilons if epsilon is None else [epsilon]
        of = {"model": model, "source_model": source or model, "attack": attack}
        return np.mean([self.evidence.ratio(**of, epsilon=size) for size in chosen], 0)

    def by_epsilon(self, score: Callable[[float], Score]) -> dict[float, Score]:
        """{epsilon: score}."""
        return {epsilon: score(epsilon) for epsilon in self.epsilons}

    def among(self, attacks: Sequence[str]) -> list[str]:
        """Those of them that were run."""
        return [attack for attack in attacks if attack in self.attacks]

    def gain(self, attack: str, epsilon: float) -> Score:
        """What the CRF brings of IoU ratio against attacks on the network itself."""
        return self.ratio(self.crf, attack, epsilon=epsilon) - self.ratio(self.network, attack, epsilon=epsilon)

    def start(self, model: str, objective: str) -> np.ndarray:
        """[3, 1 + R]: loss, norm of the gradient, and share of pixels without one, at the clean image."""
        return self.evidence.over_images(of(self.starts, model, objective))

    def along(self, parameter: str) -> list[str]:
        """The variants that differ in it, from its smallest value to its largest."""
        changed = {name: values[parameter] for name, values in self.pair.variants.items() if parameter in values}
        return sorted(changed, key=changed.__getitem__)

    def distinct(self) -> list[str]:
        """The variants, once each: the CRF of the run may be a variant of every parameter."""
        found = {self._answers(model): model for model in reversed(list(self.pair.variants))}
        return [model for model in self.pair.variants if model in found.values()]

    def _answers(self, model: str) -> tuple[bytes, ...]:
        """What tells a variant from others: its IoU and its certainty under FGSM."""
        scores = [self.fgsm(model, e) for e in self.epsilons]
        scores += [self.certainty(self.evidence.entropy, model, e) for e in self.epsilons]
        return tuple(score.tobytes() for score in scores)

    def fgsm(self, model: str, epsilon: float) -> Score:
        """IoU ratio of a variant under FGSM on itself."""
        return self.ratio(model, "fgsm", epsilon=epsilon)

    def certainty(self, measure: Callable[..., Score], model: str, epsilon: float) -> Score:
        """A measure of how sure a model is, under FGSM on itself or, at epsilon 0, on clean images."""
        if epsilon == 0:
            return measure(model=model, attack=CLEAN)
        return measure(model=model, source_model=model, attack="fgsm", epsilon=epsilon)


def apparent_robustness(pair: Pair) -> dict[str, dict[float, Score]]:
    """What the CRF brings of IoU ratio against untargeted attacks, in points."""
    return {attack: pair.by_epsilon(functools.partial(pair.gain, attack)) for attack in pair.among(UNTARGETED)}


def _correlation(pair: Pair, parameter: str, sign: float = 1.0) -> dict[float, Score]:
    """Of a parameter, or its negative, with the robustness to FGSM, over the variants."""
    models = pair.along(parameter)
    if not models:
        return pair.by_epsilon(lambda epsilon: np.full(len(pair.evidence.weights), np.nan))
    values = sign * np.array([[pair.pair.variants[model][parameter]] for model in models])
    return pair.by_epsilon(lambda e: rank_correlation(values, np.stack([pair.fgsm(m, e) for m in models])))


def _smoothing(pair: Pair) -> Parts:
    return {name: _correlation(pair, name) for name in ("theta_alpha", "theta_beta", "theta_gamma")}


def _grid(pair: Pair) -> Parts:
    weight, theta = _correlation(pair, "spatial_weight"), _correlation(pair, "theta_gamma", -1)
    return {"spatial_weight": weight, "-theta_gamma": theta}


def _best_reaches(pair: Pair) -> dict[float, np.ndarray]:
    """{epsilon: the theta_alpha [1 + R] of the most robust variant}."""
    models = pair.along("theta_alpha")
    values = np.array([pair.pair.variants[model]["theta_alpha"] for model in models])
    return {e: values[np.argmax([pair.fgsm(m, e) for m in models], 0)] for e in pair.epsilons}


def _near_one(pair: Pair) -> Parts:
    """Per cent of the epsilons at which the best theta_alpha is around 1."""
    return {"": 100 * np.mean([best <= NEAR_ONE for best in _best_reaches(pair).values()], 0)}


def _near_one_in_words(pair: Pair) -> str:
    best = (
        f"{values[0]:g} at epsilon {epsilon:g}"
        + (f" (in {100 * np.mean(values[1:] == values[0]):.0f} % of the resamples)" if pair.evidence.units > 1 else "")
        for epsilon, values in _best_reaches(pair).items()
    )
    return f"best of {len(pair.along('theta_alpha'))}: {', '.join(best)}"


def _smoothness(pair: Pair) -> Parts:
    models = pair.along("theta_alpha")
    if not models:
        return {}
    seams = np.stack([pair.evidence.boundaries(model=model, attack=CLEAN) for model in models])
    values = np.array([[pair.pair.variants[model]["theta_alpha"]] for model in models])
    return {"theta_alpha": -rank_correlation(values, seams)}


def _surer(pair: Pair) -> Parts:
    evidence, crf, network = pair.evidence, pair.crf, pair.network
    clean = {"attack": CLEAN}
    return {
        "confidence": evidence.confidence(model=crf, **clean) - evidence.confidence(model=network, **clean),
        "100 x -entropy": 100 * (evidence.entropy(model=network, **clean) - evidence.entropy(model=crf, **clean)),
    }


def _least_certain(pair: Pair) -> Parts:
    """The least lead of any variant at any epsilon over the network without a CRF."""
    evidence, always = pair.evidence, (0.0, *pair.epsilons)

    def lead(measure: Callable[..., Score], sign: float) -> Score:
        return np.min(
            [
                sign * (pair.certainty(measure, model, e) - pair.certainty(measure, pair.network, e))
                for model in pair.pair.variants
                for e in always
            ],
            0,
        )

    return {"confidence": lead(evidence.confidence, 1), "-entropy": lead(evidence.entropy, -1)}


def _together(pair: Pair) -> Parts:
    """Correlation of robustness to FGSM with certainty, over the variants."""
    models = pair.distinct()

    def correlations(measure: Callable[..., Score], sign: float) -> dict[float, Score]:
        return pair.by_epsilon(
            lambda e: rank_correlation(
                np.stack([pair.fgsm(m, e) for m in models]),
                sign * np.stack([pair.certainty(measure, m, e) for m in models]),
            )
        )

    return {
        "confidence": correlations(pair.evidence.confidence, 1),
        "-entropy": correlations(pair.evidence.entropy, -1),
    }


def _least_confidence(pair: Pair) -> Parts:
    models, always = (*pair.pair.variants, pair.network), (0.0, *pair.epsilons)
    return {"": np.min([pair.certainty(pair.evidence.confidence, m, e) for m in models for e in always], 0)}


def _falls(pair: Pair) -> Parts:
    """By how much loss and gradient fall, and the share of pixels without a gradient grows."""
    (loss, norm, zeros), (loss_crf, norm_crf, zeros_crf) = (
        pair.start(model, "away") for model in (pair.network, pair.crf)
    )
    return {"loss": loss - loss_crf, "gradient": norm - norm_crf, "no gradient": zeros_crf - zeros}


def _falls_in_words(pair: Pair) -> str:
    (loss, norm, zeros), (loss_crf, norm_crf, zeros_crf) = (
        pair.start(model, "away") for model in (pair.network, pair.crf)
    )
    form = functools.partial(pair.evidence.format, least=0.0)
    return (
        f"loss {form(loss, '.4f')} to {form(loss_crf, '.4f')} nats; gradient {form(norm, '.3g')} to "
        f"{form(norm_crf, '.3g')}; no gradient {form(100 * zeros)} to {form(100 * zeros_crf)} % of the pixels"
    )


def black_box(pair: Pair) -> dict[str, dict[float, Score]]:
    """How much more attacks made on the network without the CRF take from it than its own."""

    def more(attack: str, epsilon: float) -> Score:
        own, transferred = (pair.ratio(pair.crf, attack, source, epsilon) for source in (pair.crf, pair.network))
        return own - transferred

    return {attack: pair.by_epsilon(functools.partial(more, attack)) for attack in pair.among(UNTARGETED)}


def _size(pair: Pair, attacks: Sequence[str]) -> Score:
    """Mean size of the CRF's effect on the ratio."""
    return np.mean([np.abs(pair.gain(a, e)) for a in pair.among(attacks) for e in pair.epsilons], 0)


def smaller_effect(pair: Pair) -> Score:
    """By how much its effect on untargeted attacks is larger than that on targeted ones."""
    return _size(pair, UNTARGETED) - _size(pair, TARGETED)


def _targeted_start(pair: Pair) -> Parts:
    """How far targeted loss and gradient exceed 10 and 2 times the untargeted ones behind the CRF."""
    away, toward = (pair.start(pair.crf, kind) for kind in ("away", "toward"))
    return {"loss": toward[0] - 10 * away[0], "gradient": toward[1] - 2 * away[1]}


def _targeted_start_in_words(pair: Pair) -> str:
    (loss, norm, _), (targeted_loss, targeted_norm, _) = (pair.start(pair.crf, kind) for kind in ("away", "toward"))
    form = functools.partial(pair.evidence.format, least=0.0)
    return (
        f"loss {form(loss, '.4f')} and {form(targeted_loss)} nats; gradient {form(norm, '.3g')} and "
        f"{form(targeted_norm, '.3g')}"
    )


def _clean_gain(pair: Pair) -> Parts:
    clean = {"attack": CLEAN}
    return {"IoU": pair.evidence.iou(model=pair.crf, **clean) - pair.evidence.iou(model=pair.network, **clean)}


def _untargeted(pair: Pair) -> str:
    return "" if pair.among(UNTARGETED) else f"needs one of the attacks {', '.join(UNTARGETED)}"


def both_kinds(pair: Pair) -> str:
    """Whether untargeted and targeted attacks were run; what is missing, "" where nothing is."""
    return _untargeted(pair) or ("" if pair.among(TARGETED) else f"needs one of the attacks {', '.join(TARGETED)}")


def _swept(pair: Pair) -> str:
    return "" if pair.pair.variants else "needs variants of the CRF, as a sweep has"


def _reaches_on_both_sides(pair: Pair) -> str:
    values = [changed["theta_alpha"] for changed in pair.pair.variants.values() if "theta_alpha" in changed]
    enough = len(values) > 3 and min(values, default=0) <= NEAR_ONE < max(values, default=0)
    return "" if enough else f"needs 4 or more values of theta_alpha, on both sides of {NEAR_ONE:g}"


CLAIMS = (
    Claim("C72", "The CRF makes the network more robust to untargeted attacks on itself (IoU ratio, mean over the "
          "epsilons)", apparent_robustness, above=0.0, needs=_untargeted),
    Claim("C77", "On clean images the CRF makes the network more confident (per cent) and lowers its entropy (nats)",
          _surer, above=0.0),
    Claim("C81", "Behind the CRF the untargeted loss and its gradient are smaller, and more pixels have no gradient",
          _falls, above=0.0, told=_falls_in_words),
    Claim("C82", "Untargeted attacks made on the network without the CRF hurt it more than its own (difference of "
          "ratios)",
          black_box, above=0.0, needs=_untargeted),
    Claim("C83", "Under targeted attacks the CRF's effect is smaller than under untargeted ones (difference of sizes)",
          lambda pair: {"untargeted - targeted": smaller_effect(pair)}, above=0.0, needs=both_kinds),
    Claim("C84", "The targeted loss and its gradient are large even behind the CRF (over 10 and 2 times the untargeted "
          "ones)", _targeted_start, above=0.0, told=_targeted_start_in_words),
    Claim("C87", "The CRF raises the clean IoU", _clean_gain, above=0.0),
    Claim("C73", "More smoothing brings no more robustness to FGSM (rank correlation of theta and IoU ratio is not "
          "positive)", _smoothing, at_most=0.0, needs=_swept, form="+.2f", ranks=True),
    Claim("C74", f"A theta_alpha around 1 (up to {NEAR_ONE:g}) is the most robust to FGSM for most epsilons (per cent "
          "of them)", _near_one, above=50.0, needs=_reaches_on_both_sides, form=".0f", told=_near_one_in_words,
          ranks=True, level=98.0),
    Claim("C75", "A larger spatial weight and a smaller theta_gamma raise robustness to FGSM (rank correlations)",
          _grid, above=0.0, needs=_swept, form="+.2f", ranks=True),
    Claim("C76", "A larger theta_alpha makes predictions on clean images smoother (rank correlation with fewer "
          "boundaries)",
          _smoothness, above=0.0, needs=_swept, form="+.2f", ranks=True),
    Claim("C78", "Under FGSM every variant is more confident than the network without a CRF (least differences; %, "
          "nats)",
          _least_certain, above=0.0, needs=_swept, form="+.2f"),
    Claim("C79", "Among the variants, robustness to FGSM goes with confidence and against entropy (rank correlations)",
          _together, above=0.0, needs=_swept, form="+.2f", ranks=True),
    Claim("C80", "Mean confidence stays above 90 % for all of them at all epsilons (the least)", _least_confidence,
          above=90.0, needs=_swept, form=".1f"),
)  # fmt: skip


def pairs_of(run: FinishedRun) -> list[Pair]:
    """The pairs of a run, with what it measured of them."""
    design = run.designed(CrfDesign)
    scaled = {attack: name for attack, name in design.scaled.items() if name in run.attacks}
    plain = tuple(name for name in run.attacks if name not in scaled.values())
    forms, epsilons = printed_forms(run), tuple(run.epsilons)
    return [
        Pair(run.evidence, pair, plain, epsilons, scaled, run.starts, forms.get(pair.network, ""))
        for pair in design.pairs
    ]


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on every pair."""
    found: list[Judgement] = []
    for pair in pairs_of(run):
        found += judge(CLAIMS, pair, pair.network, run.evidence.images, run.evidence.units)
    return found
