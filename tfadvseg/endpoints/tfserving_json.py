"""Arrays as the JSON of TensorFlow Serving's REST API, whole (columns) or an image at a time (rows).

Numbers of JSON have no type, so each array is read as the type that the server's metadata gives for it.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfadvseg.endpoints.client import Arrays
from tfadvseg.endpoints.typed import typed

Types = Mapping[str, np.dtype]
"""By name of an array; object for strings."""

DTYPES = {
    "DT_BOOL": np.bool_,
    "DT_UINT8": np.uint8,
    "DT_UINT16": np.uint16,
    "DT_UINT32": np.uint32,
    "DT_UINT64": np.uint64,
    "DT_INT8": np.int8,
    "DT_INT16": np.int16,
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
    "DT_HALF": np.float16,
    "DT_FLOAT": np.float32,
    "DT_DOUBLE": np.float64,
    "DT_STRING": np.object_,
}
"""TensorFlow's names of them."""


def signature_types(metadata: Mapping[str, Any]) -> dict[str, tuple[Types, Types]]:
    """{signature: types of its inputs, of its outputs} of what GET .../metadata answers; KeyError or TypeError where it
    is something else."""
    offered = metadata["metadata"]["signature_def"]["signature_def"]
    return {
        name: (_types(signature["inputs"]), _types(signature["outputs"]))
        for name, signature in offered.items()
        if name != "__saved_model_init_op"
    }


def _types(tensors: Mapping[str, Any]) -> Types:
    return {key: np.dtype(DTYPES[info["dtype"]]) for key, info in tensors.items()}


def request(signature: str, inputs: Arrays, rows: bool) -> bytes:
    """The body of a :predict; ValueError for an empty batch, whose images JSON gives no size."""
    if any(array.ndim and not array.shape[0] for array in inputs.values()):
        raise ValueError("JSON gives an empty batch no size, so REST cannot send one; send an image, or use gRPC.")
    values = {name: _plain(array) for name, array in inputs.items()}
    if not rows:
        return _dumped({"signature_name": signature, "inputs": values})
    instances = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return _dumped({"signature_name": signature, "instances": instances})


def answer(found: Mapping[str, Any], types: Types) -> dict[str, np.ndarray]:
    """The arrays of an answer; ValueError where it has other names, ragged rows, or numbers that are not of these
    types. A single array stands there without its name."""
    if "outputs" in found:
        columns = found["outputs"] if len(types) > 1 else dict.fromkeys(types, found["outputs"])
        if not isinstance(columns, dict):
            raise ValueError(f"outputs without names in place of {_listed(types)}")
    elif isinstance(rows := found.get("predictions"), list):
        if len(types) == 1:
            columns = dict.fromkeys(types, rows)
        elif all(isinstance(row, dict) and row.keys() == types.keys() for row in rows):
            columns = {name: [row[name] for row in rows] for name in types}
        else:
            raise ValueError(f"predictions with other names than {_listed(types)}")
    else:
        raise ValueError("neither outputs nor predictions")
    if columns.keys() != types.keys():
        raise ValueError(f"the outputs {_listed(columns)} in place of {_listed(types)}")
    return {name: _array(name, value, types[name]) for name, value in columns.items()}


def _array(name: str, value: Any, dtype: np.dtype) -> np.ndarray:
    try:
        return typed(_decoded(value) if dtype.kind == "O" else value, dtype)
    except ValueError as error:
        raise ValueError(f"{name} is no array of {dtype} ({error})") from error


def _decoded(value: Any) -> Any:
    """The same lists with bytes in place of each {"b64": ...}."""
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str):
        return base64.b64decode(value["b64"], validate=True)
    return value


def _plain(array: np.ndarray) -> Any:
    """Nested lists, bytes as {"b64": ...}."""
    if array.dtype != object:
        return array.tolist()
    if array.ndim == 0:
        return {"b64": base64.b64encode(array.item()).decode()}
    return [_plain(np.asarray(part, object)) for part in array]


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "nothing"
