"""Maps between the classes of a network and those of a dataset, from spreadsheets."""

import pathlib
import random

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, text_of
from tfadvseg.data.framing import Frame
from tfadvseg.data.labels import CAMVID
from tfadvseg.models.class_map import read_class_map
from tfadvseg.models.interface import Interface
from tfadvseg.models.reading import Reading
from tfadvseg.models.spec import ModelSpec, how_read

FILE = "map.csv"
NAMES = ("road", "sky", "car, parked", "4", "void")


def target() -> Target:
    return Target(seeds, [_mapped], changed)


def seeds() -> list[Files]:
    by_name = 'model,dataset\nroad,road\nsky,sky\n"car, parked",car\n3,building\nvoid,\n'
    by_number = "dataset;model\nroad;0\nsky;1\ncar;2\nroad;3\n;4\n"
    tabs = "Model\tDataset\n" + "".join(f"{name}\tcar\n" for name in NAMES)
    return [{FILE: by_name.encode()}, {FILE: by_number.encode("utf-16")}, {FILE: tabs.encode()}]


def changed(files: Files, rng: random.Random) -> Files:
    """Also what counts as a number or a name in one place and in another not."""
    content = files[FILE]
    assert isinstance(content, bytes)
    if rng.random() < 0.6 or content.startswith(b"\xff\xfe"):
        return {FILE: text_of(content, rng)}
    lines = content.decode().splitlines()
    at, words = (
        rng.randrange(len(lines)),
        ("\u00b2", "\u0664", "-1", "5", "0" * 5000, "9" * 5000, "", "\u2028", '"', "\0"),
    )
    cells = lines[at].replace("\t", ",").split(",")
    cells[rng.randrange(len(cells))] = rng.choice(words)
    lines[at] = ("\t" if "\t" in lines[at] else ",").join(cells)
    return {FILE: "\n".join(lines).encode()}


def _mapped(folder: pathlib.Path) -> None:
    found = read_class_map(folder / FILE, NAMES)
    assert len(found) == len(NAMES)
    interface = Interface("logits", "images", "logits", "float32", "NHWC", "NHWC", None, (8, 8), 1.0, len(NAMES))
    how = Reading(classes=NAMES, class_map=found)
    spec = ModelSpec("net", pathlib.Path("net/1"), "0123", len(NAMES), Frame((8, 8)), interface, reading=how)
    how_read(spec.on(CAMVID, "camvid"))
