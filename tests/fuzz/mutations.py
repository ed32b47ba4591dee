"""Small valid files made hostile: bytes, JSON, text, archives of arrays and folders of files, from a random generator.

What comes out depends on the generator alone, so that an input has a number by which anybody makes it again.
"""

import copy
import io
import json
import pathlib
import random
import re
import string
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

SECRET = "secret"
"""The folder beside that of an input: whatever in it is opened was reached by leaving the folder named."""
NUMBERS = (
    0, -1, 1, 2, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64, -(2**31),
    -(2**63), 10**30, 0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), -float("inf"),
)  # fmt: skip
BYTES = (0, 1, 127, 128, 254, 255)
LARGEST = 300_000
"""Characters of a text."""
DEPTHS = (40, 70, 1_100, 20_000, 100_000)


class Link(NamedTuple):
    """In place of a file: a symbolic link to this, from the input's folder."""

    target: str


class Pipe(NamedTuple):
    """In place of a file: a named pipe, which nobody ever writes into."""


Content = bytes | Link | Pipe
Files = dict[str, Content]
"""By their path in the input's folder."""


def names(rng: random.Random) -> str:
    """A name that means something to a file system, a page, a spreadsheet, a terminal or a format string."""
    return rng.choice((
        f"../{SECRET}/file", f"../{SECRET}", f"a/../../{SECRET}/file", "/etc/passwd", "//etc/passwd", "..", ".", "",
        "/", "~root", "-rf", "\0", "a\0b", "a\nb", "a\rb", "a\tb",
        "<script>alert(1)</script>", '"><img src=x onerror=y>',
        "{{ 7 * 7 }}", "{% raw %}", "${HOME}", "%s%n", "{0.__class__}", "=1+1", "+1", "-1", "@SUM(A1)",
        "=cmd|' /C x'!A0", "$\\frac{", "$$", "\x1b[2J\x1b]0;x\a", "\u202egnp",
        "\ud800", "\ufeff", "\u2028", "e\u0301", "C:\\x", "\\\\host\\x",
        "http://example.com/x", "file:///etc/passwd", "javascript:alert(1)", "a" * 300, "a/" * 2000, "x" * 100_000,
        "null", "nan", "1e999", "9" * 5000, "tfadvseg.runs.folder:RunFolder", "os:system",
    ))  # fmt: skip


