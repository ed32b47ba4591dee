"""The progress bar counts images, and what it left out says nothing about speed."""

import types

import pytest

from tfadvseg.runs import progress as progress_module
from tfadvseg.runs.progress import Progress


@pytest.fixture
def progress():
    found = Progress(images=6)
    found.of("enet", work=10)
    yield found
    found.close()


def test_work_moves_the_bar_by_images(progress):
    progress.tick(5, images=4)
    assert progress.bar.n == pytest.approx(2)
    progress.tick(5, images=4)
    assert progress.bar.n == pytest.approx(4)


def test_skipped_images_leave_the_total(progress):
    progress.skip(4)
    progress.tick(10, images=2)
    assert progress.bar.total == 2 and progress.bar.n == 2


def test_more_work_than_expected_does_not_overrun_the_bar(progress):
    progress.tick(1000, images=6)
    assert progress.bar.n == 6


def test_rounding_does_not_overrun_the_bar():
    """The ticks of the paper's grid in batches of 4 and 2; sums of quotients by 96.5 are not exact."""
    progress = Progress(images=6)
    progress.of("enet", work=96.5)
    for images in (4, 2):
        for work in [0.5] + 2 * ([40] + 16 * [0.5]):
            progress.tick(work, images)
            assert progress.bar.n <= progress.bar.total
    assert progress.bar.n == pytest.approx(6)
    progress.close()


def test_waiting_for_data_is_told_from_working(progress, monkeypatch):
    """By a clock that only the data and the work move: 3 and 5 seconds for the batches, 20 and 4 for the work."""
    clock = [100.0]
    monkeypatch.setattr(progress_module, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))

    def slow():
        for seconds in (3.0, 5.0):
            clock[0] += seconds
            yield seconds

    received = []
    for batch, seconds in zip(progress.timed(slow()), (20.0, 4.0), strict=True):
        received.append(batch)
        clock[0] += seconds
    assert received == [3, 5] and (progress.waited, progress.worked) == (8, 24)
    assert progress.summary() == "32 s, 25.0 % of them waiting for data"


def test_nothing_to_do_is_said(progress):
    assert progress.summary() == "everything was finished before"


def test_what_is_lost_is_taken_back(progress):
    progress.tick(10, images=2)
    progress.tick(-5, images=2)
    assert progress.bar.n == pytest.approx(1) and progress.left == pytest.approx(5)
    progress.tick(-100, images=6)
    assert progress.bar.n == 0


def test_the_seconds_of_workers_are_added(progress):
    progress.spend(1.0, 9.0)
    progress.spend(3.0, 7.0)
    assert progress.summary() == "20 s, 20.0 % of them waiting for data"
