"""Files of requirements."""

import pathlib
import random

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, text_of
from tfadvseg.release import requirement

FILE = "gate.txt"
LINES = (
    "iou_ratio@ifgsm_ll,4 >= 0.5\niou@clean > 60%  # of the clean images\n",
    "iou@worst_case,8,enet >= 0.3\nchange iou@ifgsm,8 >= -0.02\nmean_entropy@fgsm,1,enet,jpeg <= 1.5\n",
    'pixel_accuracy@clean,"a, b" >= 50 %\n',
)


def target() -> Target:
    return Target(seeds, [lambda folder: _read(folder / FILE)], changed)


def seeds() -> list[Files]:
    return [{FILE: text.encode()} for text in LINES]


def changed(files: Files, rng: random.Random) -> Files:
    content = files[FILE]
    assert isinstance(content, bytes)
    return {FILE: text_of(content, rng)}


def _read(path: pathlib.Path) -> None:
    for one in requirement.lines(path.read_bytes().decode("utf-8", "replace")):
        one.holds(50.0)
