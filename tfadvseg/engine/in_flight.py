"""Photographs of a split that are worked on while others wait for an endpoint, and kept one by one."""

import collections
import concurrent.futures
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfadvseg.data.split import Damaged, Example, Split
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress

Arrays = dict[str, np.ndarray]
Begin = Callable[[Example, concurrent.futures.Executor], Callable[[], Arrays]]
"""Does what can be done here, hands the requests to the threads, and returns what waits for them and makes the unit."""


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
    photographs that are begun before the first of them has ended. Where one fails those that have ended are kept.
    """
    left_out: dict[str, str] = {}
    waiting: collections.deque[tuple[str, Callable[[], Arrays]]] = collections.deque()
    pool = concurrent.futures.ThreadPoolExecutor(concurrency)

    def keep_first() -> None:
        name, wait = waiting.popleft()
        folder.save(unit_of(name), wait())
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
