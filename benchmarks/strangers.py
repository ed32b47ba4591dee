"""Networks in the forms that people save, each attacked through this package and by a direct computation.

    python -m benchmarks.strangers

Around the logits of saved_models/enet_scenes a SavedModel of each form is written, read with no more than the fields
that it needs, and attacked by Iterative FGSM at epsilon 8 on two drawn streets. Beside it the same is computed from the
logits in plain TensorFlow, without the file. Prints a Markdown table: mean IoU of both in per cent, and how many of the
values of the two perturbations are the same.
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tfadvseg.attacks import ifgsm
from tfadvseg.conventions import IGNORED
from tfadvseg.data import named
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.models import load
from tfadvseg.models.frozen import to_saved_model

SIZE = 192, 256
MEAN, STD, CAFFE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), (103.939, 116.779, 123.68)
FILE = tf.saved_model.load("saved_models/enet_scenes/1")


def logits(images: tf.Tensor) -> tf.Tensor:
    """RGB images [N, 192, 256, 3] in 0..255 -> logits [N, 192, 256, 11]."""
    (scores,) = FILE.signatures["logits"](tf.ensure_shape(images, (None, *SIZE, 3))).values()
    return tf.ensure_shape(scores, (*images.shape[:1], *SIZE, 11))


def small(images: tf.Tensor) -> tf.Tensor:
    """One score for 4 x 4 pixels."""
    return tf.nn.avg_pool2d(logits(images), 4, 4, "VALID")


def enlarged(images: tf.Tensor) -> tf.Tensor:
    return tf.image.resize(small(images), SIZE)


def rounded(images: tf.Tensor) -> tf.Tensor:
    """To whole levels, with the gradient of the identity."""
    return images + tf.stop_gradient(tf.clip_by_value(tf.round(images), 0, 255) - images)


def halved(tensor: tf.Tensor) -> tf.Tensor:
    """Through half precision."""
    return tf.cast(tf.cast(tensor, tf.float16), tf.float32)


def written(function: Callable, *shape: int | None, dtype=tf.float32) -> Callable:
    """(folder) -> a SavedModel of a function of images."""

    def write(folder: pathlib.Path) -> None:
        module = tf.Module()
        module.file = FILE
        served = tf.function(function).get_concrete_function(tf.TensorSpec(shape or (None, *SIZE, 3), dtype, "images"))
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
        tf.saved_model.save(module, str(folder), signatures=served, options=options)

    return write


def frozen(folder: pathlib.Path) -> None:
    """As TensorFlow 1 had them: a graph of one uint8 image, ImageTensor, that ends in label maps."""

    @tf.function(input_signature=[tf.TensorSpec((1, *SIZE, 3), tf.uint8, "ImageTensor")])
    def segment(images):
        return tf.argmax(logits(tf.cast(images, tf.float32)), 3, name="SemanticPredictions")

    graph = convert_variables_to_constants_v2(segment.get_concrete_function()).graph.as_graph_def()
    path = folder.with_suffix(".pb")
    path.write_bytes(tf.compat.v1.graph_util.extract_sub_graph(graph, ["SemanticPredictions"]).SerializeToString())
    to_saved_model(path, folder, ["ImageTensor:0"], ["SemanticPredictions:0"])


def last(images: tf.Tensor) -> tf.Tensor:
    """Channels first -> channels last."""
    return tf.transpose(images, [0, 2, 3, 1])


@dataclasses.dataclass(frozen=True)
class Form:
    """write: (folder) -> the file. called: what is called of it. direct: images -> its logits, in plain TensorFlow.
    reading: the fields that must be said."""

    write: Callable
    called: str = "the signature"
    direct: Callable = logits
    reading: dict = dataclasses.field(default_factory=dict)


FORMS = {
    "float32, RGB in 0..255, any number, logits": Form(written(logits)),
    "uint8 in": Form(
        written(lambda x: logits(tf.cast(x, tf.float32)), None, *SIZE, 3, dtype=tf.uint8),
        "what follows the cast",
        lambda x: logits(rounded(x)),
    ),
    "float16 in and out": Form(
        written(lambda x: tf.cast(logits(tf.cast(x, tf.float32)), tf.float16), None, *SIZE, 3, dtype=tf.float16),
        direct=lambda x: halved(logits(halved(x))),
    ),
    "channels first": Form(
        written(lambda x: tf.transpose(logits(last(x)), [0, 3, 1, 2]), None, 3, *SIZE), "the signature, transposed"
    ),
    "a batch of 1": Form(written(logits, 1, *SIZE, 3), "the signature, image by image"),
    "any height and width": Form(written(logits, None, None, None, 3)),
    "one score for 4 x 4 pixels": Form(written(small), "the signature, resized", enlarged),
    "several outputs": Form(
        written(lambda x: {"auxiliary": -logits(x), "main": logits(x)}),
        "its output main",
        reading={"output_name": "main"},
    ),
    "softmax": Form(
        written(lambda x: tf.nn.softmax(logits(x))), "what goes into the softmax", reading={"output": "probabilities"}
    ),
    "softmax, one score for 4 x 4 pixels": Form(
        written(lambda x: tf.nn.softmax(small(x))),
        "what goes into the softmax, resized",
        enlarged,
        {"output": "probabilities"},
    ),
    "sigmoids": Form(
        written(lambda x: tf.sigmoid(logits(x))), "what goes into the sigmoid", reading={"output": "sigmoid"}
    ),
    "labels of an argmax": Form(written(lambda x: tf.argmax(logits(x), -1)), "what goes into the argmax"),
    "a frozen graph: uint8 in, labels out": Form(frozen, "from the cast to the argmax", lambda x: logits(rounded(x))),
    "mean and std outside": Form(
        written(lambda x: logits((x * STD + MEAN) * 255)),
        "the signature, images prepared",
        reading={"intensity_range": (0.0, 1.0), "mean": MEAN, "std": STD},
    ),
    "BGR less Caffe's mean": Form(
        written(lambda x: logits((x + CAFFE)[..., ::-1])),
        "the signature, images prepared",
        reading={"channel_order": "bgr", "mean": CAFFE},
    ),
}
COLUMNS = "form", "fields of its reading", "called", "clean", "direct", "attacked", "direct", "the same"


def main() -> None:
    photographs = list(named("scenes").split(None, "validation").chosen(limit=2))
    images = tf.constant(np.stack([one.image for one in photographs]), tf.float32)
    truth = np.stack([one.labels for one in photographs])
    print("|", " | ".join(COLUMNS), "|\n| :--- | :--- | :--- | ---: | ---: | ---: | ---: | ---: |")
    for name, form in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            form.write(pathlib.Path(folder) / "net")
            model = load(pathlib.Path(folder) / "net", **form.reading)
        labels = tf.argmax(form.direct(images), -1, tf.int32)
        attack = ifgsm(8.0)
        perturbations = [attack(one, images, labels) for one in (model, form.direct)]
        both = list(zip((model, form.direct), perturbations, strict=True))
        shown = [(one, images) for one, _ in both] + [(one, images + moved) for one, moved in both]
        scores = [iou(truth, tf.argmax(one(given), -1).numpy()) for one, given in shown]
        same = np.mean(perturbations[0].numpy() == perturbations[1].numpy())
        fields = ", ".join(f"`{field}`" for field in form.reading) or "none"
        cells = [f"{score:.1f}" for score in scores]
        print(f"| {name} | {fields} | {form.called} |", " | ".join([*cells, f"{100 * same:.1f} %"]), "|", flush=True)


def iou(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean IoU in per cent of two label maps [N, H, W]."""
    counted = labels != IGNORED
    matrix = np.zeros((11, 11), np.int64)
    np.add.at(matrix, (labels[counted], predictions[counted]), 1)
    return float(mean_iou(Counts(np.diag(matrix), matrix.sum(1), matrix.sum(0))))


if __name__ == "__main__":
    main()
