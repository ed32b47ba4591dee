"""How an endpoint fails, in a sentence each: what was asked, what it said, what to do."""

import time
from collections.abc import Callable
from typing import TypeVar

from tfadvseg.endpoints.address import Address

T = TypeVar("T")

LONGEST = 200
"""Characters of a server's own text that a sentence repeats."""
FIRST_WAIT = 0.25
"""Seconds before the first repetition; each further wait is twice as long."""


class Unreachable(ValueError):
    """Nobody answers, or not now: another time somebody may."""


class Refused(ValueError):
    """The server answers that it will not do what it is asked, and would say so again."""


class Unknown(Refused):
    """The server answers that it serves nothing of that name."""


class Unreadable(ValueError):
    """The server answers something else than it was asked for."""


def quoted(text: str) -> str:
    """What a server says, on one line and shortened."""
    line = " ".join(text.split())
    return (line if len(line) <= LONGEST else f"{line[:LONGEST]} ...") or "nothing"


class Patience:
    """Asks again where nobody answers: `retries` times, each after twice the wait, the first after FIRST_WAIT seconds.

    So it does where a server that has answered the same before says that it knows nothing of that name, since one that
    is restarted says so while it still loads. From any thread.
    """

    def __init__(self, retries: int, wait: Callable[[float], None] = time.sleep):
        self.retries, self._wait, self._answered = retries, wait, set[str]()

    def __call__(self, question: str, ask: Callable[[], T]) -> T:
        """What `ask` returns. question: what is asked for, such as a model and its signature."""
        for attempt in range(self.retries):
            try:
                return self._asked(question, ask)
            except Unreachable:
                self._wait(FIRST_WAIT * 2**attempt)
        try:
            return self._asked(question, ask)
        except Unreachable as error:
            times = f" It was tried {self.retries + 1} times." if self.retries else ""
            raise Unreachable(f"{error}{times}") from error

    def _asked(self, question: str, ask: Callable[[], T]) -> T:
        try:
            found = ask()
        except Unknown as error:
            if question in self._answered:
                raise Unreachable(str(error)) from error
            raise
        self._answered.add(question)
        return found


def unreachable(address: Address, text: str) -> Unreachable:
    """Of a connection that is refused or breaks."""
    return Unreachable(f"{address} cannot be reached ({quoted(text)}); is the server up, and is this its port?")


def late(address: Address, timeout: float) -> Refused:
    """Of an answer that takes too long; asking again would make that longer."""
    return Refused(
        f"{address} has not answered within {timeout:g} seconds; give it more by `timeout`, or ask for less at once by "
        "`concurrency`."
    )


def refused(address: Address, model: str, signature: str, text: str, unknown: bool) -> Refused:
    """Of a request that the server refuses. unknown: whether it says that it serves nothing of that name."""
    about = (
        f"{address} does not serve the signature {signature!r} of {model!r}"
        if unknown
        else (f"{address} cannot answer the signature {signature!r} of {model!r}")
    )
    way = "; name what it serves by `served_name`" if unknown else ""
    return (Unknown if unknown else Refused)(f"{about}; it says: {quoted(text)}{way}.")


def changed(address: Address, model: str, before: str, now: str) -> Refused:
    """Of an answer by another version of the model than those before it."""
    return Refused(
        f"{address} answered by version {before} of {model!r} before and answers by version {now} now, which may be "
        "another network; ask for one of them by `served_version`."
    )


def too_large(address: Address, text: str) -> Refused:
    """Of a message beyond the server's limit, which for gRPC is often 4 MB."""
    return Refused(
        f"{address} takes no message of this size ({quoted(text)}); raise the server's own limit, use its other port, "
        "or send PNG or JPEG files in place of pixels."
    )


def unreadable(address: Address, text: str) -> Unreadable:
    """Of an answer that is not what the API says."""
    return Unreadable(f"{address} gives an answer that cannot be read ({quoted(text)}); is it this `api`?")
