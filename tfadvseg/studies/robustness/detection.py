"""Is an attack seen in the network's own answer? By how unsure it is of an image, attacked or not."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tfadvseg.metrics.detection import auroc
from tfadvseg.reports.cells import attacks as attacks_of
from tfadvseg.reports.cells import epsilons, headline_epsilon, models
from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Evidence, Score

UNSEEN, KNOWN, NOISE = "ifgsm_unseen", "ifgsm", "noise"
"""The attack that knows the detector and keeps the entropy where it was; the same without that; and what is none."""

CHANCE = 50.0
FEWEST = 5
"""Groups of images below which nothing is said to be seen. Where attacks change nothing, all attacked images of n look
less sure than all clean ones, or all surer, in 2 of (2n over n) cases: in every third of 2, in 2 of 252 of 5."""


def by_entropy(evidence: Evidence, model: str, attack: str, epsilon: float) -> Score:
    """Per cent of the pairs of an attacked and a clean image in which the attacked one has more mean entropy."""
    return _told_by(evidence, evidence.results.entropy, model, attack, epsilon)


def by_confidence(evidence: Evidence, model: str, attack: str, epsilon: float) -> Score:
    """The same of less mean confidence."""
    return _told_by(evidence, -evidence.results.confidence, model, attack, epsilon)


def seen(evidence: Evidence, score: Score) -> bool:
    """Whether attacked images are surely told from clean ones, on whichever side of chance; never of fewer than FEWEST
    groups of images."""
    if evidence.units < FEWEST:
        return False
    low, high = evidence.interval(score)
    return bool(low > CHANCE or high < CHANCE)


def _told_by(evidence: Evidence, sums: np.ndarray, model: str, attack: str, epsilon: float) -> Score:
    clean = evidence.image_means(sums, model=model, attack=CLEAN)
    attacked = evidence.image_means(sums, model=model, source_model=model, attack=attack, epsilon=epsilon)
    return 100 * auroc(attacked, clean, evidence.weights)


def in_words(evidence: Evidence, model: str, attacks: Sequence[str], epsilon: float) -> str:
    """Whether detection by entropy survives an attack that knows it."""
    if evidence.units < FEWEST:
        return f"Whether the entropy of {model} gives attacks away takes {FEWEST} groups of images or more to say."
    usual = [attack for attack in attacks if attack not in (UNSEEN, NOISE)]
    found = [attack for attack in usual if seen(evidence, by_entropy(evidence, model, attack, epsilon))]
    told = f"The entropy of {model} surely gives away {len(found)} of {len(usual)} attacks that do not know of it"
    if UNSEEN not in attacks:
        return f"{told}; whether it gives away one that does is not known without {UNSEEN}."
    score = by_entropy(evidence, model, UNSEEN, epsilon)
    what = "gives away" if seen(evidence, score) else "does not surely give away"
    left = evidence.ratio(model=model, source_model=model, attack=UNSEEN, epsilon=epsilon)
    beside = ""
    if KNOWN in attacks:
        plain = evidence.ratio(model=model, source_model=model, attack=KNOWN, epsilon=epsilon)
        beside = f", where {attack_title(KNOWN)} leaves {evidence.format(plain, least=0.0)} %"
    return (
        f"{told}, and {what} {attack_title(UNSEEN)}, which does: {evidence.format(score, least=0.0)} %. That leaves "
        f"{evidence.format(left, least=0.0)} % of the clean IoU{beside}."
    )


def detection_part(evidence: Evidence, cells: pd.DataFrame) -> list[Block]:
    """By both numbers at the headline epsilon, by the entropy at all; nothing where nothing has an epsilon or of one
    image."""
    epsilon, found = headline_epsilon(cells), attacks_of(cells)
    rows, over, told, others = [], [], [], [e for e in epsilons(cells) if e != epsilon]
    for model in models(cells):
        run = {
            attack: [
                e for e in epsilons(cells) if evidence.has(model=model, source_model=model, attack=attack, epsilon=e)
            ]
            for attack in found
        }
        shown = [attack for attack, sizes in run.items() if epsilon in sizes]
        for attack in shown:
            scores = [by(evidence, model, attack, epsilon) for by in (by_entropy, by_confidence)]
            rows.append([model, attack_title(attack), *(_form(evidence, score) for score in scores)])
            curve = {e: float(by_entropy(evidence, model, attack, e)[0]) for e in run[attack]}
            over.append([model, attack_title(attack), *(number(curve.get(e, float("nan"))) for e in others)])
        told += [in_words(evidence, model, shown, epsilon)] if shown else []
    if not rows or evidence.images < 2:
        return []
    blocks: list[Block] = [
        Heading("Is an attack seen?"),
        Paragraph(_text(epsilon)),
        Bullets(told),
        Table(["Network", "Attack", "By entropy", "By confidence"], rows, labels=2),
    ]
    sizes = [f"{e:g}" for e in others]
    if sizes:
        blocks += [Paragraph("By entropy at the other epsilons:"), Table(["Network", "Attack", *sizes], over, labels=2)]
    return blocks


def _text(epsilon: float) -> str:
    return (
        "How well attacked images are told from clean ones by how unsure the network is of an image, at epsilon "
        f"{epsilon:g}: the per cent of pairs of an attacked and a clean image in which the attacked one has the higher "
        "mean entropy, or the lower mean confidence (AUROC), with 95 % intervals over images. 50 is chance. Below 50 "
        "attacked images look surer than clean ones, and a detector turned round, which has to know so beforehand, is "
        "right in the rest; so nothing here was chosen on the images that it is judged on. An attack counts as given "
        "away where the interval lies on one side of 50. The attack that knows of the entropy does not know of the "
        "confidence."
    )


def _form(evidence: Evidence, score: Score) -> str:
    low, high = (min(max(end, 0.0), 100.0) for end in evidence.interval(score))
    return with_interval(float(score[0]), low, high)
