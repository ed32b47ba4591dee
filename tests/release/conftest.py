"""Finished runs that are made up, as those of tests/studies."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "studies"))

from made_up import Answer, cell, write_run

from tfadvseg.studies.run import FinishedRun


@pytest.fixture
def finish(tmp_path):
    """Writes a run of {(model, attack, epsilon) or cell: IoU or answer}, whose clean IoU is 50, and reads it."""

    def make(attacked, name="run", study="robustness", clean=50.0, **settings):
        cells = {(cell(*key) if isinstance(key, tuple) else key): value for key, value in attacked.items()}
        answers = {cell(model): Answer(clean) for model in dict.fromkeys(one.model for one in cells)}
        answers |= {one: value if isinstance(value, Answer) else Answer(value) for one, value in cells.items()}
        return FinishedRun.read(write_run(tmp_path / name, study, answers, {}, **settings))

    return make
