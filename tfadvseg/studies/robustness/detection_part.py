"""The part of the report about whether attacks are seen by the network's entropy and confidence."""

import pandas as pd

from tfadvseg.reports.cells import attacks, epsilons, headline_epsilon, models
from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.robustness.detection import by_confidence, by_entropy, in_words


def detection_part(evidence: Evidence, cells: pd.DataFrame) -> list[Block]:
    """By both numbers at the headline epsilon, by the entropy at all; nothing where nothing has an epsilon or of one
    image."""
    epsilon, found = headline_epsilon(cells), attacks(cells)
    rows, over, told = [], [], []
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
            over.append([model, attack_title(attack), *(number(curve.get(e, float("nan"))) for e in epsilons(cells))])
        told += [in_words(evidence, model, shown, epsilon)] if shown else []
    if not rows or evidence.images < 2:
        return []
    blocks: list[Block] = [
        Heading("Is an attack seen?"), Paragraph(_text(epsilon)), Bullets(told),
        Table(["Network", "Attack", "By entropy", "By confidence"], rows, labels=2),
    ]  # fmt: skip
    sizes = [f"{e:g}" for e in epsilons(cells)]
    if len(sizes) > 1:
        blocks += [Paragraph("By entropy at every epsilon:"), Table(["Network", "Attack", *sizes], over, labels=2)]
    return blocks


def _text(epsilon: float) -> str:
    return (
        "How well attacked images are told from clean ones by how unsure the network is of an image, at epsilon "
        f"{epsilon:g}: the per cent of pairs of an attacked and a clean image in which the attacked one has the higher "
        "mean entropy, or the lower mean confidence (AUROC), with 95 % intervals over images. 50 is chance. Below 50 "
        "attacked images look surer than clean ones, and a detector turned round, which has to know so beforehand, is "
        "right in the rest; so nothing here was chosen on the images that it is judged on. An attack counts as given "
        "away where the interval lies on one side of 50."
    )


def _form(evidence: Evidence, score: Score) -> str:
    low, high = (min(max(end, 0.0), 100.0) for end in evidence.interval(score))
    return with_interval(float(score[0]), low, high)
