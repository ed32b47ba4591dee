"""What a step of an attack that expects a transform costs beside the plain gradients it stands for.

    python -m benchmarks.expectation saved_models/enet_camvid [--samples 10] [--memory 2048] [--rounds 7]

Prints, for each transform, medians over the rounds, paired within a round: one expectation of n samples over n plain
gradients, by the clock and by the processor's time (which other programs disturb less). The step toward the least
likely class also looks at the untransformed image, the one away from labels does not.
"""

import argparse
import pathlib
import statistics
import time

import tensorflow as tf

from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.doctor.memory import images_at_once
from tfadvseg.models import load
from tfadvseg.seeds import no_seeds
from tfadvseg.transforms import TRANSFORMS

OBJECTIVES = {"away from labels": away_from_labels, "toward least likely": toward_least_likely}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--memory", type=int, default=2048, help="MiB that a batch of samples may take.")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(f"{'model':16} {'transform':15} {'objective':20} {'at once':>7} {'clock':>6} {'processor':>9}")
    for path in options.models:
        model = load(path)
        at_once = images_at_once(model, model.input_size, options.memory * 2**20)
        for name, transform in TRANSFORMS.items():
            estimator = ExpectedGradient(transform, options.samples, at_once)
            for title, objective in OBJECTIVES.items():
                clock, processor = measure(model, estimator, objective, options.rounds)
                print(
                    f"{pathlib.Path(path).name:16} {name:15} {title:20} {estimator.chunk:7} {clock:6.3f} "
                    f"{processor:9.3f}",
                    flush=True,
                )


def measure(model, estimator, objective, rounds):
    """(ratio by the clock, ratio by processor time) of one expectation over its number of plain gradients."""
    images = tf.round(255 * tf.random.stateless_uniform((1, *model.input_size, 3), (0, 1)))
    labels = tf.argmax(model(images), -1, tf.int32)
    seeds = no_seeds(images)
    expected = tf.function(lambda x: estimator(model, objective, x, labels, seeds))
    plain = tf.function(lambda x: plain_gradient(model, objective, x, labels, seeds).gradient)

    def bare():
        for _ in range(estimator.samples):
            plain(images).numpy()

    def whole():
        expected(images).numpy()

    bare(), whole()
    ratios = []
    for number in range(rounds):
        times = {run: _seconds(run) for run in ((bare, whole) if number % 2 else (whole, bare))}
        ratios.append([after / before for before, after in zip(times[bare], times[whole], strict=True)])
    return [statistics.median(column) for column in zip(*ratios, strict=True)]


def _seconds(run):
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    main()
