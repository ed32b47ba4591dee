"""What the paper claims about dense CRFs (section 8, appendix E), judged on one network with and without one."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfadvseg.experiments.evidence import (
    UNMEASURED,
    Claim,
    Evidence,
    each,
    mean_known,
    rank_correlation,
    text,
    verdict,
)
from tfadvseg.reports.crf import TARGETED, UNTARGETED

STATEMENTS = {
    "C72": "The CRF makes the network more robust to untargeted attacks on itself (IoU ratio, mean over the epsilons)",
    "C73": "More smoothing brings no more robustness to FGSM (rank correlation of theta and IoU ratio is not positive)",
    "C74": "A small theta_alpha is the most robust to FGSM (the best is among the two smallest for most epsilons)",
    "C75": "A larger spatial weight and a smaller theta_gamma raise robustness to FGSM (rank correlations)",
    "C76": "A larger theta_alpha makes predictions on clean images smoother (rank correlation with their boundaries)",
    "C77": "On clean images the CRF makes the network more confident (per cent) and lowers its entropy (nats)",
    "C78": "Under FGSM every variant is more confident than the network without a CRF (least differences; %, nats)",
    "C79": "Among the variants, robustness to FGSM goes with confidence and against entropy (rank correlations)",
    "C80": "Mean confidence stays above 90 % for all of them at all epsilons (the least)",
    "C81": "Behind the CRF the untargeted loss and its gradient are smaller, and more pixels have no gradient",
    "C82": "Untargeted attacks made on the network without the CRF hurt it more than its own (difference of ratios)",
    "C83": "Under targeted attacks the two differ by less than under untargeted ones (sizes of the differences)",
    "C84": "The targeted loss and its gradient are large even behind the CRF (10 and 2 times the untargeted ones)",
    "C87": "The CRF raises the clean IoU",
}

Starts = Mapping[str, Mapping[str, np.ndarray]]
"""{model: {objective: [3, N]}}, as `measure_starts` gives them."""


class Pair:
    """A network and the same with a CRF, in the evidence of one experiment."""

    def __init__(self, evidence: Evidence, unary: str, crf: str, attacks: Sequence[str], epsilons: Sequence[float]):
        self.evidence, self.unary, self.crf = evidence, unary, crf
        self.attacks, self.epsilons = attacks, epsilons

    def ratio(self, model: str, attack: str, source: str | None = None, epsilon: float | None = None) -> np.ndarray:
        """IoU ratio under an attack on `source` (by default the model itself), the mean over the epsilons."""
        chosen = self.epsilons if epsilon is None else [epsilon]
        of = {"model": model, "source_model": source or model, "attack": attack}
        return np.mean([self.evidence.ratio(**of, epsilon=size) for size in chosen], 0)

    def among(self, attacks: Sequence[str]) -> list[str]:
        """Those of them that were run."""
        return [attack for attack in attacks if attack in self.attacks]


def pair_claims(pair: Pair, starts: Starts) -> list[Claim]:
    """The claims about a network with and without the CRF."""
    evidence, unary, crf = pair.evidence, pair.unary, pair.crf
    untargeted, targeted = pair.among(UNTARGETED), pair.among(TARGETED)
    gains = {
        attack: {e: pair.ratio(crf, attack, epsilon=e) - pair.ratio(unary, attack, epsilon=e) for e in pair.epsilons}
        for attack in (*untargeted, *targeted)
    }
    black = {
        attack: {e: pair.ratio(crf, attack, unary, e) - pair.ratio(crf, attack, epsilon=e) for e in pair.epsilons}
        for attack in untargeted
    }
    clean = {"attack": "clean"}
    surer = {
        "confidence": evidence.confidence(model=crf, **clean) - evidence.confidence(model=unary, **clean),
        "100 x -entropy": 100 * (evidence.entropy(model=unary, **clean) - evidence.entropy(model=crf, **clean)),
    }
    found = [each("C77", STATEMENTS["C77"], surer, lambda difference: difference > 0)]
    found.append(_start_claim(*(start_scores(evidence, starts[name]["away"]) for name in (unary, crf))))
    if untargeted:
        found.insert(0, _over_epsilons("C72", {a: gains[a] for a in untargeted}, lambda gain: gain > 0))
        found.append(_over_epsilons("C82", black, lambda difference: difference < 0))
    if targeted and untargeted:
        sizes = [np.mean([np.abs(gains[a][e]) for a in names for e in pair.epsilons], 0) for names in
                 (targeted, untargeted)]  # fmt: skip
        measured = f"targeted {text(sizes[0])}, untargeted {text(sizes[1])} points"
        found.append(Claim("C83", STATEMENTS["C83"], verdict(sizes[0] < sizes[1]), measured))
    found.append(_targeted_claim(*(start_scores(evidence, starts[crf][kind]) for kind in ("away", "toward"))))
    raised = evidence.iou(model=crf, **clean) - evidence.iou(model=unary, **clean)
    return [*found, each("C87", STATEMENTS["C87"], {"IoU": raised}, lambda difference: difference > 0)]


def sweep_claims(pair: Pair, named: Mapping[str, Mapping[str, float]]) -> list[Claim]:
    """The claims about variants {model: {parameter: value}} of the CRF under FGSM."""
    evidence, epsilons = pair.evidence, pair.epsilons
    ratios = {(m, e): pair.ratio(m, "fgsm", epsilon=e) for m in named for e in epsilons}

    def along(parameter: str) -> list[str]:
        """The models that differ in it, from its smallest value to its largest."""
        return sorted((m for m, moved in named.items() if parameter in moved), key=lambda m: named[m][parameter])

    def correlations(parameter: str, sign: float = 1.0) -> dict[float, np.ndarray]:
        models = along(parameter)
        values = sign * np.array([[named[model][parameter]] for model in models])
        return {e: rank_correlation(values, np.stack([ratios[m, e] for m in models])) for e in epsilons}

    thetas = {name: correlations(name) for name in ("theta_alpha", "theta_beta", "theta_gamma")}
    found = [_over_epsilons("C73", thetas, lambda r: r <= 0, "+.2f"), _least_reach_claim(pair, named, along, ratios)]
    grid = {"spatial_weight": correlations("spatial_weight"), "-theta_gamma": correlations("theta_gamma", -1)}
    found.append(_over_epsilons("C75", grid, lambda r: r > 0, "+.2f"))
    reaches = along("theta_alpha")
    seams = np.stack([evidence.boundaries(model=model, attack="clean") for model in reaches])
    smoother = rank_correlation(np.array([[named[model]["theta_alpha"]] for model in reaches]), seams)
    found.append(each("C76", STATEMENTS["C76"], {"theta_alpha": smoother}, lambda r: r < 0, "+.2f"))
    return found + _certainty_claims(pair, _distinct(named, ratios, epsilons), ratios)


def start_scores(evidence: Evidence, values: np.ndarray) -> np.ndarray:
    """[3, 1 + R] of what attacks start from [3, N]: means over the images, and over those of each resample."""
    return values @ evidence.weights.T / evidence.weights.sum(1)


def _over_epsilons(
    number: str, scores: Mapping[str, Mapping[float, np.ndarray]], test: Callable[[np.ndarray], np.ndarray],
    form: str = "+.1f",
) -> Claim:  # fmt: skip
    """A claim about the means of {name: {epsilon: score}}; it names the epsilons that say otherwise."""
    means = {name: mean_known(list(own.values())) for name, own in scores.items()}
    claim = each(number, STATEMENTS[number], means, test, form)
    contrary = {
        name: [f"{e:g}" for e, score in own.items() if np.isfinite(score[0]) and test(score)[0] != test(means[name])[0]]
        for name, own in scores.items()
    }
    named = "; ".join(f"{name} at epsilon {', '.join(which)}" for name, which in contrary.items() if which)
    return dataclasses.replace(claim, measured=f"{claim.measured}; otherwise: {named}") if named else claim


def _least_reach_claim(pair, named, along, ratios) -> Claim:
    """Whether the best theta_alpha is one of the two smallest for most epsilons."""
    models = along("theta_alpha")
    best = {e: np.argmax([ratios[m, e] for m in models], 0) for e in pair.epsilons}
    often = np.mean([place <= 1 for place in best.values()], 0) > 0.5
    winners = ", ".join(f"{named[models[place[0]]]['theta_alpha']:g}" for place in best.values())
    decided = verdict(often) if len(models) > 3 else UNMEASURED
    return Claim("C74", STATEMENTS["C74"], decided, f"best of {len(models)} by epsilon: {winners}")


def _distinct(named, ratios, epsilons) -> list[str]:
    """The models, once each: the experiment's own CRF may be a variant of every parameter."""
    found = {tuple(ratios[model, e].tobytes() for e in epsilons): model for model in reversed(list(named))}
    return [model for model in named if model in found.values()]


