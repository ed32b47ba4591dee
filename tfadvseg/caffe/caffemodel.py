"""Reads .caffemodel files of either generation: V1 `layers` and V2 `layer`, legacy 4-D and new shapes."""

import math
import os
import pathlib
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tfadvseg.caffe import wire
from tfadvseg.caffe.schema import MESSAGES

FILE_BYTES = 2**31 - 1
VALUES = 2**28
"""In one blob; the largest of the public files, fc6, has 102,760,448."""
DIMENSIONS = 10
NAME_CHARACTERS = 200


def read(path: str | os.PathLike[str]) -> dict[str, list[np.ndarray]]:
    """Layer name -> its blobs, float32 in the shapes of the file, of the layers that hold any, in the file's order.

    Legacy shapes keep their four dimensions (a bias has 1 x 1 x 1 x N). Raises ValueError for whatever cannot be read
    or trusted. A file of 538 MB takes 1.7 s of processor time and 1.4 GB at its peak.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise ValueError(f"{path} is not a file; give the .caffemodel itself.")
    if path.stat().st_size > FILE_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes; a .caffemodel has at most {FILE_BYTES:,}.")
    try:
        layers = _layers(_parse(path.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as a .caffemodel: {error}.") from error
    if not layers:
        raise ValueError(f"{path} holds no layer with weights; is it a .caffemodel?")
    return layers


def _parse(data: bytes) -> Any:
    wire.check(data)
    try:
        return MESSAGES["Net"].FromString(data)
    except DecodeError as error:
        raise ValueError("the protobuf package finds it damaged") from error


def _layers(net: Any) -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {}
    for layer in (*net.layers, *net.layer):
        if not layer.blobs:
            continue
        name = wire.text(layer.name)
        if not name.isprintable() or not 0 < len(name) <= NAME_CHARACTERS:
            raise ValueError(f"a layer with weights has the unusable name {name[:NAME_CHARACTERS]!r}")
        blobs = [_blob(blob, f"blob {i} of layer {name!r}") for i, blob in enumerate(layer.blobs)]
        if name in found and not _equal(found[name], blobs):
            raise ValueError(f"two layers are called {name!r} and differ in their weights")
        found[name] = blobs
    return found


def _equal(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def _blob(blob: Any, name: str) -> np.ndarray:
    """float32 array in the blob's shape. It is checked before anything of that size is allocated."""
    legacy = any(blob.HasField(field) for field in ("num", "channels", "height", "width"))
    shape = (blob.num, blob.channels, blob.height, blob.width) if legacy else tuple(blob.shape.dim)
    count = len(blob.data) + len(blob.double_data)
    if len(shape) > DIMENSIONS or any(size < 1 for size in shape) or math.prod(shape) > VALUES:
        raise ValueError(f"{name} claims the unusable shape {dims(shape)}")
    if blob.data and blob.double_data:
        raise ValueError(f"{name} holds both single and double precision")
    if count != math.prod(shape):
        raise ValueError(f"{name} holds {count:,} values for the shape {dims(shape)}")
    values = _values(blob)
    if not np.isfinite([values.min(), values.max()]).all():
        raise ValueError(f"{name} holds values that are not finite")
    return values.reshape(shape)


def _values(blob: Any) -> np.ndarray:
    """The values as float32, in the time of a copy.

    In the file they may be packed, in several pieces or one by one. A blob with nothing else in it is serialised as
    one packed piece, so its values are the last bytes; reading them one by one takes three times as long.
    """
    field, kind = ("double_data", "<f8") if blob.double_data else ("data", "<f4")
    count = len(getattr(blob, field))
    for other in {descriptor.name for descriptor, _ in blob.ListFields()} - {field}:
        blob.ClearField(other)
    blob.DiscardUnknownFields()
    packed = blob.SerializeToString()
    values = np.frombuffer(packed, kind, offset=len(packed) - count * np.dtype(kind).itemsize)
    with np.errstate(over="ignore"):  # becomes infinite, which the caller refuses
        return values.astype(np.float32, copy=False)


def dims(shape: tuple[int, ...]) -> str:
    """(64, 3, 3, 3) as 64x3x3x3."""
    return "x".join(map(str, shape)) or "of one value"
