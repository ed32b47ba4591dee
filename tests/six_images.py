"""A white-box experiment on six made-up images, as a program of its own, so that a test can kill it at any moment.

    python six_images.py <SavedModel> <run folder> [units] [inside]

With `units` it kills itself (SIGKILL) once so many units are finished, or, with `inside`, while the next is half
written.
"""

import os
import signal
import sys

import numpy as np
import tensorflow as tf

from tfadvseg.attacks import ATTACKS
from tfadvseg.data.labels import CAMVID
from tfadvseg.experiments.encounter import Protocol, white_box
from tfadvseg.experiments.gather import gather
from tfadvseg.experiments.run import Shards, run
from tfadvseg.models import load
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Cell

SIZES = ((32, 48), (28, 40), (32, 48), (64, 96), (32, 30), (50, 48))
"""As large as the network's input, smaller and larger."""


def example(number):
    """(id, image uint8 [H, W, 3], labels uint8 [H, W, 1]): blocks in pale colours of their classes, and noise."""
    rng = np.random.default_rng(number)
    height, width = SIZES[number]
    blocks = rng.integers(0, CAMVID.classes, (-(-height // 8), -(-width // 8)))
    labels = np.kron(blocks, np.ones((8, 8), int))[:height, :width].astype(np.uint8)
    image = (100 + 0.2 * CAMVID.colours(labels) + rng.normal(0, 6, (height, width, 3))).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.1] = 255
    return f"image_{number}", image, labels[..., None]


def examples():
    """All six as the TFDS builders give them."""
    signature = {
        "id": tf.TensorSpec((), tf.string),
        "image": tf.TensorSpec((None, None, 3), tf.uint8),
        "labels": tf.TensorSpec((None, None, 1), tf.uint8),
    }
    rows = [dict(zip(signature, example(number), strict=True)) for number in range(len(SIZES))]
    return tf.data.Dataset.from_generator(lambda: iter(rows), output_signature=signature)


def grid(names=tuple(ATTACKS), epsilons=(0.25, 1.0, 8.0), **settings):
    """Attacks by name, each at each epsilon."""
    return tuple((name, ATTACKS[name](epsilon, **settings)) for name in names for epsilon in epsilons)


def experiment(model, folder, protocol=None, batch_size=1, folder_class=RunFolder):
    """(rows, findings, examples) of the experiment in the run folder."""
    encounters = [white_box(model, protocol or Protocol(grid()))]
    shards = Shards(examples(), len(SIZES), batch_size)
    opened = folder_class(folder, {"batch_size": batch_size}, {})
    run(encounters, shards, opened, "off")
    found = gather(encounters, shards, opened, Cell("made_up", "validation", "", "", "clean", 0.0))
    return found.rows, found.findings, found.examples


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
    experiment(load(sys.argv[1]), sys.argv[2], folder_class=Killed)
