"""Requests by HTTP from any number of threads, each over a connection of its own that is kept."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import LARGEST
from tfadvseg.endpoints.failures import Refused, Unreachable, Unreadable, late, too_large, unreachable, unreadable

CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
FOR_NOW = (429, 502, 503, 504)
"""Status codes of a server, or of what stands before it, that may answer another time."""
TOO_LARGE = 413
PIECE = 1 << 20


class Answer(NamedTuple):
    """headers: names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Http:
    """Of one address."""

    def __init__(self, address: Address, timeout: float):
        self.address, self.timeout = address, timeout
        self._own, self._all, self._lock = threading.local(), list[http.client.HTTPConnection](), threading.Lock()
        self._closed = False

    def __call__(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status, unless that says that nobody can answer now."""
        connection = self._connection()
        try:
            if connection.sock is None:
                self._connect(connection)
            with _ended_after(connection, self.timeout):
                connection.request(method, self.address.path + path, body, dict(headers or {}))
                response = connection.getresponse()
                answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, self._body(response))
        except Unreadable:
            connection.close()
            raise
        except TimeoutError as error:
            connection.close()
            raise late(self.address, self.timeout) from error
        except socket.gaierror as error:
            connection.close()
            raise unreachable(self.address, f"no such host: {error.strerror}") from error
        except http.client.BadStatusLine as error:
            connection.close()
            if isinstance(error, http.client.RemoteDisconnected):
                raise unreachable(self.address, str(error)) from error
            raise unreadable(self.address, "it speaks no HTTP") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise unreachable(self.address, str(error) or type(error).__name__) from error
        if answer.status in FOR_NOW:
            raise Unreachable(str(unreachable(self.address, said(answer))))
        if answer.status == TOO_LARGE:
            raise too_large(self.address, said(answer))
        return answer

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """Piece by piece, since nobody knows how large it is; whole, or HTTPException."""
        found = bytearray()
        while piece := response.read(PIECE):
            found += piece
            if len(found) > LARGEST:
                raise unreadable(self.address, f"it has more than {LARGEST:,} bytes")
        if response.length:
            raise http.client.IncompleteRead(bytes(found[:100]), response.length)
        return bytes(found)

    def _connection(self) -> http.client.HTTPConnection:
        if self._closed:
            raise Refused(f"The client of {self.address} was closed.")
        if not hasattr(self._own, "connection"):
            kind = CONNECTIONS[self.address.scheme]
            self._own.connection = kind(self.address.host, self.address.port, timeout=self.timeout)
            with self._lock:
                self._all.append(self._own.connection)
        return self._own.connection

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        """Apart from the request: who has not even accepted it is not there, and may be another time."""
        try:
            connection.connect()
        except TimeoutError as error:
            connection.close()
            raise unreachable(self.address, f"no connection within {self.timeout:g} seconds") from error

    def close(self) -> None:
        """Ends the connections of all threads, also of those that wait for an answer."""
        self._closed = True
        with self._lock:
            for connection in self._all:
                with contextlib.suppress(OSError):
                    if connection.sock is not None:
                        connection.sock.shutdown(socket.SHUT_RDWR)
                connection.close()


@contextlib.contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """TimeoutError where what is done within takes longer. A socket's own timeout begins anew with every byte, so who
    sends one now and then would never be late."""
    ended, own = threading.Event(), connection.sock

    def end() -> None:
        ended.set()
        with contextlib.suppress(OSError):
            socket.socket.shutdown(own, socket.SHUT_RDWR)  # one of TLS would go on without its encryption

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if ended.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
    if ended.is_set():  # an answer whose end is that of its connection
        raise TimeoutError


def said(answer: Answer) -> str:
    """What a server says of its refusal: the "error" of its JSON, or else its text."""
    text = answer.body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return f"{answer.status} {found['error'] if isinstance(found, dict) and 'error' in found else text}"


def parsed(address: Address, text: bytes) -> dict[str, Any]:
    """The object that an answer's JSON holds."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(address, f"it is no JSON: {text[:100].decode('utf-8', 'replace')}") from error
    if not isinstance(found, dict):
        raise unreadable(address, f"its JSON is no object: {text[:100].decode('utf-8', 'replace')}")
    return found
