"""Files that are sent: pixel by pixel what Pillow reads, and refused where they are damaged or too large."""

import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from serving.files import file_of

from tfadvseg.data.files import read_photograph
from tfadvseg.serving.encoded import MAX_PIXELS, decode

RNG = np.random.default_rng(0)
PHOTOGRAPH = RNG.integers(0, 256, (9, 13, 3), np.uint8)
LIMIT = 1000


@pytest.fixture(scope="module")
def decoded():
    """Bytes -> array, in a graph as a server has it."""
    graph = tf.function(lambda file: decode(file, LIMIT), input_signature=[tf.TensorSpec((), tf.string)])
    return lambda file: graph(tf.constant(file)).numpy()


def by_hand(bits, rows, kind, *chunks):
    """A PNG of whole numbers of a few bits, of a kind (0: grey, 3: palette), with further chunks (name, bytes)."""
    packed = b""
    for row in rows:
        line = "".join(f"{value:0{bits}b}" for value in row)
        packed += b"\0" + int(line.ljust(-(-len(line) // 8) * 8, "0"), 2).to_bytes(-(-len(line) // 8), "big")
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), bits, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(packed)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


FEW = [[0, 1, 0, 1, 1], [1, 1, 0, 0, 1]]
COLOURS = b"PLTE", bytes([200, 30, 10, 40, 50, 250])
FILES = {
    "png": file_of(PHOTOGRAPH),
    "jpeg": file_of(PHOTOGRAPH, "JPEG", quality=80),
    "progressive jpeg": file_of(PHOTOGRAPH, "JPEG", quality=95, progressive=True),
    "grey jpeg": file_of(PHOTOGRAPH[..., 0], "JPEG"),
    "grey png": file_of(PHOTOGRAPH[..., 0]),
    **{f"grey of {bits} bits": by_hand(bits, FEW, 0) for bits in (1, 2, 4, 8)},
    **{f"grey of {bits} bits, black is clear": by_hand(bits, FEW, 0, (b"tRNS", b"\0\0")) for bits in (1, 2, 4, 8)},
    **{f"palette of {bits} bits": by_hand(bits, FEW, 3, COLOURS) for bits in (1, 2, 4, 8)},
    **{f"palette of {bits} bits with alpha": by_hand(bits, FEW, 3, COLOURS, (b"tRNS", b"\x0f")) for bits in (1, 4, 8)},
    "with alpha": file_of(np.dstack([PHOTOGRAPH, PHOTOGRAPH[..., 1]])),
    "grey with alpha": file_of(np.ascontiguousarray(PHOTOGRAPH[..., :2])),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_the_package_reads_of_it(decoded, name, tmp_path):
    (tmp_path / "file").write_bytes(FILES[name])
    found = decoded(FILES[name])
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, read_photograph(tmp_path / "file"))


def test_transparent_pixels_are_laid_on_white_at_every_level(tmp_path):
    """All levels under all shares."""
    rgba = np.zeros((256, 256, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = np.arange(256)[:, None], np.arange(256)
    (tmp_path / "all.png").write_bytes(file_of(rgba))
    np.testing.assert_array_equal(decode(tf.constant(file_of(rgba))), read_photograph(tmp_path / "all.png"))


def test_of_16_bits_the_upper_8_are_kept(decoded):
    grey = RNG.integers(0, 2**16, (5, 7), np.uint16)
    np.testing.assert_array_equal(decoded(file_of(grey)), np.repeat((grey >> 8)[..., None], 3, -1))


def announcing(width, height):
    """A PNG whose header says so; its check sum is wrong then, too, which nobody gets to see."""
    file = bytearray(FILES["png"])
    file[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(file)


def test_a_file_whose_header_comes_second_is_refused(decoded):
    """A chunk before it that nobody knows would say another size where the header's is read."""
    wide = file_of(np.zeros((1, 1001), np.uint8))
    told = struct.pack(">II", 1, 1) + bytes(5)
    hiding = (
        wide[:8] + struct.pack(">I", 13) + b"prVt" + told + struct.pack(">I", zlib.crc32(b"prVt" + told)) + wide[8:]
    )
    assert tf.io.decode_png(hiding).shape == (1, 1001, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="neither a JPEG nor a PNG"):
        decoded(hiding)


def test_such_a_chunk_behind_the_header_is_fine(decoded):
    file = by_hand(8, FEW, 0, (b"prVt", struct.pack(">II", 1, 1)))
    np.testing.assert_array_equal(decoded(file)[..., 0], FEW)


HUGE_JPEG = file_of(np.zeros((1, 1001), np.uint8), "JPEG")


@pytest.mark.parametrize(
    ("file", "size"),
    [
        (announcing(1001, 1), "1001x1"),
        (announcing(32, 32), "32x32"),
        (HUGE_JPEG, "1001x1"),
        (announcing(2**32 - 1, 2**32 - 1), "4294967295x4294967295"),
        (announcing(2**31, 2), "2147483648x2"),
        (announcing(2**16, 2**16), "65536x65536"),
    ],
)
def test_a_file_that_announces_too_much_is_refused_before_it_is_decoded(decoded, file, size):
    """Also where 32 or 64 bits would overflow."""
    for _ in range(3):  # decoding would complain of the check sum, if it could begin
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"announces {size} pixels, and at most 1000 in all"):
            decoded(file)


def test_a_file_just_within_the_limit_is_decoded(decoded):
    for kind in ("PNG", "JPEG"):
        assert decoded(file_of(np.zeros((LIMIT // 40, 40), np.uint8), kind)).shape == (25, 40, 3)


def test_decoding_waits_for_the_limit():
    """In the graph the decoder hangs on the assertion, by whatever edges."""
    graph = decode_graph()
    nodes = {node.name: node for node in graph.node}
    waiting, before = [node.name for node in graph.node if node.op == "If" and _decodes(graph, node)], set()
    assert waiting
    while waiting:
        name = waiting.pop().removeprefix("^").partition(":")[0]
        if name not in before:
            before.add(name)
            waiting += nodes[name].input
    assert sum(nodes[name].op == "Assert" for name in before) == 2


def decode_graph():
    graph = tf.function(decode).get_concrete_function(tf.TensorSpec((), tf.string)).graph
    return graph.as_graph_def()


def _decodes(graph, node):
    called = {f.signature.name: f for f in graph.library.function}
    branch = called[node.attr["then_branch"].func.name]
    return any(inner.op.startswith("Decode") and inner.op != "DecodeRaw" for inner in branch.node_def)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "neither a JPEG nor a PNG"),
        (b"GIF89a" + 60 * b"\0", "neither a JPEG nor a PNG"),
        (b"\xff", "neither a JPEG nor a PNG"),
        (FILES["png"][:7], "neither a JPEG nor a PNG"),
        (FILES["png"][:8], "PNG"),
        (FILES["png"][:20], "PNG"),
        (FILES["png"][:-30], "PNG"),
        (FILES["png"][:60] + b"\xff" + FILES["png"][61:], "PNG"),
        (FILES["jpeg"][:3], "JPEG"),
        (FILES["jpeg"][:30], "JPEG"),
        (FILES["jpeg"][:-60], "JPEG"),
        (file_of(np.zeros((4, 4, 4), np.uint8)), "transparent everywhere"),
    ],
)
def test_a_damaged_file_is_refused(decoded, file, said):
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        decoded(file)


def test_the_usual_limit_takes_photographs_of_16_million_pixels():
    assert MAX_PIXELS == 4096**2
