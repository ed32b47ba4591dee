"""Claims about white-box attacks, each brought to its bound."""

import numpy as np
from claim_case import Case, Margin, named
from made_up import OPPOSITE, PerImage, network

from tfadvseg.studies.robustness.claims import Network


def c3(sign: float) -> Case:
    """Iterative attacks that leave more (sign 1) or less than their single-step versions. No difference is less than
    none, so all margins above 0 are margins of 0; and where images take sides, each resample has some difference,
    which comes from drawing them and says nothing."""

    def build(margin: Margin) -> Network:
        def difference(name: str, epsilon: float) -> PerImage:
            beyond = margin(name, epsilon)
            return -beyond if isinstance(beyond, np.ndarray) else max(-beyond, 0.0)

        attacked: dict[str, dict[float, PerImage]] = {}
        for name, (one, other) in {"FGSM": ("fgsm", "ifgsm"), "FGSM ll": ("fgsm_ll", "ifgsm_ll")}.items():
            attacked[one] = {0.25: 60.0, 0.5: 50.0, 1.0: 40.0}
            below = {e: attacked[one][e] + sign * difference(name, e) for e in (0.25, 0.5)}
            attacked[other] = {**below, 1.0: 33.0}
        return network(attacked)

    return Case(
        build,
        named("FGSM", "FGSM ll"),
        (0.25, 0.5),
        divided=(OPPOSITE, OPPOSITE - 0.01),
        score=lambda margin: max(-margin, 0.0),
        name="iterative above" if sign > 0 else "iterative below",
    )


def c4(margin: Margin) -> Network:
    """Clean 80; at epsilon 1 the IoU has risen, of which the claim says nothing."""
    return network({attack: {0.25: 80 - margin(attack, 0), 1.0: 90.0} for attack in ("fgsm", "ifgsm_ll")})


def c5(margin: Margin) -> Network:
    """From one epsilon to the next, beginning at the clean images."""
    attacked = {}
    for attack in ("fgsm", "ifgsm_ll"):
        first = 80 - margin(attack, 0.25)
        attacked[attack] = {0.25: first, 8.0: first - margin(attack, 8.0)}
    return network(attacked)


def c10(margin: Margin) -> Network:
    """From epsilon 4 on; below, FGSM is the stronger one."""
    name = "FGSM - Iterative FGSM ll"
    fgsm = {2.0: 50.0, 4.0: 40.0, 8.0: 30.0}
    return network({"fgsm": fgsm, "ifgsm_ll": {2.0: 60.0} | {e: fgsm[e] - margin(name, e) for e in (4.0, 8.0)}})


def c35(margin: Margin) -> Network:
    """91 % of a clean IoU of 80 are left at epsilon 0.25, and hardly anything at 1."""
    return network({a: {0.25: 0.8 * (91 - margin(a, 0)), 1.0: 10.0} for a in ("fgsm", "ifgsm_ll")})


CASES = {
    "C3": [c3(1), c3(-1)],
    "C4": [Case(c4, named("fgsm", "ifgsm_ll"))],
    "C5": [Case(c5, named("fgsm", "ifgsm_ll"), (0.25, 8.0))],
    "C10": [Case(c10, named("FGSM - Iterative FGSM ll"), (4.0, 8.0))],
    "C35": [Case(c35, named("fgsm", "ifgsm_ll"))],
}
"""{number: ways to its bound}."""

NO_PAIR = "needs a single-step attack, its iterative version and an epsilon below 1"
NO_LARGE = "needs fgsm and ifgsm_ll at an epsilon of 4 or more"

MISSING = {
    "C3": {
        "no iterative version": (network({"fgsm": {0.5: 30.0}, "ifgsm_ll": {0.5: 30.0}}), NO_PAIR),
        "no epsilon below 1": (network({"fgsm": {1.0: 30.0}, "ifgsm": {1.0: 30.0}}), NO_PAIR),
    },
    "C4": {"no quarter": (network({"fgsm": {0.5: 30.0}}), "needs epsilon 0.25")},
    "C10": {
        "no fgsm": (network({"ifgsm": {4.0: 30.0}, "ifgsm_ll": {4.0: 30.0}}), NO_LARGE),
        "no ifgsm_ll": (network({"fgsm": {4.0: 30.0}, "ifgsm": {4.0: 30.0}}), NO_LARGE),
        "no epsilon of 4": (network({"fgsm": {3.9: 30.0}, "ifgsm_ll": {3.9: 20.0}}), NO_LARGE),
    },
    "C35": {"no quarter": (network({"fgsm": {0.5: 30.0}}), "needs epsilon 0.25")},
}
"""{number: {what is missing: (results without it, what is said)}}; the other claims need nothing beyond what every run
of this study has."""