def bytes_of(data: bytes, rng: random.Random, others: tuple[bytes, ...] = ()) -> bytes:
    """The same with one to eight small damages."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        _damage(found, rng, others)
    return bytes(found)


def _damage(found: bytearray, rng: random.Random, others: tuple[bytes, ...]) -> None:
    if not found:
        found += rng.randbytes(rng.randrange(20))
        return
    at = rng.randrange(len(found))
    size = min(rng.choice((1, 2, 4, 8, 16, 100)), len(found) - at)
    match rng.randrange(9):
        case 0:
            found[at] ^= 1 << rng.randrange(8)
        case 1:
            found[at] = rng.choice(BYTES)
        case 2:
            del found[at:]
        case 3:
            del found[at : at + size]
        case 4:
            found[at:at] = found[at : at + size] * rng.choice((1, 2, 100))
        case 5:
            found[at:at] = rng.randbytes(size)
        case 6:  # a number of a length, a size or a count
            width, order = rng.choice("HIQ"), rng.choice("<>")
            value = rng.choice((0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1))
            packed = struct.pack(order + width, value & (256 ** struct.calcsize(width) - 1))
            found[at : at + len(packed)] = packed
        case 7:
            found[at : at + 1] = rng.choice((b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xff\xff\xff\xff\x07"))
        case 8 if others:
            other = rng.choice(others)
            begin = rng.randrange(len(other) + 1)
            found[at : at + size] = other[begin : begin + rng.choice((4, 64, 1000))]


def json_of(data: bytes, rng: random.Random) -> bytes:
    """A JSON text with other values at one to three places, or damaged as text."""
    if rng.random() < 0.1:
        return bytes_of(data, rng)
    if rng.random() < 0.05:
        depth, sign = rng.choice(DEPTHS), rng.choice(("[", '{"a":', '{"dict":[[1,', '{"tuple":['))
        return sign.encode() * depth
    value = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        value = _replaced(value, rng)
    text = json.dumps(value)
    if rng.random() < 0.05:
        place = [match.span() for match in re.finditer(r"\d+", text)] or [(0, 0)]
        begin, end = rng.choice(place)
        text = text[:begin] + rng.choice(("9" * 5000, "1e999", "-", "NaN", "[" * 70 + "]" * 70)) + text[end:]
    return text.encode("utf-8", "surrogatepass")


def _replaced(value: Any, rng: random.Random) -> Any:
    """The same value with another one somewhere in it."""
    places: list[tuple[Any, Any]] = []

    def visit(one: Any) -> None:
        for key, part in one.items() if isinstance(one, dict) else enumerate(one):
            places.append((one, key))
            if isinstance(part, dict | list):
                visit(part)

    if not isinstance(value, dict | list) or not value or rng.random() < 0.02:
        return strange(value, rng)
    visit(value)
    within, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del within[key]
        case 1 if isinstance(within, list):
            within.insert(key, copy.deepcopy(within[key]))
        case 1:
            within[names(rng)] = within.pop(key)
        case 2:  # of another place
            other, place = rng.choice(places)
            within[key] = copy.deepcopy(other[place]) if place in other or isinstance(other, list) else None
        case _:
            within[key] = strange(within[key], rng)
    return value


def strange(value: Any, rng: random.Random) -> Any:
    """A JSON value in place of another one, often of its type."""
    if isinstance(value, str) and rng.random() < 0.6:
        return names(rng)
    if isinstance(value, int | float) and rng.random() < 0.6:
        return rng.choice(NUMBERS)
    if isinstance(value, list) and rng.random() < 0.6:
        return rng.choice(([], value[:-1], value * 2, value[::-1], [value], value[:1] * 1000))
    return rng.choice(
        (
            None,
            True,
            False,
            [],
            {},
            [[]],
            [None],
            {"a": {}},
            "",
            rng.choice(NUMBERS),
            names(rng),
            [rng.choice(NUMBERS)] * 3,
        )
    )


def text_of(data: bytes, rng: random.Random) -> bytes:
    """Lines with other, repeated, hostile or very long words, or another encoding."""
    if rng.random() < 0.15:
        return bytes_of(data, rng)
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8", "replace")
    for _ in range(rng.choice((1, 1, 2, 4))):
        words = re.split(r"([\s,;@#<>=%]+)", text)
        at = rng.randrange(len(words))
        match rng.randrange(7):
            case 0:
                words[at] = names(rng)
            case 1:
                words[at] = str(rng.choice(NUMBERS))
            case 2:
                words.insert(at, rng.choice(words))
            case 3:
                del words[at]
            case 4:
                words[at] += rng.choice(string.printable) * rng.choice((1, 3, 1000, 30_000))
            case 5:
                words[at] = rng.choice(words) * rng.choice((2, 500, 5000))
            case 6:
                words[at] = rng.choice(
                    ("1" * 30_000 + "x", " a" * 3000, ", " * 3000, '"', "'", '""', ".png " * 2000, "\\")
                )
        text = "".join(words)[:LARGEST]
    encoding = rng.choice(("utf-8",) * 8 + ("utf-16", "utf-32", "utf-8-sig", "cp1252"))
    return text.encode(encoding, "replace")


def npz_of(data: bytes, rng: random.Random) -> bytes:
    """An archive of arrays with another member, header, name or size."""
    if rng.random() < 0.15:
        return bytes_of(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = rng.choice(sorted(members))
    content = members[name]
    match rng.randrange(9):
        case 0:
            del members[name]
        case 1:
            members[names(rng).encode("utf-8", "replace").decode() + ".npy"] = members.pop(name)
        case 2:
            members[name] = members[rng.choice(sorted(members))]
        case 3 | 4:
            members[name] = _other_header(content, rng)
        case 5:
            members[name] = bytes_of(content, rng)
        case 6:
            members[name] = _pickled()
        case 7:
            members[name] = _values(content, rng)
        case 8:
            members[name] = _zeros(rng)
    return archive_of(members)


def archive_of(members: Mapping[str, bytes]) -> bytes:
    """An .npz file of these .npy files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _header(text: str, values: bytes = b"") -> bytes:
    head = text.encode("latin1", "replace") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head) & 0xFFFF) + head + values


