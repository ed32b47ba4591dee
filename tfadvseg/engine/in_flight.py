"""Photographs of a split that are worked on while others wait for an endpoint, and kept one by one."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.data.split import Damaged, Example, Split
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress

Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Begun:
    """A photograph whose requests are with the threads. unit: waits for them and makes its unit."""

    requests: Sequence[concurrent.futures.Future[Any]]
    unit: Callable[[], Arrays]

    @property
    def answered(self) -> bool:
        """Whether each request has ended well."""
        return all(one.done() and not one.cancelled() and one.exception() is None for one in self.requests)


Begin = Callable[[Example, concurrent.futures.Executor], Begun]
"""Does what can be done here, and hands the requests to the threads."""


def unit_of(name: str) -> str:
    """Of a photograph, whatever characters its name has."""
    return f"photograph-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def finish(
    split: Split,
    folder: RunFolder,
    begin: Begin,
    progress: Progress,
    rest: float,
    concurrency: int,
    ahead: int,
    strict: bool = False,
) -> dict[str, str]:
    """Finishes every photograph that the run folder lacks; returns why some were left out, by name.

    rest: work of a photograph, in gradients, that `begin` has not told of. concurrency: requests at once. ahead:
    photographs that are begun before the first of them has ended. Where one fails those that have ended are kept, also
    those behind it.
    """
    left_out: dict[str, str] = {}
    waiting: collections.deque[tuple[str, Begun]] = collections.deque()
    pool = concurrent.futures.ThreadPoolExecutor(concurrency)

    def keep_first() -> None:
        name, begun = waiting.popleft()
        folder.save(unit_of(name), begun.unit())
        progress.tick(rest, 1)

    try:
        for index, name in enumerate(split.ids):
            if folder.has(unit_of(name)):
                progress.skip(1)
                continue
            try:
                example = split[index]
            except Damaged as error:
                if strict:
                    raise
                left_out[name] = str(error)
                progress.skip(1)
                continue
            waiting.append((name, begin(example, pool)))
            if len(waiting) > ahead:
                keep_first()
        while waiting:
            keep_first()
    except BaseException:
        for name, begun in waiting:
            if begun.answered:
                with contextlib.suppress(Exception):  # what went wrong first is what is told
                    folder.save(unit_of(name), begun.unit())
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if len(left_out) == len(split):
        raise ValueError(f"None of the {len(split)} photographs can be read; of the first: {left_out[split.ids[0]]}")
    return left_out


def all_finished(split: Split, folder: RunFolder) -> bool:
    """Whether nothing is left to do."""
    return all(folder.has(unit_of(name)) for name in split.ids)


def finished(split: Split, folder: RunFolder) -> Mapping[str, Any]:
    """{name: unit} of the photographs that are finished, in the order of the split."""
    return {name: folder.load(unit_of(name)) for name in split.ids if folder.has(unit_of(name))}
