"""The messages of KServe v2's GRPCInferenceService (open_inference_grpc.proto).

Values are sent raw; in an answer they may also come typed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.endpoints.kserve_tensors import DATATYPES, array_of, datatype, filled, raw
from tfadvseg.endpoints.typed import typed
from tfadvseg.protobufs import message_classes

INFER = "/inference.GRPCInferenceService/ModelInfer"

CONTENTS = (
    ("bool_contents", 1, "bool"),
    ("int_contents", 2, "int32"),
    ("int64_contents", 3, "int64"),
    ("uint_contents", 4, "uint32"),
    ("uint64_contents", 5, "uint64"),
    ("fp32_contents", 6, "float"),
    ("fp64_contents", 7, "double"),
    ("bytes_contents", 8, "bytes"),
)
FIELDS = {
    "Contents": CONTENTS,
    "Tensor": (("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64"), ("contents", 5, "Contents")),
    "ModelInferRequest": (
        ("model_name", 1, "string"),
        ("model_version", 2, "string"),
        ("inputs", 5, "Tensor"),
        ("raw_input_contents", 7, "bytes"),
    ),
    "ModelInferResponse": (
        ("model_name", 1, "string"),
        ("model_version", 2, "string"),
        ("outputs", 5, "Tensor"),
        ("raw_output_contents", 6, "bytes"),
    ),
}
REPEATED = {"shape", "inputs", "outputs", "raw_input_contents", "raw_output_contents", *(name for name, *_ in CONTENTS)}
MESSAGES = message_classes("tfadvseg.kserve", FIELDS, REPEATED)

TYPED = {
    "BOOL": "bool_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""Where the values of a tensor stand that come typed; those of FP16 cannot."""


def infer_request(model: str, version: int | None, inputs: Mapping[str, np.ndarray]) -> Any:
    """A ModelInferRequest; version: None for the newest."""
    request = MESSAGES["ModelInferRequest"](model_name=model)
    if version is not None:
        request.model_version = str(version)
    add_tensors(request.inputs, request.raw_input_contents, inputs)
    return request


def add_tensors(described: Any, contents: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays into the fields of a message, in the order of their names."""
    for name in sorted(arrays):
        described.add(name=name, datatype=datatype(arrays[name]), shape=arrays[name].shape)
        contents.append(raw(arrays[name]))


def tensors(described: Sequence[Any], contents: Sequence[bytes]) -> dict[str, np.ndarray]:
    """The arrays of a message's fields; ValueError where they do not fit together."""
    if not contents:
        return {one.name: _typed(one) for one in described}
    if len(contents) != len(described):
        raise ValueError(f"{len(described)} tensors with the contents of {len(contents)}")
    return {
        one.name: array_of(values, one.datatype, one.shape) for one, values in zip(described, contents, strict=True)
    }


def _typed(tensor: Any) -> np.ndarray:
    if tensor.datatype not in TYPED:
        raise ValueError(f"a tensor of the type {tensor.datatype} without raw contents")
    values = getattr(tensor.contents, TYPED[tensor.datatype])
    return filled(typed(list(values), np.dtype(DATATYPES[tensor.datatype])), tensor.shape)
