"""Names are handed out until all are done, and again where a worker has ended; workers here are made up."""

import threading

import pytest

from tfadvseg.engine.team import AGAIN, FalseStart, Finished, HandedOutAgain, Lost, Team, Ticked
from tfadvseg.engine.worker import Outcome

NAMES = [f"net-{number:05d}" for number in range(9)]


class MadeUp:
    """A worker that dies of some units so many times, and of starting so many times."""

    def __init__(self, name, deadly=None, false_starts=0, raises=None):
        self.name, self.deadly, self.false_starts, self.raises = name, deadly or {}, false_starts, raises or {}
        self.alive, self.asked, self.begun, self.gate = False, [], 0, threading.Event()
        self.gate.set()

    def begin(self):
        if self.false_starts:
            self.false_starts -= 1
            raise Lost("killed at its start")
        self.alive, self.begun = True, self.begun + 1

    def work(self, name, following, tick):
        assert self.alive
        self.asked.append((name, following))
        self.gate.wait(20)
        tick(0.5)
        if name in self.raises:
            raise self.raises[name]
        if self.deadly.get(name):
            self.deadly[name] -= 1
            self.alive = False
            raise Lost("killed by signal 9")
        return Outcome({}, 0.0, 1.0)

    def kill(self):
        self.gate.set()

    def close(self):
        self.alive = False


def run(*hands, names=NAMES):
    heard = []
    with Team(hands) as team:
        team(names, heard.append)
    assert not any(hand.alive for hand in hands)
    return heard


def done(heard):
    return sorted(event.unit for event in heard if isinstance(event, Finished))


def again(heard):
    return [(event.unit, event.worker, event.why, event.done) for event in heard if isinstance(event, HandedOutAgain)]


def test_every_unit_is_made_once_and_told():
    heard = run(MadeUp("a"), MadeUp("b"), MadeUp("c"))
    assert done(heard) == NAMES and again(heard) == []
    assert sum(isinstance(event, Ticked) for event in heard) == len(NAMES)


def test_one_worker_has_them_in_order_and_hears_what_follows():
    hand = MadeUp("a")
    run(hand)
    assert hand.asked == list(zip(NAMES, [*NAMES[1:], None], strict=True))


def test_a_team_can_be_asked_again():
    hand = MadeUp("a")
    with Team([hand]) as team:
        team(["first"], lambda event: None)
        team(NAMES, lambda event: None)
    assert [name for name, _ in hand.asked] == ["first", *NAMES] and hand.begun == 1


def test_the_unit_of_a_worker_that_ended_is_handed_out_again():
    deadly = {NAMES[0]: 1, NAMES[4]: 2}
    heard = run(MadeUp("a", deadly), MadeUp("b", deadly))
    assert done(heard) == NAMES
    assert sorted(unit for unit, *_ in again(heard)) == [NAMES[0], NAMES[4], NAMES[4]]
    assert {why for _, _, why, _ in again(heard)} == {"killed by signal 9"}
    assert {work for *_, work in again(heard)} == {0.5}  # what a bar takes back


def test_a_unit_is_handed_out_again_three_times_and_then_named():
    hand = MadeUp("a", {NAMES[2]: AGAIN})
    assert done(run(hand)) == NAMES
    with pytest.raises(ValueError) as failed:
        run(MadeUp("a", {NAMES[2]: AGAIN + 1}))
    assert str(failed.value) == (
        "The unit net-00002 was handed out 4 times and each time its worker ended, the last time killed by signal 9; "
        "all that is finished is kept."
    )


def test_a_worker_that_never_begins_is_named():
    assert done(run(MadeUp("a", false_starts=AGAIN))) == NAMES
    with pytest.raises(
        ValueError, match="a ended 4 times in a row before it could begin, the last time killed at its start"
    ):
        run(MadeUp("a", false_starts=AGAIN + 1))


def test_false_starts_are_told_and_forgotten_once_a_worker_has_begun():
    class Stumbling(MadeUp):
        def work(self, *arguments):
            try:
                return super().work(*arguments)
            except Lost:
                self.false_starts = 1
                raise

    heard = run(Stumbling("a", dict.fromkeys(NAMES, 1)))
    assert done(heard) == NAMES and len(NAMES) > AGAIN + 1
    assert heard.count(FalseStart("a", "killed at its start")) == len(NAMES)


def test_what_a_worker_raises_ends_the_team():
    other = MadeUp("b")
    other.gate.clear()  # works until it is killed
    with pytest.raises(KeyError, match="of the worker"):
        run(MadeUp("a", raises={name: KeyError("of the worker") for name in NAMES}), other)


def test_a_slow_worker_keeps_nothing_from_the_others():
    slow, quick = MadeUp("slow"), MadeUp("quick")
    slow.gate.clear()
    heard = []

    def hear(event):
        heard.append(event)
        if len(done(heard)) == len(NAMES) - 1:
            slow.gate.set()

    with Team([slow, quick]) as team:
        team(NAMES, hear)
    assert done(heard) == NAMES and len(slow.asked) == 1
