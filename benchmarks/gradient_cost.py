"""What an input gradient costs beside forward passes, for each network.

    python -m benchmarks.gradient_cost [enet icnet ...] [--width 0.25] [--repeats 5]

An attack's step is one gradient. Its floor is near two forward passes; much more means that some layer's gradient is
slow. Inputs are half as high and wide as the published ones. The two are run in turns; times and ratios are medians.
Processor time counts all threads and says more than the clock on a machine that others use, too.
"""

import argparse
import functools
import statistics
import time

import keras
import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.doctor.timing import tiled_image
from tfadvseg.models import zoo
from tfadvseg.seeds import no_seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(zoo.MODELS))
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    titles = ("forward", "gradient", "ratio")
    print(f"{'':38} {'processor':>26} {'clock':>26}")
    print(f"{'network':28} {'input':>9}", *(f"{title:>8}" for title in titles * 2))
    for name in options.networks:
        network = zoo.MODELS[name]
        size = halved(network.input_size)
        model = functools.partial(network.build(network.classes, size, options.width), training=False)
        processor, clock = costs(model, size, options.repeats)
        cells = [f"{forward:7.3f}s {gradient:7.3f}s {ratio:8.2f}" for forward, gradient, ratio in (processor, clock)]
        print(f"{name:28} {'x'.join(map(str, size)):>9}", *cells, flush=True)
        keras.backend.clear_session()


def halved(size):
    """About half of each side, of the same form (8 k + 1 stays 8 k + 1), and no less than the networks take."""
    return tuple(max(192, side // 2 // 32 * 32) + side % 8 % 2 for side in size)


def costs(model, size, repeats):
    """Two times (seconds of a forward pass, of an input gradient, their ratio): of the processor and of the clock."""
    images = tiled_image(size)
    forward = tf.function(lambda images: model(images))
    labels = tf.argmax(forward(images), -1, tf.int32)
    gradient = tf.function(lambda x: plain_gradient(model, away_from_labels, x, labels, no_seeds(x)).gradient)
    gradient(images)
    pairs = [(seconds(forward, images), seconds(gradient, images)) for _ in range(repeats)]
    for number in range(2):
        rows = [(first[number], second[number], second[number] / first[number]) for first, second in pairs]
        yield [statistics.median(column) for column in zip(*rows, strict=True)]


def seconds(function, images):
    """(of the processor, of the clock)."""
    started = time.process_time(), time.perf_counter()
    function(images).numpy()
    return time.process_time() - started[0], time.perf_counter() - started[1]


if __name__ == "__main__":
    main()
