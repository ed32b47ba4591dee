"""What an input gradient costs beside forward passes, for each network.

    python -m benchmarks.gradient_cost [enet icnet ...] [--width 0.25] [--repeats 5]

An attack's step is one gradient. Its floor is near two forward passes; much more means that some layer's gradient is
slow. Inputs are half as high and wide as the published ones.
"""

import argparse
import functools

import keras

from tfadvseg.experiments.timing import forward_and_gradient
from tfadvseg.models import zoo


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(zoo.MODELS))
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"{'network':28} {'input':>9} {'forward':>9} {'gradient':>9} {'ratio':>6}")
    for name in options.networks:
        network = zoo.MODELS[name]
        size = halved(network.input_size)
        model = functools.partial(network.build(network.classes, size, options.width), training=False)
        forward, gradient = forward_and_gradient(model, size, options.repeats)
        ratio = gradient / forward
        print(f"{name:28} {'x'.join(map(str, size)):>9} {forward:8.3f}s {gradient:8.3f}s {ratio:6.2f}", flush=True)
        keras.backend.clear_session()


def halved(size):
    """About half of each side, of the same form (8 k + 1 stays 8 k + 1), and no less than the networks take."""
    return tuple(max(192, side // 2 // 32 * 32) + side % 8 % 2 for side in size)


if __name__ == "__main__":
    main()
