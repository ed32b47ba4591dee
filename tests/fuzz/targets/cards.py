"""What lies beside a SavedModel's graph: its card, its reading, the list of its packed weights."""

import dataclasses
import json
import pathlib
import random

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, files_of
from tests.fuzz.targets import saved_models
from tfadvseg.data.labels import CAMVID, LabelSpace
from tfadvseg.models import card, spec

FOUR = LabelSpace(("a", "b", "c", "d"), CAMVID.palette[:4])
CARD = card.Card(
    "net",
    "enet",
    FOUR.names,
    FOUR.palette,
    (8, 8),
    (1.0, 2.0, 3.0),
    12,
    {"mean IoU": 12.5},
    {"dataset": "camvid", "added": {"crf": {"steps": 5}}, "of the network": {"added": {"scales": [50]}}},
    "pad",
    0.5,
)
READING = {
    "preset": "imagenet",
    "signature": "logits",
    "input_name": "images",
    "layout": "NHWC",
    "channel_order": "bgr",
    "size": [8, 8],
    "multiple": [1, 1],
    "fit": "stretch",
    "colour": [1, 2, 3],
    "classes": ["a", "b", "c", "d"],
    "palette": [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]],
    "class_map": ["a", "b", "c", "d"],
    "mean": [1, 2.5, 3],
}
CARD_FILE, READING_FILE, WEIGHTS_FILE = "1/assets.extra/card.json", "1/assets.extra/reading.json", "weights.json"


def target() -> Target:
    saved_models.target()  # nothing of an input is loaded
    return Target(seeds, [_card, _described], changed)


def seeds() -> list[Files]:
    graph = saved_models.network((8, 8))
    own = {CARD_FILE: json.dumps(dataclasses.asdict(CARD)).encode()}
    given = {READING_FILE: json.dumps(READING).encode()}
    return [graph | own, graph | given, graph | own | given]


def changed(files: Files, rng: random.Random) -> Files:
    own = {name: content for name, content in files.items() if name.endswith(".json")}
    return files | files_of(own, rng)


def _card(folder: pathlib.Path) -> None:
    found = card.read(folder / "1")
    if found:
        json.dumps(found.added)
        found.write(folder / "1")


def _described(folder: pathlib.Path) -> None:
    found = spec.describe(folder)
    spec.how_read(found)
    for one in (found.class_names, found.digest, found.scale, found.bare.name):
        assert one is not False
    found.on(FOUR, "four")
