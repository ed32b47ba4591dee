"""Archives of arrays: what is claimed is there, and it is no more than may be."""

import io
import zipfile

import numpy as np
import pytest
from numpy.lib import format as npy

from tfadvseg.runs.archive import opened


def packed(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    file.seek(0)
    return file


def claiming(shape, kind="<f4", values=b""):
    """An archive of one array whose header is said to have that shape."""
    array, file = io.BytesIO(), io.BytesIO()
    npy.write_array_header_1_0(array, {"descr": kind, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", array.getvalue() + values)
    file.seek(0)
    return file


def test_arrays_come_back():
    wanted = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(["x", "yz"]), "c": np.array([], str), "d": np.array(3)}
    with opened(packed(**wanted)) as found:
        assert found.files == list(wanted)
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array)


def test_the_largest_is_taken_and_one_byte_more_is_refused():
    file, size = packed(a=np.zeros(100, np.uint8)), 128 + 100
    with opened(file, size) as found:
        assert found["a"].size == 100
    file.seek(0)
    with pytest.raises(ValueError, match="have 228 bytes; there may be 227"), opened(file, size - 1):
        pass


@pytest.mark.parametrize("shape, kind", [((10**11,), "<f4"), ((10**11,), "<U0"), ((2**62, 4), "<f8")])
def test_an_array_that_is_not_there_is_refused_before_there_is_room_for_it(shape, kind):
    with pytest.raises(ValueError, match="claims to be larger"), opened(claiming(shape, kind)):
        pass


@pytest.mark.parametrize("shape", [b"(" + b"-" * 9000 + b"1,)", b"(" + b"1+" * 4000 + b"1,)"])
def test_a_header_that_is_too_much_for_the_parser_is_damaged(shape):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + b", }\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    file.seek(0)
    with pytest.raises(ValueError), opened(file):
        pass


def test_an_encrypted_array_is_refused():
    whole = bytearray(packed(a=np.zeros(3)).getvalue())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + flags] |= 1
    with pytest.raises(ValueError, match="a.npy is encrypted"), opened(io.BytesIO(whole)):
        pass


def test_a_header_that_does_not_end_is_damaged():
    file, header = io.BytesIO(), b"{'descr': '<f4', 'fortran_order': False, 'shape': (\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header)
    file.seek(0)
    with pytest.raises(ValueError, match="a.npy has a damaged header"), opened(file):
        pass


def test_objects_are_not_unpickled(tmp_path):
    content = b"cos\nmkdir\n(S'" + bytes(tmp_path / "pickled") + b"'\ntR." + bytes(100)
    with opened(claiming((1,), "|O", content)) as found, pytest.raises(ValueError, match="allow_pickle=False"):
        found["a"]
    assert not (tmp_path / "pickled").exists()
