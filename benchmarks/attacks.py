"""What each attack's step costs beside the gradient of the network that it takes.

    python -m benchmarks.attacks enet_scenes fcn8s_scenes [--steps 20] [--rounds 7] [--attacks mi_fgsm segpgd ...]

Prints for each network and attack the seconds of the attack, those of as many bare gradients (and bare forward passes,
where it takes further ones), and the median over the rounds of their ratio, paired within a round, by the clock and in
processor time, which says more beside other work. At most 1.05 in processor time is wanted. Traced is how often the
network was gone through to build the attack's graph, in all rounds together. `--memory` prints the peak memory of
processes that run one attack with 10, 40 and 160 steps instead.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

import tensorflow as tf

from pipelines.common.objects import model_path
from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.engine.arithmetic import THREADS, set_threads
from tfadvseg.models import load
from tfadvseg.seeds import no_seeds

MEMORY_STEPS = (10, 40, 160)

STEPPING = tuple(
    name for name, one in ATTACKS.items() if one.has(Trait.STEPPING) and not one.has(Trait.TO_A_CLASS | Trait.HIDES)
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--attacks", nargs="+", default=STEPPING)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    set_threads(THREADS)
    if options.memory:
        memory(options)
        return
    print(
        f"{'network':16} {'attack':16} {'attack s':>9} {'gradients s':>12} {'ratio':>6} {'processor':>10} {'traced':>7}"
    )
    for name in options.models:
        model = load(model_path(name))
        for attack in options.attacks:
            counted = Counted(model)
            whole, bare = measure(counted, named(attack, options.steps, model), options.rounds)
            clock, processor = (
                statistics.median(w[k] / b[k] for w, b in zip(whole, bare, strict=True)) for k in (0, 1)
            )
            seconds = (statistics.median(one[0] for one in times) for times in (whole, bare))
            print(
                f"{name:16} {attack:16} {next(seconds):9.2f} {next(seconds):12.2f} {clock:6.3f} {processor:10.3f} "
                f"{counted.traced:7d}",
                flush=True,
            )


def named(name, steps, model):
    """At epsilon 8."""
    one = ATTACKS[name]
    count = len(model.card.names)
    weights = {"class_weights": (1.0 / count,) * count} if one.has(Trait.BY_CLASS) else {}
    return one(8.0, steps=steps, **weights)


class Counted:
    """A network that counts how often Python goes through it, which a graph that was traced does no more."""

    def __init__(self, model):
        self.model, self.traced = model, 0

    def __call__(self, *arguments):
        self.traced += 1
        return self.model(*arguments)

    def __getattr__(self, name):
        return getattr(self.model, name)


def inputs(model):
    """(images, labels, seeds) of one image; the labels are the network's own, so no pixel is lost from the start."""
    images = tf.round(255 * tf.random.stateless_uniform((1, *model.input_size, 3), (0, 1)))
    return images, tf.argmax(model(images), -1, tf.int32), no_seeds(images)


def measure(model, attack, rounds):
    """Seconds of the attack on the network that is counted, and of its gradients and forward passes alone, in turns:
    each time (by the clock, of the processor)."""
    images, labels, seeds = inputs(model.model)
    gradient = tf.function(lambda x: plain_gradient(model.model, away_from_labels, x, labels, seeds).gradient)
    forward = tf.function(lambda x: tf.argmax(model.model(x), -1))

    def bare():
        for _ in range(attack.cost.gradients):
            gradient(images)
        for _ in range(attack.cost.forwards):
            forward(images)

    def whole():
        attack(model, images, labels, seeds)

    times = {run: [] for run in (whole, bare)}
    whole(), gradient(images), forward(images)  # which traces them
    for number in range(rounds):
        for run in (bare, whole) if number % 2 else (whole, bare):
            started = time.perf_counter(), time.process_time()
            run()
            times[run].append((time.perf_counter() - started[0], time.process_time() - started[1]))
    return times.values()


def memory(options):
    """Each attack in processes of its own, whose peak is their largest resident size."""
    print(f"{'network':16} {'attack':16}" + "".join(f"{f'{steps} steps MiB':>15}" for steps in MEMORY_STEPS))
    for name in options.models:
        for attack in options.attacks:
            peaks = []
            for steps in MEMORY_STEPS:
                call = f"from benchmarks.attacks import peak; print(peak({name!r}, {attack!r}, {steps}))"
                ended = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
                peaks.append(int(ended.stdout.split()[-1]))
            print(f"{name:16} {attack:16}" + "".join(f"{peak:15d}" for peak in peaks), flush=True)


def peak(name, attack, steps):
    """MiB of this process after one attack."""
    set_threads(THREADS)
    model = load(model_path(name))
    named(attack, steps, model)(model, *inputs(model))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
