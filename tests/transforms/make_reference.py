"""Writes reference.npz: what TensorFlow Addons and an old TensorFlow make of two images; `make reference` runs this.

TensorFlow Addons reached its end of life in May 2024 and cannot be imported beside Keras 3. Its last release lives in
an environment of its own: Python 3.11, TensorFlow 2.15.1, TensorFlow Addons 0.23.0, NumPy 1.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

FILE = pathlib.Path(__file__).with_name("reference.npz")
SIGMAS = (0.2, 0.5, 1.0, 1.3, 2.0)
CORNERS = [[r, g, b] for r in (0, 128, 255) for g in (0, 128, 255) for b in (0, 128, 255)]


def main():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (2, 24, 32, 3)).astype(np.float32)
    images[1] = np.round(images[1])
    images[1].reshape(-1, 3)[: len(CORNERS)] = CORNERS  # black, greys, white and saturated colours
    noise = rng.uniform(-30, 30, images.shape).astype(np.float32)

    hsv = 255 * tf.image.rgb_to_hsv(images / 255)
    hue, saturation, value = np.moveaxis(hsv.numpy() + noise, -1, 0)
    moved = np.stack([hue % 255, np.clip(saturation, 0, 255), np.clip(value, 0, 255)], axis=-1)
    arrays = {
        "images": images,
        "sigmas": np.float32(SIGMAS),
        "blurred": np.stack([blurred(images, sigma) for sigma in SIGMAS]),
        "noise": noise,
        "hsv": hsv,
        "jittered": 255 * tf.image.hsv_to_rgb(moved / 255),
        "gray": tf.image.rgb_to_grayscale(images),
        "versions": f"tensorflow {tf.__version__}, tensorflow-addons {tfa.__version__}, numpy {np.__version__}",
    }
    np.savez_compressed(FILE, **{name: np.asarray(array) for name, array in arrays.items()})
    print(f"{FILE}: {FILE.stat().st_size} bytes by {arrays['versions']}")


def blurred(images, sigma):
    """The window of scipy.ndimage.gaussian_filter, and its border: "SYMMETRIC" here is called "reflect" there."""
    window = 2 * int(4 * sigma + 0.5) + 1
    return tfa.image.gaussian_filter2d(images, window, sigma, padding="SYMMETRIC")


if __name__ == "__main__":
    main()