def _certainty_claims(pair: Pair, models: Sequence[str], ratios: Mapping[tuple[str, float], np.ndarray]) -> list[Claim]:
    """How sure the variants and the network without a CRF are, and what that has to do with robustness."""
    evidence, epsilons = pair.evidence, pair.epsilons

    def certainty(measure, model: str, epsilon: float) -> np.ndarray:
        if epsilon == 0:
            return measure(model=model, attack="clean")
        return measure(model=model, source_model=model, attack="fgsm", epsilon=epsilon)

    everyone, always = (*models, pair.unary), (0, *epsilons)
    confidence = {(m, e): certainty(evidence.confidence, m, e) for m in everyone for e in always}
    certain = {(m, e): -certainty(evidence.entropy, m, e) for m in everyone for e in always}
    kinds = {"confidence": confidence, "-entropy": certain}
    least = {
        name: np.min([scores[m, e] - scores[pair.unary, e] for m in models for e in always], 0)
        for name, scores in kinds.items()
    }
    together = {
        name: {
            e: rank_correlation(*(np.stack([of[m, e] for m in models]) for of in (ratios, scores))) for e in epsilons
        }
        for name, scores in kinds.items()
    }
    by_epsilon = "; ".join(
        f"{name} at epsilon {epsilon:g}: {text(r, '+.2f')}"
        for name, own in together.items()
        for epsilon, r in own.items()
        if np.isfinite(r[0])
    )
    correlated = _over_epsilons("C79", together, lambda r: r > 0, "+.2f")
    return [
        each("C78", STATEMENTS["C78"], least, lambda difference: difference > 0, "+.2f"),
        dataclasses.replace(correlated, measured=f"{correlated.measured}; {by_epsilon}"),
        each("C80", STATEMENTS["C80"], {"confidence": np.min(list(confidence.values()), 0)}, lambda value: value > 90),
    ]