def _other_header(content: bytes, rng: random.Random) -> bytes:
    """Another type or shape of the same values."""
    size = struct.unpack_from("<H", content, 8)[0]
    head, values = content[10 : 10 + size].decode("latin1"), content[10 + size :]
    shape = rng.choice(
        (
            "()",
            "(0,)",
            "(1,)",
            "(-1,)",
            "(2, 3)",
            "(99999999999,)",
            "(0, 4, 0)",
            "(1,) * 9",
            f"({2**62}, 4)",
            "(1.5,)",
            "(True,)",
            "[3]",
            "None",
            "(" * 90 + ")" * 90,
        )
    )
    kind = rng.choice((
        "'<f4'", "'<f8'", "'<i8'", "'|u1'", "'|b1'", "'<U9'", "'|S3'", "'|O'", "'<c16'", "'<M8[s]'", "'<f2'", "'|V8'",
        "[('a', '<f4')]", "'<U0'", "'>i4'", "'<U99999999'", "'x'", "object", "__import__('os').system('true')",
    ))  # fmt: skip
    if rng.random() < 0.6:
        head = re.sub(r"'shape': .*?\), ", lambda _: f"'shape': {shape}, ", head)
    if rng.random() < 0.6:
        head = re.sub(r"'descr': .*?, 'fort", lambda _: f"'descr': {kind}, 'fort", head)
    return _header(head, values * rng.choice((1, 1, 2)))


def _pickled() -> bytes:
    """An array of objects whose pickle would make a folder."""
    pickled = b"cos\nmkdir\n(S'pickled'\ntR."
    return _header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickled)


def _values(content: bytes, rng: random.Random) -> bytes:
    """Extreme numbers in place of the last values, whatever their type."""
    extreme = rng.choice((b"\xff", b"\x00", b"\x7f", b"\x80", b"\x00\x00\xc0\x7f\x00\x00\xf8\x7f"))
    size = max(0, len(content) - rng.choice((128, 136, 192, 300)))
    return content[: len(content) - size] + (extreme * (size + 1))[:size]


def renamed(arrays: Mapping[str, np.ndarray], rng: random.Random) -> dict[str, np.ndarray]:
    """The same arrays, one under another name: what it was called is in others or in no other, too."""
    found = dict(arrays)
    name = rng.choice(sorted(found))
    array = found.pop(name)
    parts = name.split("/")
    parts[rng.randrange(len(parts))] = names(rng)[:100]
    found["/".join(parts).encode("utf-8", "replace").decode().replace("\0", "_")] = array
    return found


def extreme(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """The same array with other values, type or shape, which it has all the same."""
    found = array.copy()
    if found.dtype.kind in "US":
        if rng.random() < 0.7 and found.size:
            found = found.astype(object)
            found[rng.randrange(len(found)) if found.ndim else ()] = (
                names(rng)[:100].replace("\0", "").encode("utf-8", "replace").decode()
            )
            return found.astype(str)
    elif rng.random() < 0.7 and found.size:
        value = rng.choice(NUMBERS)
        with np.errstate(all="ignore"):
            found = found.astype(np.float64)
            flat = found.reshape(-1)
            some = slice(None) if rng.random() < 0.3 else rng.randrange(flat.size)
            flat[some] = float(value)
        return found
    match rng.randrange(6):
        case 0:
            return found[..., None]
        case 1:
            return found[:0] if found.ndim else found[None]
        case 2:
            return np.concatenate([found, found]) if found.ndim else np.stack([found, found])
        case 3:
            return found.astype(str)
        case 4:
            return np.zeros_like(found, np.complex64) if found.dtype.kind not in "US" else np.zeros(found.shape, bool)
        case _:
            return found.reshape(-1)


def _zeros(rng: random.Random) -> bytes:
    """Much that packs into little."""
    count = rng.choice((10**6, 10**8))
    return _header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count},), }}", bytes(count))


