"""Writes .caffemodel files: the protobuf wire format of a NetParameter in its second generation, by hand."""

import numpy as np

BYTES = 2  # wire type of everything with a length


def varint(number):
    """Seven bits a byte, least significant first; the high bit says that more follow."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def field(number, payload):
    return varint(number << 3 | BYTES) + varint(len(payload)) + payload


def blob(array):
    """BlobProto: 5 data (packed float32), 7 shape (1 dim, packed)."""
    shape = field(1, b"".join(varint(size) for size in array.shape))
    return field(5, np.ascontiguousarray(array, "<f4").tobytes()) + field(7, shape)


def layer(name, kind, arrays):
    """LayerParameter: 1 name, 2 type, 7 blobs."""
    return field(1, name.encode()) + field(2, kind.encode()) + b"".join(field(7, blob(array)) for array in arrays)


def write(path, kinds, weights):
    """A file with the blobs of weights {layer name: arrays}, whose types are in kinds {layer name: type}."""
    with open(path, "wb") as file:
        file.write(field(1, b"parity"))
        for name, arrays in weights.items():
            file.write(field(100, layer(name, kinds[name], arrays)))  # one at a time: VGG's layers are large
