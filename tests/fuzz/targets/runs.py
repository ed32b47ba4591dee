"""Run folders of others: what reports, gates, cards, leaderboards and programmes read of them."""

import io
import json
import pathlib
import tempfile

import numpy as np

from pipelines.common.ledger import Ledger
from pipelines.common.standing import Speeds
from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tests.studies.made_up import Answer, cell, write_run
from tfadvseg.release import card, gate, leaderboard
from tfadvseg.release.requirement import lines
from tfadvseg.release.robustness import robustness
from tfadvseg.runs.folder import RunFolder, recipe_of
from tfadvseg.runs.store import Disk
from tfadvseg.studies.run import FinishedRun


def target() -> Target:
    return Target(seeds, [_report, _unit, _programme])


def seeds() -> list[Files]:
    answers = {
        cell("net"): Answer(80.0),
        cell("net", "fgsm", 1.0): Answer(50.0),
        cell("net", "fgsm", 8.0): Answer(20.0),
        cell("other"): Answer(70.0),
        cell("other", "fgsm", 8.0): Answer(30.0),
    }
    with tempfile.TemporaryDirectory() as folder:
        run = write_run(
            pathlib.Path(folder, "run"),
            "robustness",
            answers,
            {},
            ["One warns."],
            data="0123",
            norm="linf",
            models={"net": "01", "other": "02"},
            attacked_as="As in the paper.",
            every=1,
        )
        files: Files = {path.name: path.read_bytes() for path in run.iterdir()}
    unit = io.BytesIO()
    np.savez_compressed(unit, hits=np.zeros((2, 3), np.int64), ids=np.array(["a", "b"]), left_out=np.array([], str))
    entry = {"words": ["--limit=4"], "terms": "0123", "finished": True, "sentence": ""}
    return [
        files
        | {
            "units/net-00000.npz": unit.getvalue(),
            "jobs.json": json.dumps({"robustness": entry}).encode(),
            "speeds.json": json.dumps({"0123": 0.5}).encode(),
            "units/xla.json": b"true",
        }
    ]


def _report(folder: pathlib.Path) -> None:
    run = FinishedRun.read(folder)
    assert run.table is not None and run.notes is not None and run.doubts is not None
    found = robustness(run)
    for one in found:
        card.files(one)
    leaderboard.page(leaderboard.entries_of(folder, found))
    for outcome in gate.judge(run, lines("iou@fgsm,8 >= 0.2\niou_ratio@worst_case,8 >= 0.5")):
        assert outcome.reason


def _unit(folder: pathlib.Path) -> None:
    run = RunFolder(folder, recipe_of(Disk(folder)), {})
    run.decide("xla", lambda: True)
    for unit in run.finished():
        run.load(unit)


def _programme(folder: pathlib.Path) -> None:
    Ledger(folder / "jobs.json").same("robustness", [], "")
    Speeds(folder).add({})
