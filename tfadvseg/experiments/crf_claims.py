"""What the paper claims about dense CRFs (section 8, appendix E), judged on one network with and without one."""

from collections.abc import Mapping, Sequence

import numpy as np

from tfadvseg.experiments.crf import SCALED
from tfadvseg.experiments.evidence import FAILS, HOLDS, Claim, Evidence, each, rank_correlation, text, verdict

UNTARGETED, TARGETED = ("fgsm", "ifgsm"), ("fgsm_ll", "ifgsm_ll")

STATEMENTS = {
    "C72": "The CRF makes the network more robust to untargeted attacks on itself (IoU ratio, mean over the epsilons)",
    "C73": "More smoothing brings no more robustness to FGSM (rank correlation of theta and IoU ratio is not positive)",
    "C74": "The smallest theta_alpha is the most robust to FGSM (mean IoU ratio less that of the next best)",
    "C75": "A larger spatial weight and a smaller theta_gamma raise robustness to FGSM (rank correlations)",
    "C76": "A larger theta_alpha makes predictions on clean images smoother (rank correlation with their boundaries)",
    "C77": "On clean images the CRF makes the network more confident (per cent) and lowers its entropy (nats)",
    "C78": "Every variant is more confident under FGSM than the network without a CRF (least difference, per cent)",
    "C79": "Among the variants, robustness to FGSM goes with confidence and against entropy (rank correlations)",
    "C80": "Mean confidence stays above 90 % for all of them at all epsilons (the least)",
    "C81": "Behind the CRF the untargeted loss and its gradient are smaller, and more values have no gradient",
    "C82": "Untargeted attacks made on the network without the CRF hurt it more than its own (difference of ratios)",
    "C83": "Under targeted attacks the two hardly differ (by less than under untargeted ones)",
    "C84": "The targeted loss and its gradient are large even behind the CRF (shares of the untargeted ones)",
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
    gains = {attack: pair.ratio(crf, attack) - pair.ratio(unary, attack) for attack in (*untargeted, *targeted)}
    found = [each("C72", STATEMENTS["C72"], {a: gains[a] for a in untargeted}, lambda gain: gain > 0)]
    clean = {"attack": "clean"}
    surer = {
        "confidence": evidence.confidence(model=crf, **clean) - evidence.confidence(model=unary, **clean),
        "100 x -entropy": 100 * (evidence.entropy(model=unary, **clean) - evidence.entropy(model=crf, **clean)),
    }
    found.append(each("C77", STATEMENTS["C77"], surer, lambda difference: difference > 0))
    found.append(_start_claim("C81", starts[unary]["away"], starts[crf]["away"]))
    black = {a: pair.ratio(crf, a, unary) - pair.ratio(crf, a) for a in untargeted}
    found.append(each("C82", STATEMENTS["C82"], black, lambda difference: difference < 0))
    if targeted and untargeted:
        less = np.abs(np.mean([gains[a] for a in targeted], 0)) < np.abs(np.mean([gains[a] for a in untargeted], 0))
        measured = "; ".join(f"{a} {text(gain, '+.1f')}" for a, gain in gains.items())
        found.append(Claim("C83", STATEMENTS["C83"], verdict(less), measured))
    found.append(_targeted_claim(starts[crf]))
    raised = evidence.iou(model=crf, **clean) - evidence.iou(model=unary, **clean)
    return [*found, each("C87", STATEMENTS["C87"], {"IoU": raised}, lambda difference: difference > 0)]


def masking(pair: Pair, starts: Starts) -> str:
    """In words: does the CRF mask the gradient? From the attack on scaled logits, transfer, zeros, and the first loss.

    The robustness is real only as far as it is left under the strongest of all untargeted attacks that were tried.
    """
    unary, crf = pair.unary, pair.crf
    sentences, signs = [], 0
    (_, _, zeros_before), (_, _, zeros) = (starts[name]["away"].mean(1) for name in (unary, crf))
    (loss_before, _, _), (loss, _, _) = (starts[name]["away"].mean(1) for name in (unary, crf))
    sentences.append(
        f"At the clean image {100 * zeros:.0f} % of the values have no gradient (without the CRF "
        f"{100 * zeros_before:.0f} %), and the loss to the own prediction is {loss:.4f} nats (without "
        f"{loss_before:.4f})."
    )
    signs += int(zeros > zeros_before + 0.01)
    for attack in pair.among(UNTARGETED):
        own = pair.ratio(crf, attack)
        ways = {"its own gradient": own, "that of the network without the CRF": pair.ratio(crf, attack, unary)}
        without = {"as it is": pair.ratio(unary, attack)}
        if attack + SCALED in pair.attacks:
            ways["its own on scaled logits"] = pair.ratio(crf, attack + SCALED)
            without["scaled"] = pair.ratio(unary, attack + SCALED)
        best = min(ways, key=lambda way: ways[way][0])
        strongest = min(without.values(), key=lambda score: score[0])
        told = ", ".join(f"{way} {text(score)} %" for way, score in ways.items())
        sentences.append(f"Of the clean IoU, {attack} leaves by {told}, in the mean over the epsilons.")
        weaker = best != "its own gradient" and verdict(own > ways[best]) == HOLDS
        signs += int(weaker)
        gain, left = own - without["as it is"], ways[best] - strongest
        real = "remains" if verdict(left > 0) == HOLDS else "is not certain" if left[0] > 0 else "is gone"
        sentences.append(
            f"Of the {text(gain, '+.1f')} points that the CRF seems to bring, {text(left, '+.1f')} are left where both "
            f"networks meet the strongest of these: the advantage {real}."
        )
    opening = (
        "The CRF masks the gradient: attacks that do not rely on it are stronger."
        if signs > len(pair.among(UNTARGETED)) - 1 and signs
        else "Only in part does the CRF mask the gradient."
        if signs
        else "No sign that the CRF masks the gradient."
    )
    return " ".join([opening, *sentences])


def sweep_claims(pair: Pair, named: Mapping[str, Mapping[str, float]]) -> list[Claim]:
    """The claims about variants {model: {parameter: value}} of the CRF under FGSM."""
    evidence, epsilons = pair.evidence, pair.epsilons
    ratios = {(m, e): pair.ratio(m, "fgsm", epsilon=e) for m in named for e in epsilons}

    def correlation(parameter: str) -> np.ndarray:
        models = [model for model, moved in named.items() if parameter in moved]
        values = np.array([[named[model][parameter]] for model in models])
        per_epsilon = [rank_correlation(values, np.stack([ratios[m, e] for m in models])) for e in epsilons]
        return np.nanmean(per_epsilon, 0)

    thetas = {name: correlation(name) for name in ("theta_alpha", "theta_beta", "theta_gamma")}
    found = [each("C73", STATEMENTS["C73"], thetas, lambda r: r <= 0, "+.2f")]
    means = {m: np.mean([ratios[m, e] for e in epsilons], 0) for m, moved in named.items() if "theta_alpha" in moved}
    smallest = min(means, key=lambda model: named[model]["theta_alpha"])
    next_best = np.max([score for model, score in means.items() if model != smallest], 0)
    lead = {f"theta_alpha {named[smallest]['theta_alpha']:g}": means[smallest] - next_best}
    found.append(each("C74", STATEMENTS["C74"], lead, lambda difference: difference > 0))
    grid = {"spatial_weight": correlation("spatial_weight"), "-theta_gamma": -thetas["theta_gamma"]}
    found.append(each("C75", STATEMENTS["C75"], grid, lambda r: r > 0, "+.2f"))
    reaches = {model: moved["theta_alpha"] for model, moved in named.items() if "theta_alpha" in moved}
    seams = np.stack([evidence.boundaries(model=model, attack="clean") for model in reaches])
    smoother = {"theta_alpha": rank_correlation(np.array([*reaches.values()])[:, None], seams)}
    found.append(each("C76", STATEMENTS["C76"], smoother, lambda r: r < 0, "+.2f"))

    def certainty(measure, model: str, epsilon: float) -> np.ndarray:
        if epsilon == 0:
            return measure(model=model, attack="clean")
        return measure(model=model, source_model=model, attack="fgsm", epsilon=epsilon)

    confidence = {(m, e): certainty(evidence.confidence, m, e) for m in (*named, pair.unary) for e in (0, *epsilons)}
    entropy = {(m, e): certainty(evidence.entropy, m, e) for m in named for e in epsilons}
    least = np.min([confidence[m, e] - confidence[pair.unary, e] for m in named for e in (0, *epsilons)], 0)
    found.append(each("C78", STATEMENTS["C78"], {"confidence": least}, lambda difference: difference > 0))
    together = {
        key: np.nanmean([
            rank_correlation(np.stack([ratios[m, e] for m in named]), np.stack([sign * scores[m, e] for m in named]))
            for e in epsilons
        ], 0)
        for key, scores, sign in (("confidence", confidence, 1), ("-entropy", entropy, -1))
    }  # fmt: skip
    found.append(each("C79", STATEMENTS["C79"], together, lambda r: r > 0, "+.2f"))
    lowest = {"confidence": np.min(list(confidence.values()), 0)}
    return [*found, each("C80", STATEMENTS["C80"], lowest, lambda value: value > 90)]


def _start_claim(number: str, before: np.ndarray, after: np.ndarray) -> Claim:
    """Of the means over images, before and behind the CRF."""
    (loss, norm, zeros), (other_loss, other_norm, other_zeros) = before.mean(1), after.mean(1)
    parts = {"loss": other_loss < loss, "gradient": other_norm < norm, "no gradient": other_zeros > zeros}
    measured = (
        f"loss {loss:.4f} to {other_loss:.4f} nats; gradient {norm:.3g} to {other_norm:.3g}; no gradient "
        f"{100 * zeros:.1f} to {100 * other_zeros:.1f} % of values"
    )
    groups = {kind: [part for part, agrees in parts.items() if agrees == (kind == HOLDS)] for kind in (HOLDS, FAILS)}
    named = "; ".join(f"{kind}: {', '.join(members)}" for kind, members in groups.items() if members)
    return Claim(number, STATEMENTS[number], HOLDS if all(parts.values()) else named, measured)


def _targeted_claim(starts: Mapping[str, np.ndarray]) -> Claim:
    (loss, norm, _), (other_loss, other_norm, _) = starts["away"].mean(1), starts["toward"].mean(1)
    measured = f"loss {loss:.4f} and {other_loss:.1f} nats; gradient {norm:.3g} and {other_norm:.3g}"
    holds = other_loss > 10 * loss and other_norm > 2 * norm
    return Claim("C84", STATEMENTS["C84"], HOLDS if holds else FAILS, measured)
