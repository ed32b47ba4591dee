"""What claims about architectures need of a run; each says what is missing, and "" where nothing is."""

from collections.abc import Callable

from tfadvseg.studies.robustness.claims import PAIRS
from tfadvseg.studies.robustness.facts import Facts
from tfadvseg.studies.robustness.networks import Networks

Needs = Callable[[Networks], str]

LARGE = 4.0
"""The smallest epsilon that is a large one."""
SINGLE_STEP = dict(PAIRS.values())
"""{single-step attack: its iterative version}."""


def single_step_and_large(attack: str, epsilon: float) -> bool:
    """Whether a cell is of a single-step attack at a large epsilon."""
    return attack in SINGLE_STEP and epsilon >= LARGE


def every(*needs: Needs) -> Needs:
    """All of these, the first that is missing told."""
    return lambda networks: next(filter(None, (need(networks) for need in needs)), "")


def several(count: int) -> Needs:
    """Networks of any kind."""
    return lambda networks: "" if len(networks.facts) >= count else f"needs {count} networks or more"


def one_of_each(*names: str, others: int = 0) -> Needs:
    """One network of each of these architectures, and so many others."""

    def missing(networks: Networks) -> str:
        known = {facts.architecture for facts in networks.facts.values()}
        if absent := [name for name in names if name not in known]:
            return f"needs a network of the architecture {' and one of '.join(absent)}"
        if len(networks.facts) < len(names) + others:
            return f"needs {len(names) + others} networks or more"
        return networks.twice(lambda facts: facts.architecture in names)

    return missing


def both_kinds(one: Callable[[Facts], bool], other: Callable[[Facts], bool], words: str) -> Needs:
    """Networks of two kinds, no two of one architecture."""

    def missing(networks: Networks) -> str:
        if not networks.where(one) or not networks.where(other):
            return f"needs networks {words}"
        return networks.twice(lambda facts: one(facts) or other(facts))

    return missing


def attacked_by(*names: str, at_least: float = 0.0) -> Needs:
    """These attacks on all networks, at an epsilon so large."""

    def missing(networks: Networks) -> str:
        if not set(names) <= set(networks.attacks) or not networks.attacks:
            return f"needs {' and '.join(names) or 'an attack'} on all networks"
        large = any(epsilon >= at_least for epsilon in networks.epsilons)
        return "" if large else f"needs an epsilon of {at_least:g} or more"

    return missing


def fgsm_at_8(networks: Networks) -> str:
    """As in Figure 4."""
    return "" if "fgsm" in networks.attacks and 8.0 in networks.epsilons else "needs fgsm at epsilon 8 on all networks"


def least_likely_at_4(networks: Networks) -> str:
    """The epsilon of Figure 1."""
    known = "ifgsm_ll" in networks.attacks and LARGE in networks.epsilons
    return "" if known else f"needs ifgsm_ll at epsilon {LARGE:g} on all networks"


def sizes_known(networks: Networks) -> str:
    """Of all networks."""
    unknown = [name for name, facts in networks.facts.items() if not facts.parameters]
    return f"needs the number of parameters of {', '.join(unknown)}" if unknown else ""


def single_step_large_and_others(networks: Networks) -> str:
    """Cells of both sorts."""
    cells = [single_step_and_large(a, e) for a in networks.attacks for e in networks.epsilons]
    return "" if {True, False} <= set(cells) else "needs fgsm or fgsm_ll at an epsilon of 4 or more, and other attacks"
