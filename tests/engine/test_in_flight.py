"""Photographs whose requests are with threads: what is kept where one fails, in whatever order answers come."""

import dataclasses
import threading

import numpy as np
import pytest
from six_images import split

from tfadvseg.engine.in_flight import Begun, finish, finished
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress


class Server:
    """Answers at once, but for the photographs `fail` by an error and for those of `wait` when it is told to `go`."""

    def __init__(self, fail=(), wait=()):
        self.fail, self.wait, self.begun, self.go = fail, wait, [], threading.Event()

    def begin(self, example, pool):
        self.begun.append(example.id)
        request = pool.submit(self.answer, example.id)
        if not {example.id} & {*self.fail, *self.wait}:
            request.result()
        return Begun([request], lambda: {"seen": np.array(request.result())})

    def answer(self, name):
        if name in self.wait:
            assert self.go.wait(30)
        if name in self.fail:
            raise ValueError(f"no {name}")
        return name


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run", {}, {})


def ended(server, folder, ahead=3, concurrency=2):
    progress = Progress(6)
    try:
        return finish(split(), folder, server.begin, progress, 1.0, concurrency, ahead)
    finally:
        progress.close()
        server.go.set()


def names(folder):
    found = finished(split(), folder)
    assert all(str(unit["seen"]) == name for name, unit in found.items())
    return list(found)


def test_every_photograph_is_kept_under_its_name(folder):
    assert ended(Server(), folder) == {} and names(folder) == list(split().ids)


def test_those_behind_the_one_that_fails_are_kept(folder):
    server = Server(fail=["image_1"])
    with pytest.raises(ValueError, match="no image_1"):
        ended(server, folder)
    assert server.begun == ["image_0", "image_1", "image_2", "image_3", "image_4"]
    assert names(folder) == ["image_0", "image_2", "image_3", "image_4"]


def test_those_that_fail_too_or_still_wait_are_not(folder):
    server = Server(fail=["image_1", "image_3"], wait=["image_2"])
    with pytest.raises(ValueError, match="no image_1"):
        ended(server, folder, concurrency=4)
    assert names(folder) == ["image_0", "image_4"]


def test_the_first_failure_is_told_where_a_unit_fails_behind_it(folder):
    class Spoilt(Server):
        def begin(self, example, pool):
            begun = super().begin(example, pool)
            return begun if example.id != "image_2" else dataclasses.replace(begun, unit=lambda: 1 / 0)

    with pytest.raises(ValueError, match="no image_1"):
        ended(Spoilt(fail=["image_1"]), folder)
    assert names(folder) == ["image_0", "image_3", "image_4"]


def test_an_interrupt_while_one_is_begun_keeps_those_before_it(folder):
    class Interrupted(Server):
        def begin(self, example, pool):
            if example.id == "image_3":
                raise KeyboardInterrupt
            return super().begin(example, pool)

    with pytest.raises(KeyboardInterrupt):
        ended(Interrupted(), folder)
    assert names(folder) == ["image_0", "image_1", "image_2"]


def test_the_next_run_asks_for_the_others_alone(folder):
    with pytest.raises(ValueError, match="no image_1"):
        ended(Server(fail=["image_1"]), folder)
    again = Server()
    assert ended(again, folder) == {} and again.begun == ["image_1", "image_5"]
    assert names(folder) == list(split().ids)
