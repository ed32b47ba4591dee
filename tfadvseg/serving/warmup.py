"""Requests that TensorFlow Serving replays before it answers anybody, one for each signature: no client waits for the
first run of a graph.

A server that finds one which fails does not load the model, so they are replayed here first. The messages are those of
tensorflow_serving.apis, made of their field numbers, for which that package is not needed.
"""

import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from google.protobuf.message import Message
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tfadvseg.models.network import PROBE
from tfadvseg.protobufs import message_classes

FILE = pathlib.Path("assets.extra") / "tf_serving_warmup_requests"
EPSILON = 1.0
"""Of the attack that is tried: the paper's takes 2 steps there."""

FIELDS = {
    "ModelSpec": (("name", 1, "string"), ("signature_name", 3, "string")),
    "Entry": (("key", 1, "string"), ("value", 2, "bytes")),
    "PredictRequest": (("model_spec", 1, "ModelSpec"), ("inputs", 2, "Entry")),
    "PredictLog": (("request", 1, "PredictRequest"),),
    "PredictionLog": (("predict_log", 6, "PredictLog"),),
}
"""Of each message the fields that are used here. A TensorProto is declared as bytes, and TensorFlow reads it."""
PredictionLog = message_classes("tfadvseg.warmup", FIELDS, {"inputs"})["PredictionLog"]


def write_requests(model: str, signatures: Mapping[str, list[tf.TensorSpec]], folder: pathlib.Path) -> None:
    """Writes a request for each signature of a model into its SavedModel's folder."""
    (folder / FILE).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for name, specs in signatures.items():
            writer.write(_request(model, name, specs).SerializeToString())


def replay(folder: pathlib.Path) -> None:
    """Answers every request in a SavedModel's folder by what lies in it; ValueError for one that fails, or whose answer
    holds no finite numbers."""
    loaded = tf.saved_model.load(str(folder))
    for name, inputs in requests(folder):
        try:
            answered = loaded.signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
        except tf.errors.OpError as error:
            text = " ".join(str(error).split())[:300]
            raise ValueError(
                f"The signature {name!r} fails on its first request, so nothing was exported: {text}"
            ) from error
        for key, values in answered.items():
            if values.dtype.is_floating and not bool(tf.reduce_all(tf.math.is_finite(values))):
                raise ValueError(
                    f"The signature {name!r} answers its first request with a {key} that is no finite number, so "
                    "nothing was exported; check the model's reading."
                )


def requests(folder: pathlib.Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """(signature, its inputs) of the requests in a SavedModel's folder."""
    for record in tf.data.TFRecordDataset(str(folder / FILE)).as_numpy_iterator():
        request = PredictionLog.FromString(record).predict_log.request
        inputs = {one.key: tf.make_ndarray(TensorProto.FromString(one.value)) for one in request.inputs}
        yield request.model_spec.signature_name, inputs


def _request(model: str, signature: str, specs: list[tf.TensorSpec]) -> Message:
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for spec in specs:
        request.inputs.add(key=spec.name, value=tf.make_tensor_proto(_example(spec)).SerializeToString())
    return log


def _example(spec: tf.TensorSpec) -> np.ndarray:
    """A small value of an input: of images one, of files a JPEG and a PNG."""
    if spec.dtype == tf.string:
        image = _example(tf.TensorSpec((None, None, None, 3), tf.uint8))[0]
        return np.array([tf.io.encode_jpeg(image).numpy(), tf.io.encode_png(image).numpy()], object)
    if spec.shape.rank == 4:
        height, width = (own or small for own, small in zip(spec.shape[1:3], PROBE, strict=True))
        image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3))
        return image.astype(spec.dtype.as_numpy_dtype)
    if spec.dtype == tf.int32:
        return np.zeros((1, 2), np.int32)
    return np.full(1, EPSILON, np.float32)
