"""Time and memory of the dense CRF: forward, with its gradient, by size; beside pydensecrf (C++) where it is installed.

    python -m benchmarks.crf [photograph.jpg ...] [--rounds 7] [--classes 21]

pydensecrf 1.0rc3 on PyPI brings C++ made for older Pythons: from Python 3.11 on, build it with Cython 0.29.

Without a photograph it draws a street and adds noise of 3 grey levels, which gives as many vertices as a photograph of
VOC has. Prints medians over rounds that take turns, of wall-clock and of processor seconds, since the cores of a shared
machine are rarely free. The first call of each, which traces, is not counted. Peaks of memory are those of a fresh
process beyond its imports, and are taken first, since a process starts from its parent's peak.
"""

import argparse
import multiprocessing
import pathlib
import resource
import statistics
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from tfadvseg.crf.filtering import bilateral_filter, normalised
from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.data import scenes

try:
    from pydensecrf import densecrf
except ImportError:
    densecrf = None

SIZE = (375, 500)
SIZES = ((250, 333), (375, 500), (500, 667), (750, 1000), (1000, 1333))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="*", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--classes", type=int, default=21)
    options = parser.parse_args()
    if densecrf is None:
        print("pydensecrf is not installed, so nothing stands beside this implementation.\n")
    for kind in ("forward", "gradient"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(f"{kind}: {pool.apply(peak_memory, (kind, options.classes)):.0f} MB at its peak", flush=True)
    for path in options.photographs or [None]:
        height, width = SIZE
        print(f"\n{path or 'a drawn street'}, {height}x{width}, {options.classes} classes; ms, wall (processor)")
        for name in ("crf_rnn", "deeplab_resnet"):
            compare(name, photograph(path, SIZE), options.classes, options.rounds)
        print("\n  crf_rnn by size; microseconds a pixel, wall (processor)")
        costs = [by_size(photograph(path, size), options.classes, max(3, options.rounds // 2)) for size in SIZES]
        middle = statistics.mean(costs)
        furthest = max(abs(cost / middle - 1) for cost in costs)
        print(f"  wall-clock time a pixel is within {100 * furthest:.0f} % of its mean over the sizes")


def compare(name, image, classes, rounds):
    """One line for each: lattice, forward, with gradient, the C++ code; ratios are medians of those within a round."""
    parameters, logits = PARAMETERS[name], blobs(image.shape[1:3], classes)
    forward, gradient = functions(parameters)
    build = tf.function(lambda images: lattice_of(images, parameters))
    runs = {
        "lattice": lambda: build(image),
        "forward": lambda: forward(logits, image),
        "gradient": lambda: gradient(logits, image),
    }
    if densecrf is not None:
        runs["C++"] = lambda: cpp(logits, image, parameters)
    times = interleaved(runs, rounds)
    print(f"  {name}: {vertices(image, parameters)} vertices")
    for kind, pairs in times.items():
        wall, processor = (1000 * statistics.median(values) for values in zip(*pairs, strict=True))
        ratios = [
            statistics.median(a[clock] / b[clock] for a, b in zip(pairs, times["forward"], strict=True))
            for clock in (0, 1)
        ]
        print(f"    {kind:9} {wall:6.0f} ({processor:6.0f})   to forward {ratios[0]:.2f} ({ratios[1]:.2f})", flush=True)
    if densecrf is not None:
        difference = np.abs(tf.nn.softmax(forward(logits, image))[0] - cpp(logits, image, parameters))
        print(f"    marginals differ from the C++ code's by {difference.mean():.1e} on average")


def by_size(image, classes, rounds):
    """Prints and returns the microseconds a pixel."""
    parameters, logits = PARAMETERS["crf_rnn"], blobs(image.shape[1:3], classes)
    forward, _ = functions(parameters)
    pairs = interleaved({"forward": lambda: forward(logits, image)}, rounds)["forward"]
    pixels = image.shape[1] * image.shape[2]
    wall, processor = (1e6 * statistics.median(values) / pixels for values in zip(*pairs, strict=True))
    count = vertices(image, parameters)
    size = f"{image.shape[1]}x{image.shape[2]}"
    print(f"  {size:9} {wall:5.2f} ({processor:5.2f})   {count / pixels:.2f} vertices a pixel", flush=True)
    return wall


def functions(parameters):
    """Mean field, and its value's gradient with respect to the logits, as graphs."""
    forward = tf.function(lambda logits, images: mean_field(logits, images, parameters))

    @tf.function
    def gradient(logits, images):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            total = tf.reduce_sum(mean_field(logits, images, parameters)[..., 0])
        return tape.gradient(total, logits)

    return forward, gradient


def lattice_of(images, parameters):
    kernel = bilateral_filter(images, parameters.theta_alpha, parameters.theta_beta)
    return normalised(kernel, images, parameters.normalisation)


def vertices(image, parameters):
    return int(bilateral_filter(image, parameters.theta_alpha, parameters.theta_beta).lattice.splat.shape[1])


def cpp(logits, image, parameters):
    """Marginals [H, W, C] by pydensecrf."""
    height, width, classes = logits.shape[1:]
    crf = densecrf.DenseCRF2D(width, height, classes)
    crf.setUnaryEnergy(np.ascontiguousarray(-logits.numpy().reshape(-1, classes).T))
    settings = {"kernel": densecrf.CONST_KERNEL, "normalization": densecrf.NORMALIZE_AFTER}
    crf.addPairwiseGaussian(parameters.theta_gamma, parameters.spatial_weight, **settings)
    colours = np.ascontiguousarray(image.numpy()[0].astype(np.uint8))
    thetas = parameters.theta_alpha, parameters.theta_beta
    crf.addPairwiseBilateral(*thetas, colours, parameters.bilateral_weight, **settings)
    return np.array(crf.inference(parameters.iterations)).T.reshape(height, width, classes)


def interleaved(runs, rounds):
    """{name: [(wall, processor) seconds in each round]}, after a first call of each."""
    for run in runs.values():
        run()
    times = {name: [] for name in runs}
    for number in range(rounds):
        for name in list(runs)[:: 1 if number % 2 else -1]:
            wall, processor = time.perf_counter(), time.process_time()
            runs[name]()
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    return times


def photograph(path, size):
    """Whole grey levels [1, H, W, 3]: the file, or a drawn street under noise, in this size."""
    image = Image.open(path).convert("RGB") if path else Image.fromarray(scenes.render("validation", 0)[0])
    pixels = np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC), float)
    if path is None:
        pixels = pixels + np.random.default_rng(0).normal(0, 3, pixels.shape)
    return tf.constant(np.clip(np.round(pixels), 0, 255)[None], tf.float32)


def blobs(size, classes):
    """Logits [1, H, W, C] that agree over some 20 pixels, as a network's do."""
    coarse = np.random.default_rng(1).normal(0, 2, (1, size[0] // 20, size[1] // 20, classes))
    return tf.image.resize(tf.constant(coarse, tf.float32), size, "bicubic")


def peak_memory(kind, classes):
    """MB that tracing and running twice take beyond the imports; in a fresh process."""
    image, logits = photograph(None, SIZE), blobs(SIZE, classes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    forward, gradient = functions(PARAMETERS["crf_rnn"])
    run = forward if kind == "forward" else gradient
    for _ in range(3):
        run(logits, image)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    main()
