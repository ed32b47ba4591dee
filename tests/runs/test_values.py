"""Frozen values go to JSON and come back equal; nothing that a file names is run."""

import collections.abc
import dataclasses
import json
import pathlib
import typing

import pytest

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.attacks.noise import Noise
from tfadvseg.data.labels import CAMVID
from tfadvseg.runs.provenance import versions
from tfadvseg.runs.results import Cell
from tfadvseg.runs.values import _fits, as_json, of_json

CELL = Cell("scenes", "validation", "enet", "enet", "fgsm", 8.0, "none", "jpeg", 3)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -0.1, 1e-300, "ä", b"\x00\xff", pathlib.Path("a/b"), (), (1, (2.5, "x")), [1, [None]],
        {"a": (1,), 2: [3]}, CAMVID, CELL, (CELL, dataclasses.replace(CELL, epsilon=None)), versions, Cell,
        Cost(1, 2, 3),
    ],
)  # fmt: skip
def test_a_value_comes_back_equal_and_of_its_type(value):
    found = of_json(json.loads(json.dumps(as_json(value))))
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "value", [lambda: 0, object(), {1, 2}, json.dumps, test_a_value_comes_back_equal_and_of_its_type]
)
def test_what_cannot_be_read_back_is_not_written(value):
    with pytest.raises(TypeError):
        as_json(value)


@pytest.mark.parametrize(
    "written",
    [
        {"name": "os:system"},
        {"name": "tfadvseg.lock:os"},
        {"name": "tfadvseg.lock:os.kill"},
        {"name": "tfadvseg.no:a"},
        {"name": "tfadvseg.runs.provenance:Path"},
        {"name": "tfadvseg_other:a"},
        {"name": ""},
        {"what": 1},
        {"value": "tfadvseg.runs.provenance:versions", "of": {}},
        {"value": "subprocess:Popen", "of": {"args": "ls"}},
        {"value": "tfadvseg.runs.folder:RunFolder", "of": {"folder": "x", "recipe": None, "notes": None}},
        {"value": "tfadvseg.runs.provenance:versions", "tuple": []},
        {"value": "tfadvseg.attacks.base:Cost", "tuple": ["1", 0, 0]},
        {"value": "tfadvseg.attacks.base:Cost", "tuple": [1, 0]},
    ],
)
def test_nothing_else_is_looked_up_and_nothing_is_run(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError):
        of_json(written)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "hint", "fits"),
    [
        ("x", typing.Any, True),
        (("x", 1), tuple[typing.Any, ...], True),
        ((1, 2.0), tuple[float, ...], True),
        ((1, "2"), tuple[float, ...], False),
        (True, int, False),
        (None, int | None, True),
        ({"a": 1}, collections.abc.Mapping[str, typing.Any], True),
        ([], collections.abc.Mapping[str, typing.Any], False),
        (LInf(), Ball, True),
        (Noise(8.0), Ball, False),
        (Noise(8.0), Attack, True),
        (LInf(), Attack, False),
        (LInf, Ball, False),
    ],
)
def test_a_field_takes_what_its_type_says(value, hint, fits):
    assert _fits(value, hint) is fits
