"""What the architectures of a run say: what they are made of, and what goes with robustness among them."""

from collections.abc import Callable, Sequence

import numpy as np

from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number
from tfadvseg.studies.evidence import Score, format_score, rank_correlation
from tfadvseg.studies.robustness.architectures import gap, heads
from tfadvseg.studies.robustness.claims import PAIRS
from tfadvseg.studies.robustness.facts import Facts, facts_of, plain, residual
from tfadvseg.studies.robustness.networks import Networks, networks_of
from tfadvseg.studies.run import FinishedRun

FEWEST = 4
"""Networks of which an order says something."""


def architecture_part(run: FinishedRun) -> list[Block]:
    """A table of the networks and a sentence for each question that they answer; nothing of one network alone."""
    networks = networks_of(run)
    if len(networks.facts) < 2 or not networks.attacks:
        return []
    mean = mean_ratio(networks, networks.attacks)
    cells = len(networks.attacks) * len(networks.epsilons)
    told = (
        f"A network's IoU ratio is here the mean over its {cells} attacked cells, and differences are in points of it, "
        "with 95 % intervals. Images were drawn anew for these, networks were not: they are about the networks of this "
        "run as they were trained, and another training may change their order. "
        "Sizes are millions of parameters."
    )
    left_out = [name for name in dict.fromkeys(run.table["model"]) if facts_of(run.design, name).crf]
    if left_out:
        told += (
            f" Left out, as in the claims about all networks, since a CRF hides its gradient: {', '.join(left_out)}."
        )
    findings = [*_kinds(networks, mean), *_orders(networks, mean), *_attacks(networks)]
    return [Heading("What the architectures say"), Paragraph(told), _table(networks, mean), Bullets(findings)]


def mean_ratio(networks: Networks, attacks: Sequence[str]) -> np.ndarray:
    """Of each network [V, 1 + R], over these attacks and all epsilons."""
    return np.mean([networks.ratio(attack, epsilon) for attack in attacks for epsilon in networks.epsilons], 0)


def _table(networks: Networks, mean: np.ndarray) -> Table:
    order = sorted(range(len(mean)), key=lambda place: float(networks.clean[place, 0]))
    rows = []
    for place in order:
        name = networks.names[place]
        facts = networks.facts[name]
        known = {True: "yes", False: "no", None: "-"}[facts.residual]
        size = f"{facts.parameters / 1e6:.3g}" if facts.parameters else "-"
        scores = (number(float(networks.clean[place, 0])), networks.evidence.format(mean[place], least=0.0))
        rows.append([name, ", ".join(filter(None, (facts.backbone, facts.head))) or "-", known, size, *scores])
    return Table(["Network", "Made of", "Residual", "Size", "Clean IoU", "IoU ratio"], rows, labels=2)


def _kinds(networks: Networks, mean: np.ndarray) -> list[str]:
    """What goes with residual connections, and with a ResNet-101 in place of VGG-16 under the same head."""
    found = []
    if networks.where(residual) and networks.where(plain):
        kinds = f"{_count(networks, residual)} with residual connections, less {_count(networks, plain)} without"
        found.append(f"Mean of {kinds}: {_points(networks, gap(networks, mean, residual, plain))}.")
    for head, (one, other) in heads(networks).items():
        names, more = f"{networks.names[one]} less {networks.names[other]}", _points(networks, mean[one] - mean[other])
        found.append(f"ResNet-101 in place of VGG-16, both with {head} ({names}): {more}.")
    return found


def _orders(networks: Networks, mean: np.ndarray) -> list[str]:
    """Whether accurate networks, or large ones, are robust."""
    found = []
    if len(mean) >= FEWEST:
        correlation = _ranks(networks, rank_correlation(networks.clean, mean))
        found.append(f"Rank correlation of the IoU ratio with the clean IoU: {correlation}.")
    sizes = np.array([[facts.parameters] for facts in networks.facts.values()], float)
    known = np.flatnonzero(sizes[:, 0])
    if len(known) >= FEWEST:
        correlation = _ranks(networks, rank_correlation(sizes[known], mean[known]))
        found.append(
            f"With the number of parameters, of the {len(known)} networks whose number is known: {correlation}."
        )
    return found


def _attacks(networks: Networks) -> list[str]:
    """What attacks of one kind leave beyond those of another, in the mean over the networks."""
    run = {name: pair for name, pair in PAIRS.items() if set(pair) <= set(networks.attacks)}
    found = [
        f"{name} leaves beyond its iterative version, mean over the networks: {_more(networks, [one], [other])}."
        for name, (one, other) in run.items()
    ]
    if len(run) == len(PAIRS):
        untargeted, targeted = PAIRS.values()
        found.append(f"Untargeted attacks leave beyond targeted ones: {_more(networks, untargeted, targeted)}.")
    return found


def _more(networks: Networks, attacks: Sequence[str], others: Sequence[str]) -> str:
    return _points(networks, (mean_ratio(networks, attacks) - mean_ratio(networks, others)).mean(0))


def _points(networks: Networks, score: Score) -> str:
    return f"{networks.evidence.format(score, '+.1f')} points"


def _ranks(networks: Networks, score: Score) -> str:
    return format_score(score, networks.evidence.units, "+.2f", ranks=True)


def _count(networks: Networks, kind: Callable[[Facts], bool]) -> str:
    count = len(networks.where(kind))
    return f"{count} network{'s' if count > 1 else ''}"
