"""Lets the tests of this folder import what lies beside them; finished runs that are made up, with their folders."""

import pathlib
import sys

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).parent))

import made_up_runs

from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs.examples import Attacked, Example, save_examples

LABELS = LabelSpace(("road", "sky", "car"), ((128, 64, 128), (70, 130, 180), (0, 0, 142)))


@pytest.fixture
def finish(tmp_path):
    """Writes a run folder of made-up answers, and reads it."""
    return made_up_runs.finisher(tmp_path)


robustness = pytest.fixture(made_up_runs.robustness)
transforms = pytest.fixture(made_up_runs.transforms)
crf = pytest.fixture(made_up_runs.crf)
transfer = pytest.fixture(made_up_runs.transfer)
masking = pytest.fixture(made_up_runs.masking)
certificate = pytest.fixture(made_up_runs.certificate)


@pytest.fixture
def add_examples():
    """Writes examples.npz into a run folder: one image before `model`, attacked, and behind each of the transforms."""

    def add(folder: pathlib.Path, model: str, attack: str, transforms=()) -> None:
        rng = np.random.default_rng(0)
        truth = np.repeat([[0] * 8 + [1] * 7 + [255]], 12, axis=0)
        change = rng.choice([-8.0, 8.0], (12, 16, 3)).astype(np.float32)
        image = rng.integers(0, 256, (12, 16, 3)).astype(np.float32)
        prediction = np.where(truth == 255, 1, truth)
        attacked = (Attacked(attack, 8.0, change, np.full_like(truth, 2)),)
        found = [Example(model, "0001", image, truth, prediction, attacked, one) for one in ("", *transforms)]
        save_examples(folder / "examples.npz", LABELS, found)

    return add
