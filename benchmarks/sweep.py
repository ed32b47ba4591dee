"""What a sweep costs beside the gradients it contains, and what sharing one trajectory saves.

    python -m benchmarks.sweep saved_models/enet_scenes saved_models/fcn8s_scenes [--rounds 9] [--batch 1]

Prints, for each model, medians over the rounds of: the 80 bare gradients of the grid of four attacks and eight
epsilons; the grid as sweeps; the grid as 32 separate attacks; and the ratios, the first paired within a round.
"""

import argparse
import pathlib
import statistics
import time

import tensorflow as tf

from tfadvseg.attacks import ATTACKS, EPSILONS, PAPER
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.attacks.plan import plan
from tfadvseg.models import load
from tfadvseg.seeds import no_seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch", type=int, default=1)
    options = parser.parse_args()
    tf.get_logger().setLevel("ERROR")  # 32 attacks are 32 traces, on purpose
    print(
        f"{'model':16} {'gradients':>10} {'sweeps':>8} {'separate':>9} {'sweeps/gradients':>17} {'separate/sweeps':>16}"
    )
    for path in options.models:
        bare, shared, separate = measure(load(path), options.batch, options.rounds)
        overhead = statistics.median(b / a for a, b in zip(bare, shared, strict=True))
        saved = statistics.median(separate) / statistics.median(shared)
        seconds = [statistics.median(times) for times in (bare, shared, separate)]
        print(
            f"{pathlib.Path(path).name:16} {seconds[0]:9.2f}s {seconds[1]:7.2f}s {seconds[2]:8.2f}s {overhead:17.3f} "
            f"{saved:16.2f}",
            flush=True,
        )


def measure(model, batch, rounds):
    """Seconds of the bare gradients and of the sweeps, in turns, and of separate attacks, a third as often."""
    attacks = [ATTACKS[name](epsilon) for name in PAPER for epsilon in EPSILONS]
    groups = [sweep for sweep, _ in plan(attacks)]
    images = tf.round(255 * tf.random.stateless_uniform((batch, *model.input_size, 3), (0, 1)))
    labels = tf.argmax(model(images), -1, tf.int32)
    seeds = no_seeds(images)
    gradients = [
        (
            sum(cost.gradients for cost in sweep.costs),
            tf.function(lambda x, objective=objective: plain_gradient(model, objective, x, labels, seeds).gradient),
        )
        for sweep, objective in zip(groups, (away_from_labels, toward_least_likely), strict=True)
    ]

    def bare():
        for count, gradient in gradients:
            for _ in range(count):
                gradient(images)

    def shared():
        for sweep in groups:
            sweep(model, images, labels, seeds, None)

    def separate():
        for attack in attacks:
            attack(model, images, labels, seeds)

    for warm_up in (bare, shared, separate):
        warm_up()
    times = {run: [] for run in (bare, shared, separate)}
    for number in range(rounds):
        for run in (bare, shared) if number % 2 else (shared, bare):
            times[run].append(_seconds(run))
        if number % 3 == 0:
            times[separate].append(_seconds(separate))
    return times.values()


def _seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
