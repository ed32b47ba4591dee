"""Writes .caffemodel bytes by hand, after the field numbers alone: the tests' own opinion of the format."""

import struct

import numpy as np


def varint(number):
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def block(number, content):
    """A field with a length: text, a message or packed values."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def integer(number, value):
    return varint(number << 3) + varint(value)


def blob(array, data="packed", shape="new"):
    """BlobProto. data: packed, unpacked, pieces or double; shape: new, new unpacked, legacy or none."""
    array = np.asarray(array, np.float32)
    values = array.ravel()
    if shape == "new":
        content = block(7, block(1, b"".join(map(varint, array.shape))))
    elif shape == "new unpacked":
        content = block(7, b"".join(integer(1, size) for size in array.shape))
    elif shape == "legacy":
        sizes = (1,) * (4 - array.ndim) + array.shape
        content = b"".join(integer(i, size) for i, size in enumerate(sizes, start=1))
    else:
        content = b""
    if data == "packed":
        content += block(5, values.astype("<f4").tobytes())
    elif data == "unpacked":
        content += b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values)
    elif data == "pieces":  # one by one, packed, one by one again, and nothing
        item = b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values[:1])
        content += item + block(5, values[1:-1].astype("<f4").tobytes())
        content += b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values[1:][-1:]) + block(5, b"")
    else:
        content += block(8, values.astype("<f8").tobytes())
    return content


def layer_v2(name, blobs, foreign=b""):
    """LayerParameter as a field of NetParameter."""
    content = block(1, name.encode()) + block(2, b"Convolution") + block(3, b"data") + integer(10, 1)
    return block(100, content + b"".join(block(7, blob) for blob in blobs) + foreign)


def layer_v1(name, blobs, foreign=b""):
    """V1LayerParameter as a field of NetParameter; its blobs come before its name here, as the format allows."""
    content = block(2, b"data") + b"".join(block(6, blob) for blob in blobs) + block(4, name.encode())
    return block(2, content + integer(5, 4) + foreign)


def net(layers, version=2, **form):
    """NetParameter bytes of {layer name: arrays}; `form` goes to blob."""
    write = {1: layer_v1, 2: layer_v2}[version]
    written = [write(name, [blob(array, **form) for array in arrays]) for name, arrays in layers.items()]
    return block(1, b"a network") + b"".join(written)
