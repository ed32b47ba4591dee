"""Finished runs that are made up, as those of tests/studies."""

import pathlib
import sys

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "studies"))

from made_up import IMAGES, Answer, cell, write_run

from tfadvseg.studies.masking.names import LARGE, Battery, Try
from tfadvseg.studies.run import FinishedRun


@pytest.fixture
def finish(tmp_path):
    """Writes a run of {(model, attack, epsilon) or cell: IoU or answer}, whose clean IoU is 50, and reads it."""

    def make(attacked, name="run", study="robustness", clean=50.0, **settings):
        cells = {(cell(*key) if isinstance(key, tuple) else key): value for key, value in attacked.items()}
        answers = {cell(model): Answer(clean) for model in dict.fromkeys(one.model for one in cells)}
        answers |= {one: value if isinstance(value, Answer) else Answer(value) for one, value in cells.items()}
        return FinishedRun.read(write_run(tmp_path / name, study, answers, {}, **{"data": "photographs"} | settings))

    return make


@pytest.fixture
def masked(tmp_path):
    """Writes a run of pipelines.masking on one model whose gradient is masked, or not, and reads it."""

    def make(mask: bool, name="masking", **settings):
        battery = Battery("ifgsm", 8.0, (Try("ifgsm", LARGE, "20 steps at epsilon 64", "other attacks", 64.0),))
        answers = {cell("a"): Answer(50.0), cell("a", "ifgsm", 8.0): Answer(20.0)}
        answers[cell("a", "ifgsm", 64.0)] = Answer(20.0 if mask else 1.0)
        folder = write_run(tmp_path / name, "masking", answers, battery.as_json(), **settings)
        np.savez(folder / "initial_gradients.npz", **{"a/away": np.full((3, IMAGES), 0.01)})
        return FinishedRun.read(folder)

    return make
