"""Arrays as the raw tensors of the KServe v2 protocol (Open Inference Protocol).

Numbers are little-endian and row by row; strings (BYTES) each follow their length, 4 bytes little-endian.
"""

import math
import struct
from collections.abc import Sequence

import numpy as np

from tfadvseg.endpoints.typed import typed

DATATYPES = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}
"""The protocol's names of NumPy's types."""
_NAMES = {np.dtype(kind): name for name, kind in DATATYPES.items()}


def datatype(array: np.ndarray) -> str:
    """What the protocol calls the type of an array; ValueError where it has none like it."""
    if array.dtype not in _NAMES:
        raise ValueError(f"KServe v2 has no type for {array.dtype}; send one of {', '.join(map(str, _NAMES))}.")
    return _NAMES[array.dtype]


def raw(array: np.ndarray) -> bytes:
    """Its values."""
    if array.dtype == object:
        return b"".join(struct.pack("<I", len(value)) + value for value in array.ravel())
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def array_of(raw: bytes | memoryview, kind: str, shape: Sequence[int]) -> np.ndarray:
    """The array of these values; ValueError where there are not as many as the shape says."""
    if kind not in DATATYPES:
        raise ValueError(f"a tensor of the type {kind}")
    dtype, count = np.dtype(DATATYPES[kind]), math.prod(shape)
    if dtype.kind == "O":
        return filled(typed(_strings(bytes(raw)), dtype), shape)
    if min(shape, default=0) < 0 or len(raw) != count * dtype.itemsize:
        raise ValueError(f"{len(raw)} bytes for a tensor {kind} {list(shape)}")
    return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def filled(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The values in this shape; ValueError where there are not as many."""
    if values.size != math.prod(shape):
        raise ValueError(f"{values.size} values for a tensor {list(shape)}")
    return values.reshape(shape)


def _strings(raw: bytes) -> list[bytes]:
    found, place = [], 0
    while place < len(raw):
        (length,) = struct.unpack_from("<I", raw, place) if len(raw) - place >= 4 else (len(raw),)
        place += 4
        if place + length > len(raw):
            raise ValueError("a tensor of strings that ends within one")
        found.append(raw[place : place + length])
        place += length
    return found
