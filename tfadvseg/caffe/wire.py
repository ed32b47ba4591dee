"""The structure of a protobuf message, checked before the protobuf package builds objects from it.

That package makes up to 70 bytes of two bytes of hostile file, and its errors say neither where nor what; so lengths
and counts are checked here first, which for a real file means looking at some ten thousand tags.
"""

import dataclasses
from collections.abc import Iterator

from tfadvseg.caffe.schema import FIELDS, MESSAGES

MESSAGES_IN_FILE = 100_000
"""Layers, blobs and shapes together; the largest public files have under 10,000."""
FIELDS_IN_FILE = 5_000_000
SHAPE_BYTES = 110
"""Ten dimensions of at most eleven bytes."""
NAME_BYTES = 80
"""Of a name in an error."""
LENGTH = 2
"""Wire type of what begins with its length."""

_WIDTHS = {"data": 4, "double_data": 8}
_PACKED = {number: _WIDTHS[name] for name, number, _ in FIELDS["Blob"] if name in _WIDTHS}
"""Field of a blob's values -> bytes of each."""
_NESTED = {
    message: {number: kind for _, number, kind in fields if kind in MESSAGES} for message, fields in FIELDS.items()
}
_NAMES = {message: number for message, fields in FIELDS.items() for name, number, _ in fields if name == "name"}


@dataclasses.dataclass
class _Progress:
    messages: int = 0
    fields: int = 0
    layer: str = "any layer"


def check(data: bytes) -> None:
    """Raises ValueError with a sentence's end unless `data` can be a NetParameter of sensible structure."""
    progress = _Progress()
    try:
        _visit(data, "Net", 0, len(data), progress)
    except ValueError as error:
        raise ValueError(f"in or after {progress.layer}, {error}") from error


def _visit(data: bytes, message: str, begin: int, end: int, progress: _Progress) -> None:
    """Checks the message data[begin:end] and those in it; at most as deep as the schema."""
    shape_bytes = 0
    for number, kind, start, stop in fields(data, begin, end):
        nested = _NESTED[message].get(number) if kind == LENGTH else None
        progress.fields += 1
        progress.messages += nested is not None
        if progress.messages > MESSAGES_IN_FILE or progress.fields > FIELDS_IN_FILE:
            raise ValueError(f"it holds more than {MESSAGES_IN_FILE:,} messages or {FIELDS_IN_FILE:,} fields")
        shape_bytes += stop - start if nested == "Shape" else 0
        if shape_bytes > SHAPE_BYTES:  # of all that a blob repeats, which protobuf would put together
            raise ValueError("a blob has more than 10 dimensions")
        if message == "Blob" and kind == LENGTH and (stop - start) % _PACKED.get(number, 1):
            raise ValueError(f"the values of a blob end within one of {_PACKED[number]} bytes")
        if kind == LENGTH and number == _NAMES.get(message):
            progress.layer = f"layer {text(data[start : min(stop, start + NAME_BYTES)])!r}"
        if nested:
            _visit(data, nested, start, stop, progress)


def fields(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, first byte, end) of each field's value in the message data[begin:end]."""
    while begin < end:
        tag, begin = _varint(data, begin, end)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            stop = _varint(data, begin, end)[1]
        elif kind == LENGTH:
            length, begin = _varint(data, begin, end)
            stop = begin + length
        elif kind in (1, 5):
            stop = begin + (8 if kind == 1 else 4)
        else:
            raise ValueError(f"byte {begin:,} does not belong to a message of this kind")
        if stop > end:
            raise ValueError(f"a field reaches {stop - end:,} bytes beyond its end; the file is cut off or damaged")
        if not number:
            raise ValueError(f"byte {begin:,} does not belong to a message of this kind")
        yield number, kind, begin, stop
        begin = stop


def text(name: bytes) -> str:
    """A layer's name; bytes that are not UTF-8 are escaped."""
    return name.decode(errors="backslashreplace")


def _varint(data: bytes, begin: int, end: int) -> tuple[int, int]:
    """(value, next byte) of the number of at most ten bytes, seven bits each, at `begin`."""
    value = 0
    for i in range(10):
        if begin + i >= end:
            raise ValueError("a number is cut off; the file is cut off or damaged")
        byte = data[begin + i]
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, begin + i + 1
    raise ValueError(f"the number at byte {begin:,} has more than ten bytes")
