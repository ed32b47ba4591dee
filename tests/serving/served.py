"""A SavedModel with the signatures of a served network, made of the package's own transforms and attacks, and an input
for each of them."""

import functools
import pathlib

import numpy as np
import tensorflow as tf

from tests.models.strangers import HEAD, KERNEL, network
from tfadvseg.attacks import ifgsm
from tfadvseg.models.signatures import signatures
from tfadvseg.transforms import named

SIZE = 32, 48
ATTACK = ifgsm(8.0, alpha=4.0, steps=3, in_range=True)
DEFENSE = named("jpeg+hsv")
DRAWN = "defended"
"""The one signature that answers otherwise each time."""


class Served(tf.Module):
    """A network of three layers behind photographs of any size."""

    def __init__(self):
        super().__init__()
        self.kernel, self.head = tf.Variable(KERNEL), tf.Variable(HEAD)

    def logits(self, images):
        return network(images, self.kernel, self.head)

    def placed(self, images):
        return tf.ensure_shape(tf.image.resize(tf.cast(images, tf.float32), SIZE), (None, *SIZE, 3))

    def of_logits(self, logits, size):
        scores = tf.nn.log_softmax(tf.image.resize(logits, size))
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(scores) * scores, -1), (1, 2))
        confidence = tf.reduce_mean(tf.exp(tf.reduce_max(scores, -1)), (1, 2))
        return {
            "labels": tf.cast(tf.argmax(scores, -1), tf.uint8), "confidence": confidence, "entropy": entropy,
        }  # fmt: skip

    def answer(self, images):
        return self.of_logits(self.logits(self.placed(images)), tf.shape(images)[1:3])

    def encoded(self, image_bytes):
        def one(file):
            found = self.answer(tf.io.decode_image(file, 3, expand_animations=False)[None])
            return tf.io.encode_png(found["labels"][0][..., None]), found["confidence"][0], found["entropy"][0]

        parts = tf.map_fn(one, image_bytes, fn_output_signature=(tf.string, tf.float32, tf.float32))
        return dict(zip(("labels_bytes", "confidence", "entropy"), parts, strict=True))

    def defended_of_seeds(self, images, seeds):
        return self.of_logits(self.logits(DEFENSE(self.placed(images), seeds)), tf.shape(images)[1:3])

    def defended(self, images):
        drawn = tf.random.uniform((tf.shape(images)[0], 2), tf.int32.min, tf.int32.max, tf.int32)
        return self.defended_of_seeds(images, drawn)

    def attacked(self, images, epsilons):
        placed = tf.round(self.placed(images))
        labels = tf.argmax(self.logits(placed), -1, tf.int32)
        radii = epsilons[:, None, None, None]
        found = ATTACK.within(radii, self.logits, placed, labels, None, None, None)
        adversarial = tf.round(tf.clip_by_value(placed + found, 0, 255))
        moved = adversarial - placed
        return {
            "adversarial": tf.cast(adversarial, tf.uint8), "labels_before": tf.cast(labels, tf.uint8),
            "labels_after": tf.cast(tf.argmax(self.logits(adversarial), -1), tf.uint8),
            "linf": tf.reduce_max(tf.abs(moved), (1, 2, 3)), "l2": tf.sqrt(tf.reduce_sum(moved**2, (1, 2, 3))),
        }  # fmt: skip


def write(folder: pathlib.Path) -> pathlib.Path:
    """<folder>/served/1, a SavedModel with these signatures."""
    served = Served()
    photographs, placed = (
        tf.TensorSpec((None, *size, 3), dtype, "images")
        for size, dtype in (((None, None), tf.uint8), (SIZE, tf.float32))
    )
    seeds = tf.TensorSpec((None, 2), tf.int32, "seeds")
    functions = {
        "serving_default": (served.answer, photographs),
        "encoded": (served.encoded, tf.TensorSpec((None,), tf.string, "image_bytes")),
        "defended": (served.defended, photographs),
        "defended_of_seeds": (served.defended_of_seeds, photographs, seeds),
        "attacked": (served.attacked, photographs, tf.TensorSpec((None,), tf.float32, "epsilons")),
        "logits": (lambda images: {"logits": served.logits(images)}, placed),
    }
    concrete = {name: tf.function(f).get_concrete_function(*specs) for name, (f, *specs) in functions.items()}
    version = folder / "served" / "1"
    tf.saved_model.save(served, str(version), concrete, tf.saved_model.SaveOptions(experimental_custom_gradients=True))
    return version


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
