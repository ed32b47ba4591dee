"""Speed of each transform alone, and of OpenCV doing the same to one image at a time.

    python -m benchmarks.transforms [--size 360 480] [--batch 4] [--rounds 15]

Prints, for each transform, medians over the rounds, taken in turns, in images/s: the transform; the transform with its
gradient; OpenCV, draws by NumPy included; the ratio of the first to OpenCV, paired within a round; and by how many
grey levels the two differ at most when they draw the same.
"""

import argparse
import statistics
import time

import cv2
import numpy as np
import tensorflow as tf

from tfadvseg.transforms import TRANSFORMS
from tfadvseg.transforms.grayscale import simplex_weights


def blurred(image, sigma):
    window = 2 * int(4 * sigma + 0.5) + 1
    return cv2.GaussianBlur(image, (window, window), sigma, borderType=cv2.BORDER_REFLECT)


def jittered(image, noise):
    """OpenCV's hue goes from 0 to 360, the others from 0 to 1."""
    hsv = cv2.cvtColor(image / np.float32(255), cv2.COLOR_RGB2HSV)
    hue = (hsv[..., 0] + noise[..., 0] * np.float32(360 / 255)) % 360
    others = (hsv[..., 1:] + noise[..., 1:] / np.float32(255)).clip(0, 1)
    return 255 * cv2.cvtColor(np.dstack([hue, others]), cv2.COLOR_HSV2RGB)


def grayed(image, weights):
    return cv2.transform(image, np.tile(weights, (3, 1)))


def compressed(image, quality):
    bgr = cv2.cvtColor(image.round().clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
    file = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, int(quality)))[1]
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB).astype(np.float32)


def by_opencv(name, size):
    """(what one image draws by NumPy, what images draw from their seeds, what OpenCV makes of an image and a draw)."""
    transform = TRANSFORMS[name]
    if name == "blur":
        return lambda rng: rng.uniform(0, 2), transform.sigmas, blurred
    if name == "hsv":
        return (
            lambda rng: 60 * rng.random((*size, 3), np.float32) - 30,
            lambda seeds: transform.noise(seeds, size),
            jittered,
        )
    if name == "grayscale":
        return lambda rng: rng.dirichlet((1, 1, 1)), simplex_weights, grayed
    return lambda rng: rng.integers(50, 101), transform.qualities, compressed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(360, 480))
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"{'transform':15} {'images/s':>9} {'gradient':>9} {'OpenCV':>9} {'ratio':>6} {'difference':>11}")
    for name in TRANSFORMS:
        if name != "none":
            seconds, difference = measure(name, tuple(options.size), options.batch, options.rounds)
            rates = [options.batch / statistics.median(times) for times in seconds]
            ratio = statistics.median(b / a for a, _, b in zip(*seconds, strict=True))
            print(
                f"{name:15} {rates[0]:9.1f} {rates[1]:9.1f} {rates[2]:9.1f} {ratio:6.2f} {difference:11.4f}", flush=True
            )


def measure(name, size, batch, rounds):
    """Seconds a batch of the three, and their largest difference in grey levels."""
    transform = TRANSFORMS[name]
    draw, drawn_from, apply = by_opencv(name, size)
    images = _photographs(size, batch)
    seeds = tf.random.stateless_uniform((batch, 2), (0, 1), None, None, tf.int32)
    upstream = tf.random.stateless_normal(images.shape, (0, 2))
    rng, arrays = np.random.default_rng(0), images.numpy()
    alone = tf.function(lambda: transform(images, seeds))

    @tf.function
    def with_gradient():
        with tf.GradientTape() as tape:
            tape.watch(images)
            result = transform(images, seeds)
        return result, tape.gradient(result, images, upstream)

    def opencv():
        return [apply(image, draw(rng)) for image in arrays]

    same = [apply(image, drawn) for image, drawn in zip(arrays, drawn_from(seeds).numpy(), strict=True)]
    difference = np.abs(alone().numpy() - same).max()
    runs = (alone, with_gradient, opencv)
    for warm_up in runs:
        warm_up()
    seconds = {run: [] for run in runs}
    for number in range(rounds):
        for run in runs if number % 2 else runs[::-1]:
            started = time.perf_counter()
            run()
            seconds[run].append(time.perf_counter() - started)
    return list(seconds.values()), difference


def _photographs(size, batch):
    """Smooth colours with some grain, whole grey levels: JPEG takes its time by content."""
    rough = 255 * tf.random.stateless_uniform((batch, 12, 16, 3), (0, 3))
    grain = tf.random.stateless_normal((batch, *size, 3), (0, 4), stddev=4.0)
    return tf.clip_by_value(tf.round(tf.image.resize(rough, size, "bicubic") + grain), 0, 255)


if __name__ == "__main__":
    main()
