"""Which classes break first: the IoU of each, on clean images and under each attack."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tfadvseg.metrics import intervals
from tfadvseg.metrics.radii import radius_text
from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.reports.cells import attacks, headline_epsilon, models
from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number, with_interval
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.evidence import Evidence, Score
from tfadvseg.studies.robustness.envelope import Envelope, envelope_of

SHOWN = 4
"""Attacks that the table of a network has."""
NAMED = 3
"""Classes that the sentence names."""


@dataclasses.dataclass(frozen=True, eq=False)
class ClassKept:
    """IoU in per cent of one class on clean images and under each attack, NaN where it is not in the labels. kept: the
    least share in per cent that any of the attacks leaves of the clean IoU; units: groups of images with the class."""

    name: str
    clean: float
    attacked: tuple[float, ...]
    kept: Score
    units: int


def classes_kept(evidence: Evidence, model: str, shown: Sequence[str], epsilon: float) -> list[ClassKept]:
    """Of each class, the one that loses the largest share of its IoU first, those without any to lose last.

    As for whole networks, the worst attack is found anew in each resample.
    """
    clean = evidence.class_iou(model=model, attack=CLEAN)
    under = [evidence.class_iou(model=model, source_model=model, attack=a, epsilon=epsilon) for a in shown]
    kept = np.min([iou_ratio(one, clean) for one in under], 0)
    found = [
        ClassKept(name, float(clean[c, 0]), tuple(float(one[c, 0]) for one in under), kept[c], int(units))
        for c, (name, units) in enumerate(zip(evidence.results.class_names, evidence.class_units, strict=True))
    ]
    return sorted(found, key=lambda one: (np.isnan(one.clean), np.isnan(one.kept[0]), one.kept[0]))


def class_part(evidence: Evidence, cells: pd.DataFrame, found_envelopes: Sequence[Envelope] = ()) -> list[Block]:
    """A table and a sentence for each network, at the headline epsilon; nothing where nothing has an epsilon."""
    epsilon = headline_epsilon(cells)
    blocks: list[Block] = []
    for model in models(cells):
        own = {"model": model, "source_model": model, "epsilon": epsilon}
        shown = [attack for attack in attacks(cells) if evidence.has(**own, attack=attack)]
        if shown:
            least = sorted(shown, key=lambda attack: float(evidence.iou(**own, attack=attack)[0]))[:SHOWN]
            shown = [attack for attack in shown if attack in least]
            found = classes_kept(evidence, model, shown, epsilon)
            blocks += [Heading(model, 3), Paragraph(first_to_break(model, found))]
            blocks.append(_table(found, shown, worst_of_classes(envelope_of(found_envelopes, model), epsilon)))
    told = (
        f"IoU of each class in per cent on clean images and at epsilon {epsilon:g}, under the {SHOWN} attacks that "
        "leave a network least where there are more, sorted by what is kept: the least share of its clean IoU that any "
        "of these leaves a class, with its 95 % interval where two groups of images or more have the class. Worst "
        "case: what is left where of everything that was run the worst is picked for each image, against this class "
        "alone; epsilon 50: where that is half of the clean IoU. The intervals of all cells are in per_class.csv."
    )
    return [Heading("IoU by class"), Paragraph(told), *blocks] if blocks else []


def first_to_break(model: str, found: Sequence[ClassKept]) -> str:
    """A sentence; found: as sorted by `classes_kept`."""
    breaking = [one for one in found if one.kept[0] < 100][:NAMED]
    if not breaking:
        return f"No class of {model} loses any of its IoU."
    each = [f"{one.name} ({_kept(one)} % kept)" for one in breaking]
    listed = each[0] if len(each) == 1 else f"{', '.join(each[:-1])} and {each[-1]}"
    return f"Of {model}, {listed} {'breaks' if len(each) == 1 else 'break'} first."


def worst_of_classes(envelope: Envelope | None, epsilon: float) -> dict[str, tuple[str, str]]:
    """{class: (its worst case, its epsilon 50)} as written."""
    if envelope is None:
        return {}
    names, radii = envelope.evidence.results.class_names, envelope.radii_of_classes()
    classes = zip(names, envelope.at(epsilon).classes, radii, strict=True)
    return {name: (number(iou), radius_text(radius, envelope.epsilons)) for name, iou, radius in classes}


def _table(found: Sequence[ClassKept], shown: Sequence[str], worst: Mapping[str, tuple[str, str]]) -> Table:
    rows = [
        [one.name, number(one.clean), *map(number, one.attacked), _kept(one), *worst.get(one.name, ("-", "-"))]
        for one in found
    ]
    return Table(["Class", "Clean", *map(attack_title, shown), "Kept (%)", "Worst case", "Epsilon 50"], rows)


def _kept(one: ClassKept) -> str:
    low, high = np.maximum(intervals.interval(one.kept, one.units), 0.0)
    return with_interval(float(one.kept[0]), float(low), float(high))
