"""Archives of arrays (.npz), which anybody may have made: no pickles, and no more bytes than are expected."""

import contextlib
import math
import os
import tokenize
import zipfile
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.lib import format as npy


def _half_of_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):  # Windows does not say
        return 0


LARGEST = max(1 << 32, _half_of_memory())
"""Bytes of all arrays. Our own may be large: a cell of 2,000 images of 150 classes has 7 MB, and a transfer of five
networks 805 cells; the attacked images of 32 attacks at 2048x1024 have 0.9 GB a network."""
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""By version of the format; the third is for names of fields, which no array here has."""


@contextlib.contextmanager
def opened(file: IO[bytes], largest: int = LARGEST) -> Iterator[np.lib.npyio.NpzFile]:
    """The arrays by name, each read when it is asked for; ValueError where they have more than `largest` bytes
    together, since a thousandth of that may be enough to pack them, or claim to be larger than what is there."""
    with np.load(file, allow_pickle=False) as arrays:
        members = arrays.zip.infolist()
        size = sum(member.file_size for member in members)
        if size > largest:
            raise ValueError(f"The arrays have {size:,} bytes; there may be {largest:,}.")
        for member in members:
            if member.flag_bits & 1:
                raise ValueError(f"{member.filename} is encrypted.")
            if _claimed(arrays.zip, member) > member.file_size:
                raise ValueError(f"{member.filename} claims to be larger than it is.")
        yield arrays


def _claimed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Bytes of the values that a header tells of, at least one each: NumPy makes room for them before it looks."""
    with archive.open(member) as file:
        version = npy.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f"{member.filename} is of an unknown version.")
        try:
            shape, _, kind = HEADERS[version](file)
        except (SyntaxError, tokenize.TokenError, RecursionError, MemoryError) as error:
            raise ValueError(f"{member.filename} has a damaged header.") from error
    return math.prod(shape) * max(kind.itemsize, 1)
