"""A SavedModel with every signature of a served network, exported as `pipelines.export` does it; inputs for each."""

import functools
import pathlib

import numpy as np
import tensorflow as tf

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.pace import steps_of
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.signatures import signatures
from tfadvseg.serving.attacked import ServedAttack
from tfadvseg.serving.servable import of_file
from tfadvseg.serving.served import Served, export_served

SERVED = Served("jpeg+blur", 3, ServedAttack("ifgsm_ll", ATTACKS["ifgsm_ll"](1.0), steps_of(1.0, None)))
"""--defense=jpeg,blur --trials=3 --attack=ifgsm_ll"""
DRAWN = "defended"
"""The one signature that answers otherwise each time."""


def write(model: LoadedModel, folder: pathlib.Path) -> pathlib.Path:
    """<folder>/served/1, the model with these signatures."""
    return export_served(of_file(model), SERVED, "served", {}, folder)


def photographs(count: int, height: int, width: int) -> np.ndarray:
    """uint8 [count, height, width, 3]: coarse blocks, which a JPEG file keeps well, and a little noise."""
    rng = np.random.default_rng(height * width + count)
    blocks = rng.integers(0, 230, (count, -(-height // 8), -(-width // 8), 3)).repeat(8, 1).repeat(8, 2)
    return (blocks[:, :height, :width] + rng.integers(0, 26, (count, height, width, 3))).astype(np.uint8)


@functools.cache
def files() -> np.ndarray:
    """A JPEG and a PNG file of other sizes."""
    jpeg = tf.io.encode_jpeg(photographs(1, 41, 57)[0]).numpy()
    return np.array([jpeg, tf.io.encode_png(photographs(1, 30, 20)[0]).numpy()], object)


def inputs(folder: pathlib.Path, name: str) -> dict[str, np.ndarray]:
    """Arguments for a signature of a SavedModel, by the names and shapes that its file tells."""
    found = {}
    for tensor in signatures(folder)[name].inputs:
        match tensor.key:
            case "images" if tensor.dtype == "float32":
                height, width = (side or 32 for side in tensor.shape[1:3])
                found["images"] = photographs(2, height, width).astype(np.float32)
            case "images":
                found["images"] = photographs(2, 45, 70)
            case "image_bytes":
                found["image_bytes"] = files()
            case "seeds":
                found["seeds"] = np.array([[3, -5], [7, 11]], np.int32)
            case "epsilons":
                found["epsilons"] = np.array([4.0, 0.5], np.float32)
            case other:
                raise AssertionError(f"no input for {other}")
    return found


def answers(folder: pathlib.Path) -> dict[str, dict[str, np.ndarray]]:
    """{signature: {output: array}} to `inputs`, as TensorFlow loads and runs them here."""
    loaded = tf.saved_model.load(str(folder))
    found = {}
    for name, signature in loaded.signatures.items():
        given = {key: tf.constant(array) for key, array in inputs(folder, name).items()}
        found[name] = {key: answer.numpy() for key, answer in signature(**given).items()}
    return found
