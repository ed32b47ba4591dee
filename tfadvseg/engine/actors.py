"""Workers that are actors of Ray, on any machine of a cluster; Ray is imported where one is asked for."""

import contextlib
import os
import pickle
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfadvseg.engine.team import Hand, Lost
from tfadvseg.engine.unit import Tick
from tfadvseg.engine.worker import Outcome, Worker
from tfadvseg.runs.folder import RunFolder

AUTO = "auto"
"""The cluster that this machine belongs to, or else this machine alone."""
PATIENCE = 60.0
"""Seconds after which a worker that has not begun is said to wait for room."""


class Actor:
    """The same worker in a process of Ray's. orders: pickled `posted.Orders`. name: as its log is called."""

    def __init__(self, orders: bytes, name: str):
        self._orders, self._name = orders, name
        self._worker: Worker | None = None

    def begin(self) -> str:
        """Of which machine it is; raises what `posted.begin` raises."""
        from tfadvseg.engine.posted import begin

        orders = pickle.loads(self._orders)
        self._worker = begin(orders)
        with orders.folder.log(self._name).open("ab") as log:
            for number in (1, 2):
                os.dup2(log.fileno(), number)
        return socket.gethostname()

    def work(self, name: str, following: str | None) -> Outcome:
        """As `Worker.work`."""
        assert self._worker is not None
        return self._worker.work(name, following)


class RayActor(Hand):
    """One of them. made: makes its handle."""

    def __init__(self, ray: Any, name: str, made: Any):
        self._ray, self._name, self._made = ray, name, made
        self._actor: Any = None

    @property
    def name(self) -> str:
        """As its log is called; a new actor in its place has the same."""
        return self._name

    def begin(self) -> None:
        """Waits for as long as the cluster has no room for it, and says so on stderr after PATIENCE seconds."""
        if self._actor is None:
            self._actor = self._made()
        promise = self._actor.begin.remote()
        if not self._ray.wait([promise], timeout=PATIENCE)[0]:
            print(
                f"{self._name} has not begun for {PATIENCE:.0f} s: the cluster has no room for it yet, or its machine "
                "is slow; ray status says what else is there.",
                file=sys.stderr,
                flush=True,
            )
        self._get(promise)

    def work(self, name: str, following: str | None, tick: Tick) -> Outcome:
        """As `Hand.work`, but it never ticks: an actor tells nothing before its unit is finished."""
        return self._get(self._actor.work.remote(name, following))

    def kill(self) -> None:
        """Errors of Ray are passed over, since what is to be ended may have ended."""
        if self._actor is not None:
            with contextlib.suppress(Exception):  # it is gone
                self._ray.kill(self._actor)

    def close(self) -> None:
        """Ray lets go of what an actor takes when that is killed."""
        self.kill()

    def _get(self, promise: Any) -> Any:
        """What an actor answers; an exception of its worker is raised."""
        try:
            return self._ray.get(promise)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else RuntimeError(str(error)) from None
        except self._ray.exceptions.RayError as error:
            self.kill()
            self._actor = None
            raise Lost(f"{type(error).__name__}, see its log and Ray's") from error


@contextlib.contextmanager
def actors(
    address: str, orders: bytes, folder: RunFolder, wanted: int, units: int, threads: int, prefix: str = ""
) -> Iterator[list[RayActor]]:
    """Actors on the cluster of this address. wanted: how many; 0: as many as it has GPUs, or else as its
    processors have room for by their threads; never more than there are units."""
    try:
        import ray
    except ImportError as error:
        raise ValueError("`cluster` needs Ray; install it by: pip install 'tfadvseg[ray]'.") from error
    _connect(ray, address)
    try:
        gpus = int(ray.cluster_resources().get("GPU", 0))
        room = gpus or room_for(threads, ray.nodes())
        if not room:
            raise ValueError(f"No machine of the cluster {address} has {threads} processors; set `threads` to fewer.")
        if wanted > room:
            what = f"{gpus} GPUs" if gpus else f"processors for {room} workers of {threads} threads"
            raise ValueError(f"The cluster {address} has {what}; set `workers`={room} or less.")
        # Which unit is done again, and how often, is for the team to say and to tell of, so Ray repeats nothing itself.
        remote = ray.remote(Actor).options(
            num_gpus=1 if gpus else 0, num_cpus=1 if gpus else threads, max_restarts=0, max_task_retries=0
        )
        names = [f"{prefix}worker-{number}" for number in range(min(wanted or room, units))]
        folder.log(names[0])
        yield [RayActor(ray, name, lambda name=name: remote.remote(orders, name)) for name in names]
    finally:
        ray.shutdown()


def room_for(threads: int, nodes: Sequence[Mapping[str, Any]]) -> int:
    """How many workers of so many threads fit on these machines, as Ray lists them; none lies on two."""
    return sum(int(node["Resources"].get("CPU", 0)) // threads for node in nodes if node["Alive"])


def _connect(ray: Any, address: str) -> None:
    search = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    try:
        if address != AUTO:
            ray.init(address=address, **quiet)
            return
        try:
            ray.init(address="auto", **quiet)
        except ConnectionError:
            store = {"object_store_memory": 100 * 2**20}  # nothing but names and orders goes through it
            ray.init(include_dashboard=False, runtime_env={"env_vars": search}, **store, **quiet)
    except Exception as error:  # of many kinds, among them Exception itself
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"Ray can be neither reached nor started by `cluster`={address}: {reason.rstrip('.')}; is it running there?"
        ) from error
