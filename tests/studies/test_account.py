"""What every report says of its run: what was attacked, what it took, of what it was made."""

import dataclasses
import json

import numpy as np
from made_up import Answer, cell

from tfadvseg.reports.document import Bullets, Heading, Table
from tfadvseg.studies.account import (
    attacked_part,
    costs_of_jobs,
    costs_part,
    provenance_of_jobs,
    provenance_part,
)
from tfadvseg.studies.report import completed
from tfadvseg.studies.robustness.report import REPORT
from tfadvseg.studies.run import FinishedRun, Notes

MADE = {
    "models": {"a": "98436d942f803344"},
    "data": "de02f496",
    "source": "3df3baf5",
    "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    "arithmetic": {"threads": 2, "environment": {}, "cuda": {"driver": "550"}},
}
NOTES = {"revision": "7d301739e413+", "started": "2026-01-31 12:00:00", "command": ["robustness.py", "--output=my run"]}


def recorded(run: FinishedRun, settings=None, notes=None) -> FinishedRun:
    """The same with more in its recipe.json."""
    recipe = {"recipe": {**run.settings, **(settings or {})}} | ({"notes": notes} if notes else {})
    (run.folder / "recipe.json").write_text(json.dumps(recipe))
    return FinishedRun.read(run.folder)


def counted(run: FinishedRun, **costs) -> FinishedRun:
    """The same with costs by cell."""
    arrays = {name: np.array(values, float) for name, values in costs.items()}
    return dataclasses.replace(run, results=dataclasses.replace(run.results, **arrays))


def test_what_was_attacked_and_how(robustness):
    run = robustness()
    assert attacked_part(run) == [
        Bullets(
            [
                "Networks: a, a+crf.",
                "Images: made_up validation, 16 images.",
                "Attacks: FGSM, Iterative FGSM ll, smallest; epsilon 1, 8 in grey levels of 0..255.",
            ],
            heading="What was attacked, and how",
        )
    ]
    (told,) = attacked_part(recorded(run, {"attacked_as": "Protocol x."}))
    assert told.items[-1] == "Protocol x."


def test_attacks_without_an_epsilon_name_none(finish):
    run = finish("robustness", {cell("a"): Answer(50.0), cell("a", "smallest", None): Answer(1.0)}, {})
    assert attacked_part(run)[0].items[-1] == "Attacks: smallest."


def test_costs_are_summed_by_network_and_attack(finish):
    cells = [
        cell("a"),
        cell("a", "fgsm", 1.0),
        cell("a", "fgsm", 8.0),
        cell("b"),
        cell("b", "fgsm", 8.0, source="a"),
        cell("b", "fgsm", 8.0, expected="jpeg"),
    ]
    run = finish("robustness", dict.fromkeys(cells, Answer(50.0)), {})
    assert costs_part(run) == []  # nothing was counted
    found = costs_part(
        counted(
            run,
            gradients=[0, 1000, 200, 0, 30, 7],
            queries=[0, 0, 5, 0, 0, 0],
            seconds=[0.25, 1, 2, 0.5, 4, 8],
            forwards=[np.nan, 3, np.nan, np.nan, np.nan, 1],
        )
    )
    assert found[0] == Heading("Costs")
    assert found[2] == Table(
        ["Made on", "What", "Gradients", "Forward passes", "Queries", "Seconds"],
        [
            ["a", "Clean images", "0", "-", "0", "0.2"],
            ["a", "FGSM", "1,230", "3", "5", "7.0"],
            ["b", "Clean images", "0", "-", "0", "0.5"],
            ["b", "FGSM over JPEG", "7", "1", "0", "8.0"],
        ],
        labels=2,
    )


def test_provenance_is_what_the_recipe_says_and_no_more(robustness):
    run = robustness()
    assert provenance_part(run) == [] and run.notes == Notes()
    (told,) = provenance_part(recorded(run, MADE, NOTES))
    assert told == Bullets(
        [
            "Model a: 98436d942f803344.",
            "Photographs and labels: de02f496.",
            "Source of tfadvseg that decides numbers: 3df3baf5.",
            "Revision: 7d301739e413+.",
            "Versions: python 3.11.7, numpy 2.4.6.",
            "Arithmetic: threads 2, cuda driver 550.",
            "Started: 2026-01-31 12:00:00.",
            "Command: robustness.py '--output=my run'.",
        ],
        heading="Provenance",
    )


def test_costs_of_jobs_have_a_sum(finish):
    cells = dict.fromkeys([cell("a"), cell("a", "fgsm", 1.0)], Answer(50.0))
    one = counted(
        finish("robustness", cells, {}, name="1"), gradients=[0, 1000], seconds=[0.5, 1], forwards=[np.nan] * 2
    )
    other = counted(
        finish("robustness", cells, {}, name="2"), gradients=[0, 30], queries=[0, 7], seconds=[1, 2], forwards=[1, 2]
    )
    _, _, table = costs_of_jobs({"robustness": one, "modern": other})
    assert table.header == ["Job", "Photographs", "Gradients", "Forward passes", "Queries", "Seconds"]
    assert table.rows == [
        ["robustness", "16", "1,000", "-", "0", "1.5"],
        ["modern", "16", "30", "3", "7", "3.0"],
        ["all of them", "", "1,030", "3", "7", "4.5"],
    ]
    assert costs_of_jobs({}) == []


def test_what_jobs_share_is_told_once_and_what_differs_of_each(finish):
    first, second = (
        recorded(finish("robustness", {cell("a"): Answer(50.0)}, {}, name=name), MADE, NOTES) for name in "12"
    )
    other = recorded(second, {"data": "another", "models": {"b": "0123"}}, {"command": ["/x/pipelines/crf.py", "-v"]})
    made, commands = provenance_of_jobs({"robustness": first, "crf": other})
    assert made == Bullets(
        [
            "Model a: 98436d942f803344.",
            "Model b: 0123.",
            "Source of tfadvseg that decides numbers: 3df3baf5.",
            "Versions: python 3.11.7, numpy 2.4.6.",
            "Arithmetic: threads 2, cuda driver 550.",
            "Photographs and labels: de02f496. (robustness)",
            "Revision: 7d301739e413+. (robustness)",
            "Photographs and labels: another. (crf)",
        ],
        "Provenance",
    )
    assert commands == Bullets(
        [
            "robustness, started 2026-01-31 12:00:00: robustness.py '--output=my run'",
            "crf, started at a time that is not known: python -m pipelines.crf -v",
        ],
        "Commands",
    )
    assert provenance_of_jobs({}) == []


def test_a_report_says_nothing_twice(robustness):
    """What the answer says already is not told again where it would be all of a list."""
    run = robustness()
    told = REPORT.document(run, [], [])
    pair = told.blocks[1]
    assert isinstance(pair, Bullets) and pair in completed(told, run, ["Another."]).blocks
    assert pair not in completed(told, run, [*pair.items, "Another."]).blocks
