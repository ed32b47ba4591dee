"""The messages of TensorFlow Serving's PredictionService (tensorflow_serving/apis/predict.proto and model.proto).

A TensorProto is declared as bytes, and TensorFlow reads it.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tfadvseg.protobufs import message_classes

PREDICT = "/tensorflow.serving.PredictionService/Predict"

FIELDS = {
    "Version": (("value", 1, "int64"),),
    "ModelSpec": (("name", 1, "string"), ("version", 2, "Version"), ("signature_name", 3, "string")),
    "Entry": (("key", 1, "string"), ("value", 2, "bytes")),
    "PredictRequest": (("model_spec", 1, "ModelSpec"), ("inputs", 2, "Entry")),
    "PredictResponse": (("outputs", 1, "Entry"), ("model_spec", 2, "ModelSpec")),
}
VALUES = 2**24
"""That a tensor may have although its bytes do not hold them; TensorFlow copies them more than once."""
MESSAGES = message_classes("tfadvseg.tfserving", FIELDS, {"inputs", "outputs"})


def predict_request(model: str, version: int | None, signature: str, inputs: Mapping[str, np.ndarray]) -> Any:
    """A PredictRequest; version: None for the newest."""
    request = MESSAGES["PredictRequest"]()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    if version is not None:
        request.model_spec.version.value = version
    add_tensors(request.inputs, inputs)
    return request


def add_tensors(entries: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays into a map of a message, in the order of their names."""
    for name in sorted(arrays):
        kind = tf.string if arrays[name].dtype == object else None
        entries.add(key=name, value=tf.make_tensor_proto(arrays[name], dtype=kind).SerializeToString())


def version_of(answer: Any) -> str:
    """That a PredictResponse says it is of; "" where it says none."""
    return str(answer.model_spec.version.value) if answer.model_spec.HasField("version") else ""


def tensors(entries: Iterable[Any]) -> dict[str, np.ndarray]:
    """The arrays of a map of a message; ValueError where one is no tensor, or a damaged one."""
    try:
        return {entry.key: _array(TensorProto.FromString(entry.value)) for entry in entries}
    except (DecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a damaged tensor: {error}") from error


def _array(tensor: TensorProto) -> np.ndarray:
    """A tensor may give fewer values than it has elements, and the last is repeated: a few bytes become terabytes."""
    elements = math.prod(side.size for side in tensor.tensor_shape.dim)
    if elements > max(VALUES, tensor.ByteSize()):
        raise ValueError(f"{elements:,} values in {tensor.ByteSize():,} bytes")
    return tf.make_ndarray(tensor)
