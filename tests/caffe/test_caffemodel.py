"""Reading .caffemodel files: every form of the format, and refusals of all that is not one."""

import pathlib
import tracemalloc

import numpy as np
import pytest
import wire

from tfadvseg.caffe import caffemodel
from tfadvseg.caffe.caffemodel import read

RNG = np.random.default_rng(0)
LAYERS = {
    "conv1/7x7": [RNG.normal(size=(4, 3, 2, 2)).astype(np.float32), RNG.normal(size=4).astype(np.float32)],
    "fc6": [RNG.normal(size=(2, 5)).astype(np.float32)],
}


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and returns its path."""

    def write(data):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("data", ["packed", "unpacked", "pieces", "double"])
@pytest.mark.parametrize("shape", ["new", "new unpacked", "legacy"])
def test_every_form_of_the_format_gives_the_same_values(written, version, data, shape):
    found = read(written(wire.net(LAYERS, version, data=data, shape=shape)))
    assert list(found) == list(LAYERS)
    for name, arrays in LAYERS.items():
        for blob, array in zip(found[name], arrays, strict=True):
            legacy = (1,) * (4 - array.ndim) + array.shape
            assert blob.shape == (legacy if shape == "legacy" else array.shape) and blob.dtype == np.float32
            np.testing.assert_array_equal(blob.ravel(), array.ravel())


def test_fields_of_forks_and_gradients_are_skipped(written):
    """A fork's message under a number that another fork uses for text, and the blob's stored gradient (field 6)."""
    foreign = wire.block(150, b"\xff\xff\xff") + wire.integer(8266712, 7) + wire.block(130, wire.block(1, b"\x01"))
    blob = wire.blob(np.ones(3)) + wire.block(6, b"\0" * 12)
    data = wire.layer_v2("a", [blob], foreign) + wire.layer_v2("relu", [], foreign) + wire.integer(5, 1)
    found = read(written(data + wire.layer_v1("b", [blob], wire.block(1, foreign))))
    assert {name: [blob.tolist() for blob in blobs] for name, blobs in found.items()} == {
        "b": [[1, 1, 1]],
        "a": [[1, 1, 1]],
    }


def test_a_layer_may_come_twice_with_the_same_weights(written):
    data = wire.net(LAYERS)
    assert list(read(written(data + data))) == list(LAYERS)


def test_a_scalar_has_a_shape_without_dimensions(written):
    found = read(written(wire.layer_v2("norm", [wire.blob(np.float32(3))])))
    assert found["norm"][0].shape == () and found["norm"][0] == 3


ONE = np.ones(1)
REFUSED = {
    "an empty file": (b"", "holds no layer with weights"),
    "a web page": (b"<!DOCTYPE html><html><body>Not found</body></html>", "cannot be read as a .caffemodel"),
    "a pointer to large storage": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "cannot be read"),
    "layers without weights": (wire.layer_v2("relu", []), "holds no layer with weights"),
    "two layers of one name": (
        wire.net({"a": [ONE]}) + wire.net({"a": [2 * ONE]}),
        "two layers are called 'a' and differ",
    ),
    "not a number": (wire.net({"a": [ONE, np.array([1, np.nan])]}), "blob 1 of layer 'a' holds values that are not"),
    "infinity": (wire.net({"a": [np.array([-np.inf, 1])]}), "blob 0 of layer 'a' holds values that are not finite"),
    "too few values": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\x02\x03")) + wire.block(5, b"\0" * 20)]),
        "blob 0 of layer 'a' holds 5 values for the shape 2x3",
    ),
    "half a value": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\x01")) + wire.block(5, b"\0" * 5)]),
        "in or after layer 'a', the values of a blob end within one of 4 bytes",
    ),
    "values without a shape": (wire.net({"a": [np.ones(2)]}, shape="none"), "2 values for the shape of one value"),
    "a shape without values": (wire.net({"a": [np.ones((0, 3))]}), "claims the unusable shape 0x3"),
    "a negative dimension": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\xff" * 9 + b"\x01")) + wire.block(5, b"")]),
        "claims the unusable shape -1",
    ),
    "a huge shape": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, wire.varint(2**62) * 4))]),
        "unusable shape 46116860184",
    ),
    "eleven dimensions": (wire.net({"a": [np.ones((1,) * 11)]}), "claims the unusable shape 1x1x1x1x1x1x1x1x1x1x1"),
    "a thousand dimensions": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\x01" * 1000))]),
        "in or after layer 'a', a blob has more",
    ),
    "a thousand shapes of one dimension": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\x01")) * 1000]),
        "in or after layer 'a', a blob has more",
    ),
    "single and double precision": (
        wire.layer_v2("a", [wire.blob(ONE) + wire.block(8, b"\0" * 8)]),
        "both single and double precision",
    ),
    "a double beyond single precision": (
        wire.layer_v2("a", [wire.block(7, wire.block(1, b"\x01")) + wire.block(8, np.float64(1e300).tobytes())]),
        "not finite",
    ),
    "a name that moves the cursor": (wire.net({"\x1b[2J": [ONE]}), "unusable name '\\x1b[2J'"),
    "a name without end": (wire.net({"a" * 201: [ONE]}), "unusable name 'aaa"),
    "weights without a name": (wire.net({"": [ONE]}), "unusable name ''"),
    "a length beyond the file": (b"\xa2\x06\xff\xff\xff\xff\x07", "bytes beyond its end; the file is cut off"),
    "a number of eleven bytes": (b"\x08" + b"\xff" * 11, "has more than ten bytes"),
    "field number 0": (b"\x02\x00", "does not belong to a message of this kind"),
    "a group": (b"\x0b\x0c", "does not belong to a message of this kind"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_refuses(written, what):
    data, sentence = REFUSED[what]
    path = written(data)
    with pytest.raises(ValueError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and sentence in message and "\n" not in message and len(message) < 500, message


def test_refuses_what_is_no_file_or_too_large(tmp_path, monkeypatch, written):
    for path in (tmp_path, tmp_path / "nothing", pathlib.Path("/dev/zero")):
        with pytest.raises(ValueError, match="is not a file"):
            read(path)
    monkeypatch.setattr(caffemodel, "FILE_BYTES", 10)
    with pytest.raises(ValueError, match="bytes; a .caffemodel has at most 10"):
        read(written(b"\0" * 11))


@pytest.mark.parametrize("content", [b"\xa2\x06\x00", b"\x12\x00"])
def test_a_file_of_empty_messages_is_refused_before_they_are_built(written, content):
    """Protobuf would make 70 bytes of each two."""
    path = written(content * 200_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="holds more than 100,000 messages"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 10 * path.stat().st_size
    tracemalloc.stop()


def test_a_file_cut_off_anywhere_is_refused_or_gives_whole_layers(written):
    data = wire.net(LAYERS) + wire.net({"last": [np.ones(2)]}, version=1, shape="legacy")
    complete = read(written(data))
    outcomes = set()
    for length in range(len(data)):
        try:
            found = read(written(data[:length]))
        except ValueError as error:
            outcomes.add("refused")
            assert "net.caffemodel" in str(error)
        else:
            outcomes.add("whole layers")
            assert set(found) < set(complete)
            for name, blobs in found.items():
                for blob, expected in zip(blobs, complete[name], strict=True):
                    np.testing.assert_array_equal(blob, expected)
    assert outcomes == {"refused", "whole layers"}


def test_the_last_whole_layer_of_a_file_that_is_cut_off_is_named(written):
    with pytest.raises(ValueError, match="in or after layer 'conv1/7x7', a field reaches 10 bytes beyond its end"):
        read(written(wire.net(LAYERS)[:-10]))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_end_in_a_value_error_or_in_finite_arrays(written, seed):
    rng = np.random.default_rng(seed)
    data = np.frombuffer(wire.net(LAYERS, 1 + seed % 2, data="double" if seed > 1 else "packed"), np.uint8)
    for _ in range(300):
        damaged = data.copy()
        places = rng.integers(0, len(data), rng.integers(1, 5))
        damaged[places] = rng.integers(0, 256, len(places))
        try:
            found = read(written(damaged.tobytes()))
        except ValueError:
            continue
        assert all(np.isfinite(blob).all() and blob.nbytes < 4096 for blobs in found.values() for blob in blobs)
