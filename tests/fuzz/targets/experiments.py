"""What a run folder says that its experiment was, from which a report completes it."""

import json
import pathlib

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tfadvseg.attacks import ATTACKS
from tfadvseg.data.framing import Frame
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.photographs import read
from tfadvseg.data.split import Split
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.planned import FILE, Planned, planned
from tfadvseg.engine.scenario import Protocol, Scenario, white_box
from tfadvseg.engine.scenario import Target as Shown
from tfadvseg.models.interface import Interface
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.values import as_json


def target() -> Target:
    return Target(seeds, [_completed])


def seeds() -> list[Files]:
    interface = Interface("logits", "images", "logits", "float32", "NHWC", "NHWC", None, (8, 8), 1.0, 11)
    model = ModelSpec("net", pathlib.Path("net/1"), "0123", 11, Frame((8, 8), "pad", (0.0, 0.0, 0.0)), interface)
    ids = ("a", "b", "c")
    split = Split("camvid", "test", ids, ids, tuple((pathlib.Path(f"{name}.png"),) for name in ids), read)
    attacks = tuple((name, ATTACKS[name](4.0)) for name in ("fgsm", "ifgsm_ll"))
    protocol = Protocol(attacks)
    shown = Scenario(model, protocol, (Shown(model), Shown(model, "jpeg", 2, False)))
    plans = [
        Planned(Experiment(scenarios, Shards(split, 2)), "camvid", "test", CAMVID, {"networks": ["net"]})
        for scenarios in ((white_box(model, protocol),), (shown,))
    ]
    return [{FILE: json.dumps(as_json(plan)).encode()} for plan in plans]


def _completed(folder: pathlib.Path) -> None:
    plan = planned(folder)
    if plan is not None and plan.missing(RunFolder(folder, {}, {})):
        for scenario in plan.experiment.scenarios:
            scenario.cells(plan.dataset, plan.split)
