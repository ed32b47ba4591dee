"""Progress of a run on stderr: images done, images a second, time left, and the time spent waiting for data."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Progress:
    """A bar over images, which moves within a unit as its gradients are computed.

    images: all of the run, those of each scenario counted.
    """

    def __init__(self, images: int):
        self.work, self.left, self.waited, self.worked = 1.0, float(images), 0.0, 0.0
        self.said: set[str] = set()
        form = "{l_bar}{bar}| {n:.0f}/{total:.0f} images  {rate_fmt}  left {remaining}"
        self.bar = tqdm(
            total=images,
            unit="image",
            bar_format=form,
            file=sys.stderr,
            smoothing=0.05,
            mininterval=0.5,
            dynamic_ncols=True,
            disable=not images,
        )

    def skip(self, images: int) -> None:
        """Counts images that an earlier start of the run has finished; they say nothing about speed."""
        self.left = max(0.0, self.left - images)  # sums of fractions may be off by a hair
        self.bar.total = self.bar.n + self.left
        self.bar.refresh()

    def tick(self, work: float, images: int) -> None:
        """`work` gradients of a batch of `images` are done; below 0: are to be done again."""
        done = min(images * work / self.work, self.left, (self.bar.total or 0) - self.bar.n)
        done = max(done, -self.bar.n)
        self.left -= done
        self.bar.update(done)

    def of(self, name: str, work: float) -> None:
        """Says what is being worked on, and how many gradients (forward passes count a half) an image takes there."""
        self.work = work
        self.bar.set_description(name, refresh=False)

    def say(self, text: str) -> None:
        """A line above the bar; the same one only once."""
        if text not in self.said:
            self.said.add(text)
            self.bar.write(text, file=sys.stderr)

    def spend(self, waited: float, worked: float) -> None:
        """Seconds of a worker, for data and at all else."""
        self.waited += waited
        self.worked += worked

    def timed(self, batches: Iterable[T]) -> Iterator[T]:
        """The batches; measures how long each is waited for."""
        iterator = iter(batches)
        while True:
            started = time.perf_counter()
            batch = next(iterator, None)
            received = time.perf_counter()
            if batch is None:
                return
            self.waited += received - started
            yield batch
            self.worked += time.perf_counter() - received

    def summary(self) -> str:
        """Where the time went, in words."""
        total = self.waited + self.worked
        if not total:
            return "everything was finished before"
        return f"{total:.0f} s, {100 * self.waited / total:.1f} % of them waiting for data"

    def close(self) -> None:
        """Ends the bar where it stands."""
        self.bar.close()
