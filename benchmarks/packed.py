"""What packed weights cost beside float32: gradients, loading, and how far logits move.

    python -m benchmarks.packed saved_models/fcn8s_scenes [more of the zoo ...] [--repeats 7] [--photograph street.jpg]

Each SavedModel's network is exported twice, as it is and with its large kernels in float16 (serving.packed); both are
opened and attacked in turns on one image, so that other work on the machine meets both. Prints the median ratio of
seconds of an input gradient, packed over float32, the seconds to load each, the sizes of the files, and the largest
difference of a logit as a share of the largest one, 0 for a file that is packed already. Without a photograph the image
is a rendered street.
"""

import argparse
import dataclasses
import pathlib
import statistics
import tempfile
import time

import numpy as np
import tensorflow as tf

from tfadvseg import data
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.data.files import read_photograph
from tfadvseg.models import card, describe, zoo
from tfadvseg.models.initial import start_from
from tfadvseg.seeds import no_seeds
from tfadvseg.serving.export import export


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="folders of SavedModels of the zoo's networks")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--photograph")
    options = parser.parse_args()
    image = photograph(options.photograph)
    print(f"{'network':28} {'gradient':>9} {'load':>15} {'MB':>13} {'logits move':>12}")
    for path in options.models:
        with tempfile.TemporaryDirectory() as folder:
            ratio, loading, sizes, moved = compared(path, pathlib.Path(folder), image, options.repeats)
        cells = (f"{a:6.2f} / {b:5.2f}{unit}" for (a, b), unit in ((loading, "s"), (sizes, "")))
        print(f"{pathlib.Path(path).name:28} {ratio:9.2f}", *cells, f"{moved:12.1e}", flush=True)


def photograph(path):
    """RGB in 0..255, [H, W, 3]."""
    if path:
        return read_photograph(pathlib.Path(path)).astype(np.float32)
    return data.named("scenes").split(None, "validation")[0].image.astype(np.float32)


def compared(path, folder, image, repeats):
    """(ratio of gradients, seconds to load, MB, largest difference of logits); each pair is of packed and float32."""
    files = [exported(path, folder, half) for half in (True, False)]
    loading = [seconds(lambda file=file: describe(file).open()) for file in files]
    models = [describe(file).open() for file in files]
    shown = models[0].frame.place(tf.constant(image))[0][None]
    answers = [model(shown).numpy() for model in models]
    labels = tf.argmax(answers[1], -1, tf.int32)
    slopes = [gradient(model, labels) for model in models]
    pairs = [[seconds(lambda one=one: one(shown).numpy()) for one in slopes] for _ in range(1 + repeats)][1:]
    ratio = statistics.median(packed / whole for packed, whole in pairs)
    sizes = [sum(part.stat().st_size for part in file.rglob("*") if part.is_file()) / 1e6 for file in files]
    return ratio, loading, sizes, np.abs(answers[0] - answers[1]).max() / np.abs(answers[1]).max()


def exported(path, folder, half):
    """The network of a SavedModel, built anew by its card, in a file of its own."""
    spec = describe(path)
    found = card.read(spec.path)
    network = zoo.build(found.architecture, len(found.names), found.input_size, found.width or 1.0)
    start_from(network, str(spec.path))
    return export(network, dataclasses.replace(found, name="packed" if half else "whole"), folder, half)


def gradient(model, labels):
    """A traced function from images to the gradient of the loss that attacks take."""
    return tf.function(lambda x: plain_gradient(model, away_from_labels, x, labels, no_seeds(x)).gradient)


def seconds(call):
    """Of the clock."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
