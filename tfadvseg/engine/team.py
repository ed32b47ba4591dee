"""Hands out names of units to workers elsewhere, and again where a worker has ended with its unit unfinished."""

import collections
import dataclasses
import functools
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tfadvseg.engine.unit import Tick
from tfadvseg.engine.worker import Outcome, Worker

AGAIN = 3
"""Times that a unit is handed out again whose worker has ended."""
CLOSING = 5.0
"""Seconds in which a worker that is ended shall be gone."""


class Lost(Exception):
    """A worker has ended, whatever it was doing; the text says how."""


class Hand(Protocol):
    """A worker in another process; used by one thread."""

    @property
    def name(self) -> str:
        """As its log is called."""

    def begin(self) -> None:
        """Starts the worker, also one that was lost; Lost where it ends before it can work."""

    def work(self, name: str, following: str | None, tick: Tick) -> Outcome:
        """As `Worker.work`, and raises what that raises; Lost where the worker has ended."""

    def kill(self) -> None:
        """Ends the worker at once; from another thread."""

    def close(self) -> None:
        """Ends it, and lets go of what it takes here."""


@dataclasses.dataclass(frozen=True)
class Ticked:
    """So much of a unit is done, in gradients an image."""

    unit: str
    work: float


@dataclasses.dataclass(frozen=True)
class Finished:
    """A unit is."""

    unit: str
    worker: str
    outcome: Outcome


@dataclasses.dataclass(frozen=True)
class HandedOutAgain:
    """The worker has ended; why, in words. done: the work that it had told of."""

    unit: str
    worker: str
    why: str
    done: float


@dataclasses.dataclass(frozen=True)
class FalseStart:
    """A worker has ended before it could begin; why, in words. It is started anew."""

    worker: str
    why: str


Event = Ticked | Finished | HandedOutAgain | FalseStart
Hear = Callable[[Event], None]
Crew = Callable[[Sequence[str], Hear], None]
"""Has units made, tells what happens, and returns when all are finished; raises what a worker raises."""


def alone(worker: Worker) -> Crew:
    """This process does all units, one after the other."""

    def work(names: Sequence[str], hear: Hear) -> None:
        for name, following in zip(names, [*names[1:], None], strict=True):
            outcome = worker.work(name, following, functools.partial(_tick, hear, name))
            hear(Finished(name, "this process", outcome))

    return work


def _tick(hear: Hear, name: str, work: float) -> None:
    hear(Ticked(name, work))


class Waiting:
    """Names that are to be handed out, some of them announced to a worker, which reads their images meanwhile."""

    def __init__(self, names: Sequence[str]):
        self._names, self._announced = collections.deque(names), dict[int, str]()

    def __bool__(self) -> bool:
        return bool(self._names or self._announced)

    def next(self, number: int) -> tuple[str, str | None]:
        """What a worker is to do now, and what it will be given next, unless it is slow and another one is idle."""
        if number in self._announced:
            name = self._announced.pop(number)
        elif self._names:
            name = self._names.popleft()
        else:
            name = self._announced.pop(min(self._announced))
        if self._names:
            self._announced[number] = self._names.popleft()
        return name, self._announced.get(number)

    def put_back(self, name: str) -> None:
        """It comes first."""
        self._names.appendleft(name)


class Team:
    """A crew of several hands, each served by a thread. Leaving the context ends all workers, whatever they do."""

    def __init__(self, hands: Sequence[Hand]):
        self.hands = hands
        self._inboxes: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in hands]
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._idle: list[int] = []
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(number,), daemon=True) for number in range(len(hands))
        ]

    def __enter__(self) -> "Team":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for inbox in self._inboxes:
            inbox.put(None)
        for hand in self.hands:
            hand.kill()
        for thread in self._threads:
            thread.join(CLOSING)

    def __call__(self, names: Sequence[str], hear: Hear) -> None:
        """A `Crew`. ValueError where a unit has lost its worker, or a worker has ended before it could begin, more than
        AGAIN times."""
        waiting, busy, told = Waiting(names), dict[int, str](), collections.defaultdict[str, float](float)
        handed_out, false_starts = collections.Counter[str](), collections.Counter[int]()
        while waiting or busy:
            while waiting and self._idle:
                number = self._idle.pop(0)
                busy[number], following = waiting.next(number)
                handed_out[busy[number]] += 1
                self._inboxes[number].put((busy[number], following))
            number, news = self._news.get()
            worker = self.hands[number].name
            if news is None:
                self._idle.append(number)
                false_starts[number] = 0
            elif isinstance(news, Outcome):
                hear(Finished(busy.pop(number), worker, news))
            elif isinstance(news, float):
                told[busy[number]] += news
                hear(Ticked(busy[number], news))
            elif not isinstance(news, Lost):
                raise news
            elif number not in busy:
                false_starts[number] += 1
                if false_starts[number] > AGAIN:
                    raise ValueError(
                        f"{worker} ended {AGAIN + 1} times in a row before it could begin, the last time {news}."
                    )
                hear(FalseStart(worker, str(news)))
            else:
                unit = busy.pop(number)
                if handed_out[unit] > AGAIN:
                    raise ValueError(
                        f"The unit {unit} was handed out {AGAIN + 1} times and each time its worker ended, the last "
                        f"time {news}; all that is finished is kept."
                    )
                waiting.put_back(unit)
                hear(HandedOutAgain(unit, worker, str(news), told.pop(unit, 0.0)))

    def _serve(self, number: int) -> None:
        """The thread of a hand: news are None (it is idle), a float (work), an Outcome, and exceptions."""
        hand, begun = self.hands[number], False

        def tick(work: float) -> None:
            self._tell(number, float(work))

        try:
            while not self._closed:
                try:
                    if not begun:
                        hand.begin()
                        begun = True
                    self._tell(number, None)
                    if (task := self._inboxes[number].get()) is None:
                        return
                    unit, following = task
                    self._tell(number, hand.work(unit, following, tick))
                except Lost as lost:
                    begun = False
                    self._tell(number, lost)
        except BaseException as error:
            self._tell(number, error)
        finally:
            hand.close()

    def _tell(self, number: int, news: object) -> None:
        self._news.put((number, news))