def _start_claim(before: np.ndarray, after: np.ndarray) -> Claim:
    """Of scores [3, 1 + R] of an untargeted attack's start, without and with the CRF."""
    falls = {"loss": before[0] - after[0], "gradient": before[1] - after[1], "no gradient": after[2] - before[2]}
    claim = each("C81", STATEMENTS["C81"], falls, lambda difference: difference > 0)
    (loss, norm, zeros), (other_loss, other_norm, other_zeros) = before[:, 0], after[:, 0]
    measured = (
        f"loss {loss:.4f} to {other_loss:.4f} nats; gradient {norm:.3g} to {other_norm:.3g}; no gradient "
        f"{100 * zeros:.1f} to {100 * other_zeros:.1f} % of the pixels"
    )
    return dataclasses.replace(claim, measured=measured)


def _targeted_claim(away: np.ndarray, toward: np.ndarray) -> Claim:
    """Of scores [3, 1 + R] of an untargeted and a targeted attack's start behind the CRF."""
    measured = f"loss {away[0, 0]:.4f} and {toward[0, 0]:.1f} nats; gradient {away[1, 0]:.3g} and {toward[1, 0]:.3g}"
    large = (toward[0] > 10 * away[0]) & (toward[1] > 2 * away[1])
    return Claim("C84", STATEMENTS["C84"], verdict(large), measured)