def png_of(data: bytes, rng: random.Random) -> bytes:
    """Damage within the chunks of a PNG, whose checks are made right again: else it would get no further than these."""
    chunks, place = [], 8
    while place + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, place)
        chunks.append([data[place + 4 : place + 8], data[place + 8 : place + 8 + size]])
        place += 12 + size
    chunk = rng.choice(chunks)
    match rng.randrange(6):
        case 0:
            chunks.remove(chunk)
        case 1:
            chunks.insert(rng.randrange(len(chunks)), list(chunk))
        case 2:
            chunk[0] = rng.choice((b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"iTXt", b"zTXt", b"acTL", b"fcTL", b"iCCP"))
        case 3 if chunk[0] == b"IHDR":
            sizes = rng.choices((0, 1, 7, 16, 8191, 8192, 30_000, 2**31 - 1, 2**32 - 1), k=2)
            chunk[1] = struct.pack(">II", *sizes) + chunk[1][8:]
        case 4 if chunk[0] == b"IDAT":
            chunk[1] = zlib.compress(rng.choice((b"", bytes(10**7), zlib.decompress(chunk[1])[:-3])))
        case _:
            chunk[1] = bytes_of(chunk[1], rng)
    parts = [
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    ]
    return data[:8] + b"".join(parts)


def content_of(name: str, data: bytes, rng: random.Random, others: tuple[bytes, ...] = ()) -> bytes:
    """By the kind of file that a name says."""
    kinds = {".json": json_of, ".npz": npz_of, ".csv": text_of, ".txt": text_of}
    kind = kinds.get(pathlib.PurePosixPath(name).suffix)
    if data.startswith(b"\x89PNG") and rng.random() < 0.6:
        kind = png_of
    try:
        return kind(data, rng) if kind else bytes_of(data, rng, others)
    except (ValueError, LookupError, RecursionError, struct.error, zlib.error, zipfile.BadZipFile):  # damaged before
        return bytes_of(data, rng, others)


def files_of(files: Files, rng: random.Random) -> Files:
    """One or two files of a folder with other content, another name, another kind, or none."""
    found = dict(files)
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(sorted(found))
        content = found[name]
        if not isinstance(content, bytes):
            continue
        if rng.random() < 0.85:
            others = tuple(one for one in found.values() if isinstance(one, bytes) and one != content)
            found[name] = content_of(name, content, rng, others)
            continue
        match rng.randrange(7):
            case 0:
                del found[name]
            case 1:
                found[name] = b""
            case 2:
                found[name] = Link(rng.choice((f"../{SECRET}/file", "/dev/zero", "nowhere", name.split("/")[-1], ".")))
            case 3:
                found[name] = Pipe()
            case 4:
                found[f"{name}/file"] = found.pop(name)
            case 5:
                path = pathlib.PurePosixPath(name)
                found[str(path.with_name(_file_name(rng) + path.suffix))] = found.pop(name)
            case 6:
                found[name] = bytes(content) * 50
        if not found:
            found[name] = b""
    return found


def _file_name(rng: random.Random) -> str:
    """A hostile name that a file can have."""
    name = names(rng).replace("/", "_").replace("\0", "_").encode("utf-8", "replace").decode()
    return name.encode()[:200].decode(errors="ignore") or "_"
