"""A worker as another process sees it: what it is told at its start, and how it begins."""

import contextlib
import dataclasses
import os
import pickle
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tfadvseg.engine.arithmetic import arithmetic, set_threads
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.worker import Worker
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.provenance import source_digest, versions

PATIENCE = 10.0
"""Seconds after which a file that one machine has written is to be seen by another."""


@dataclasses.dataclass(frozen=True)
class Orders:
    """What a worker is told at its start. place: the folder that relative paths begin in. probe: a word that it is to
    see in the run folder. threads: within an operation. terms: what else decides the numbers, as the recipe has it."""

    experiment: Experiment
    folder: RunFolder
    place: str
    probe: str
    threads: int
    terms: Mapping[str, Any]


def terms() -> dict[str, Any]:
    """What decides the numbers besides flags, models and photographs, for the recipe of a run."""
    return {"versions": versions(), "source": source_digest(), "arithmetic": arithmetic()}


@contextlib.contextmanager
def posted(experiment: Experiment, folder: RunFolder, threads: int) -> Iterator[bytes]:
    """Orders, pickled, that can be followed within the context."""
    with folder.probe() as probe:
        yield pickle.dumps(Orders(experiment, folder, os.getcwd(), probe, threads, terms()))


def begin(orders: Orders) -> Worker:
    """A worker in a process in which nothing was computed; ValueError where it would not do the same as the process
    that sent it, or does not see the same folder."""
    place = f"The worker on {socket.gethostname()}"
    with contextlib.suppress(OSError):  # where that is needed, the folder is not seen
        os.chdir(orders.place)
    set_threads(orders.threads)
    own = terms()
    for key, wanted in orders.terms.items():
        if own[key] != wanted:
            raise ValueError(
                f"{place} has other {key} than the run was begun with ({_difference(wanted, own[key])}), so its "
                "numbers would differ; use machines of one kind with one installation."
            )
    until = time.monotonic() + PATIENCE
    while not orders.folder.sees(orders.probe):
        if time.monotonic() > until:
            raise ValueError(
                f"{place} does not see the run folder {orders.folder.store} as the run does; choose a `folder` that "
                "all machines share under one path."
            )
        time.sleep(0.2)
    return Worker(orders.experiment, orders.folder)


def _difference(wanted: Any, own: Any) -> str:
    """The first one."""
    if isinstance(wanted, Mapping) and isinstance(own, Mapping):
        key = next(key for key in sorted(wanted.keys() | own.keys()) if wanted.get(key) != own.get(key))
        return f"{key}: {_difference(wanted.get(key), own.get(key))}"
    return f"{own!r} in place of {wanted!r}"
