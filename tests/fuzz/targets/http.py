"""What a server sends, byte by byte, in place of an answer by HTTP."""

import io
import pathlib
import random

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, bytes_of
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.http import Http, parsed

FILE = "sent"
ANSWERS = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"outputs": [1]}',
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n3;x=y\r\n 1}\r\n0\r\nX: y\r\n\r\n',
    b'HTTP/1.0 500 Oh\r\n\r\n{"error": "no"}',
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
)


class Sent:
    """A connected socket on which somebody has sent this."""

    def __init__(self, data: bytes):
        self._data = data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._data))

    def sendall(self, data: bytes) -> None:
        """Nobody reads it."""

    def settimeout(self, seconds: float) -> None:
        """It never waits."""

    def shutdown(self, how: int) -> None:
        """Nothing more will come."""

    def close(self) -> None:
        """Nothing is open."""


def target() -> Target:
    return Target(seeds, [_ask], changed)


def seeds() -> list[Files]:
    return [{FILE: answer} for answer in ANSWERS]


def changed(files: Files, rng: random.Random) -> Files:
    data = files[FILE]
    assert isinstance(data, bytes)
    head, between, body = data.partition(b"\r\n\r\n")
    if rng.random() < 0.4:
        lines = head.split(b"\r\n")
        line = rng.choice(
            (
                b"Content-Length: -1",
                b"Content-Length: 99999999999",
                b"Content-Length: \xb2",
                b"A: " + b"b" * 70_000,
                b"X: y\r\n" * 200,
                b": ",
                b"Transfer-Encoding: chunked",
                b"Location: http://localhost/",
                b" folded",
                b"Content-Encoding: gzip",
                b"HTTP/1.1 999 \xff\x1b[2J",
                b"Content-Length: 3",
            )
        )
        lines.insert(rng.randrange(len(lines) + 1), line)
        head = b"\r\n".join(lines)
    if rng.random() < 0.3:
        body = rng.choice((b"ffffffffff\r\n", b"-1\r\n", b"5" * 9000, b"\r\n", b"zz\r\nabc", b"0\r\n" + b"x" * 70_000))
    data = head + between + body
    if rng.random() < 0.1:
        data = b"HTTP/1.1 100 Continue\r\n\r\n" * rng.choice((10, 100_000)) + data
    return {FILE: bytes_of(data, rng) if rng.random() < 0.7 else data}


def _ask(folder: pathlib.Path) -> None:
    address = Address.of("http://localhost:1")
    http = Http(address, 5.0)
    http._connection().sock = Sent((folder / FILE).read_bytes())
    parsed(address, http("GET", "/v1/models/net/metadata").body)
