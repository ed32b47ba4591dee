"""The progress bar counts images, and what it left out says nothing about speed."""

import time

import pytest

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


def test_waiting_for_data_is_told_from_working(progress):
    def slow():
        for i in range(2):
            time.sleep(0.05)
            yield i

    for i in progress.timed(slow()):
        time.sleep(0.01 * (i + 1))
    assert progress.waited >= 0.1 and progress.worked >= 0.03
    assert "waiting for data" in progress.summary()


def test_nothing_to_do_is_said(progress):
    assert progress.summary() == "everything was finished before"
