"""A white-box run on six made-up images, as a program of its own, so that a test can kill it at any moment.

    python six_images.py <SavedModel> <run folder> [units] [inside]

With `units` it kills itself (SIGKILL) once so many units are finished, or, with `inside`, while the next is half
written.
"""

import os
import signal
import sys

import numpy as np

from tfadvseg.attacks import ATTACKS, PAPER
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.split import Split
from tfadvseg.engine.collect import collect
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.run import carry_out
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.team import alone
from tfadvseg.engine.worker import Worker
from tfadvseg.models import describe
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import rows

SIZES = ((32, 48), (28, 40), (32, 48), (64, 96), (32, 30), (50, 48))
"""As large as the network's input, smaller and larger."""


def example(number):
    """(image uint8 [H, W, 3], labels uint8 [H, W]): blocks in pale colours of their classes, and noise."""
    rng = np.random.default_rng(number)
    height, width = SIZES[number]
    blocks = rng.integers(0, CAMVID.classes, (-(-height // 8), -(-width // 8)))
    labels = np.kron(blocks, np.ones((8, 8), int))[:height, :width].astype(np.uint8)
    image = (100 + 0.2 * CAMVID.colours(labels) + rng.normal(0, 6, (height, width, 3))).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.1] = 255
    return image, labels


def split(numbers=range(6)):
    """These of the six, as a split of a dataset."""
    ids = tuple(f"image_{number}" for number in numbers)
    return Split("made_up", "validation", ids, ids, tuple((number,) for number in numbers), example)


def grid(names=PAPER, epsilons=(0.25, 1.0, 8.0), **settings):
    """Attacks by name, each at each epsilon."""
    return tuple((name, ATTACKS[name](epsilon, **settings)) for name in names for epsilon in epsilons)


def go(scenarios, folder, images=6, batch_size=1, folder_class=RunFolder, models=None, extras=()):
    """What is collected of the scenarios after they were run in the folder."""
    shards, opened = Shards(split(range(images)), batch_size), folder_class(folder, {"batch_size": batch_size}, {})
    experiment = Experiment(tuple(scenarios), shards, "off", extras=tuple(extras))
    carry_out(experiment, opened, alone(Worker(experiment, opened, models)))
    for extra in extras:
        extra.write(shards, opened)
    return collect(scenarios, shards, opened, "made_up", "validation")


def without_seconds(collected):
    """Rows of results.csv less the one column that is never the same."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows(collected.results)]


class Killed(RunFolder):
    """A run folder whose process is killed after some units."""

    units_left, inside = 0, False

    def save(self, unit, arrays):
        if not self.units_left and self.inside:
            np.savez_compressed = self._half
        super().save(unit, arrays)
        self.units_left -= 1
        if not self.units_left and not self.inside:
            os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def _half(file, **arrays):
        file.write(b"PK\x03\x04 and no more")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Killed.units_left, Killed.inside = int(sys.argv[3]), sys.argv[4:] == ["inside"]
    go([white_box(describe(sys.argv[1]), Protocol(grid()))], sys.argv[2], folder_class=Killed)
