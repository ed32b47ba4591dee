"""Attacked photographs on a page: of each network and attack a row of pictures an epsilon."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.document import Photographs
from tfadvseg.reports.embedded import Room, label_map, photograph
from tfadvseg.reports.sheets import agreement, amplification, around_grey, largest_change, scaled_title, share, strength
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.examples import Attacked, Example

SIDES = (640, 448, 320, 224, 160, 112)
"""Pixels of the longer side of a picture at most, the first at which all of them fit."""


class Shown(NamedTuple):
    """A picture. source: the picture itself, as a data URI. alt: what it shows; caption: what stands below it."""

    source: str
    alt: str
    caption: str


class Row(NamedTuple):
    """What one attack did at one epsilon."""

    title: str
    pictures: tuple[Shown, ...]


class Attack(NamedTuple):
    """name: as in results. rows: by ascending epsilon."""

    name: str
    title: str
    rows: tuple[Row, ...]


class Subject(NamedTuple):
    """A photograph before one network. clean: the photograph, its labels and its prediction; colours: {class: its
    colour as #rrggbb}; step: every how many-th pixel of a row and of a column is shown."""

    title: str
    clean: tuple[Shown, ...]
    colours: dict[str, str]
    attacks: tuple[Attack, ...]
    step: int


def subjects(block: Photographs, room: Room) -> list[Subject]:
    """Those of the photographs that were attacked, as large as there is room for; none where there is too little."""
    attacked = [example for example in block.examples if example.attacked]
    for side in SIDES:
        tried, found = Room(room.left), list[Subject]()
        for example in attacked:
            found.append(_subject(example, block.label_space, side))
            if not tried.take(*_sources(found[-1])):
                break
        else:
            room.left, room.used = tried.left, room.used + tried.used
            return found
    return []


def _sources(subject: Subject) -> list[str]:
    rows = [row for attack in subject.attacks for row in attack.rows]
    return [picture.source for pictures in (subject.clean, *(row.pictures for row in rows)) for picture in pictures]


def _subject(example: Example, label_space: LabelSpace, side: int) -> Subject:
    step = max(1, math.ceil(max(example.image.shape) / side))
    behind = f" behind {transform_title(example.transform)}" if example.transform else ""
    clean = (
        Shown(photograph(example.image[::step, ::step]), f"Clean image {example.name}", "Clean image"),
        Shown(label_map(example.truth[::step, ::step], label_space), "Its labels", "Labels"),
        Shown(
            label_map(example.prediction[::step, ::step], label_space),
            "Prediction on the clean image",
            f"Prediction, {agreement(example.prediction, example)}",
        ),
    )
    attacks = tuple(
        Attack(name, attack_title(name), tuple(_row(one, example, label_space, step) for one in example.under(name)))
        for name in example.attacks
    )
    maps = [example.truth, example.prediction, *(one.prediction for one in example.attacked)]
    return Subject(f"{example.model}{behind}, image {example.name}", clean, _colours(maps, label_space), attacks, step)


def _row(one: Attacked, example: Example, label_space: LabelSpace, step: int) -> Row:
    factor, changed = amplification(largest_change(one)), one.prediction != example.prediction
    what = f"{attack_title(one.attack)}, {strength(one.epsilon)}"
    attacked, added, seen = (
        array[::step, ::step]
        for array in (example.image + one.perturbation, around_grey(one.perturbation, factor), one.prediction)
    )
    told = f"Prediction, {agreement(one.prediction, example)}, {share(changed.sum(), changed.size)} of pixels changed"
    return Row(
        strength(one.epsilon),
        (
            Shown(photograph(attacked), f"Attacked image under {what}", "Attacked image"),
            Shown(photograph(added), f"Perturbation of {what}", scaled_title(factor)),
            Shown(label_map(seen, label_space), f"Prediction under {what}", told),
        ),
    )


def _colours(maps: Sequence[np.ndarray], label_space: LabelSpace) -> dict[str, str]:
    """Of the classes that occur in the maps."""
    present = sorted(set().union(*(np.unique(labels).tolist() for labels in maps)))
    names = {label: "void" if label == IGNORED else label_space.names[label] for label in present}
    return {name: "#{:02x}{:02x}{:02x}".format(*label_space.colours(np.array(label))) for label, name in names.items()}
