"""What a sweep costs beside the gradients it contains, and what sharing one trajectory saves.

    python -m benchmarks.sweep saved_models/enet_scenes saved_models/fcn8s_scenes [--rounds 5] [--batch 4]

Prints, for each model, medians over the rounds of: the 80 bare gradients of the grid of four attacks and eight
epsilons; the grid as sweeps; the grid as 32 separate attacks; and the ratios, paired within a round.
"""

import argparse
import statistics
import time

import tensorflow as tf

from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.attacks.seeds import no_seeds
from tfadvseg.attacks.sweep import sweeps
from tfadvseg.models import load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    print(
        f"{'model':16} {'gradients':>10} {'sweeps':>8} {'separate':>9} {'sweeps/gradients':>17} {'separate/sweeps':>16}"
    )
    for path in options.models:
        times = measure(load(path), options.batch, options.rounds)
        bare, shared, separate = (statistics.median(column) for column in zip(*times, strict=True))
        overhead = statistics.median(b / a for a, b, _ in times)
        saved = statistics.median(c / b for _, b, c in times)
        print(
            f"{path[-16:]:16} {bare:9.2f}s {shared:7.2f}s {separate:8.2f}s {overhead:17.3f} {saved:16.2f}", flush=True
        )


def measure(model, batch, rounds):
    """[(seconds of the bare gradients, of the sweeps, of separate attacks)] for each round, interleaved."""
    attacks = [make(epsilon) for make in ATTACKS.values() for epsilon in EPSILONS]
    groups = [sweep for sweep, _ in sweeps(attacks)]
    images = tf.round(255 * tf.random.stateless_uniform((batch, *model.input_size, 3), (0, 1)))
    labels = tf.argmax(model(images), -1, tf.int32)
    seeds = no_seeds(images)
    gradients = [
        (
            sweep.gradients,
            tf.function(lambda x, objective=objective: plain_gradient(model, objective, x, labels, seeds)),
        )
        for sweep, objective in zip(groups, (away_from_labels, toward_least_likely), strict=True)
    ]

    def bare():
        for count, gradient in gradients:
            for _ in range(count):
                gradient(images)

    def shared():
        for sweep in groups:
            sweep(model, images, labels, seeds)

    def separate():
        for attack in attacks:
            attack(model, images, labels, seeds)

    for warm_up in (bare, shared, separate):
        warm_up()
    return [tuple(_seconds(run) for run in (bare, shared, separate)) for _ in range(rounds)]


def _seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
