"""Workers that are processes of this machine, each with a model of its own: `python -m tfadvseg.engine.processes`.

A process is started anew and not forked, since TensorFlow does not survive a fork. It is told names through its
standard input and ends when that does, so none outlives whoever started it, however that ended.
"""

import contextlib
import os
import pathlib
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from tfadvseg.engine.team import Hand, Lost
from tfadvseg.engine.unit import Tick
from tfadvseg.engine.worker import Outcome
from tfadvseg.runs.folder import RunFolder

END = 10.0
"""Seconds that a process which shall end has for it."""


class Process(Hand):
    """One of them. orders: pickled `posted.Orders`. log: the file for what it says. environment: what its own has
    beside this process's."""

    def __init__(self, name: str, orders: bytes, log: pathlib.Path, environment: Mapping[str, str]):
        self._name, self._orders, self._log, self._environment = name, orders, log, environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """As its log is called; a new process in its place has the same."""
        return self._name

    def begin(self) -> None:
        """Starts a process and waits until its worker is ready, or raises what kept it from that."""
        search = os.pathsep.join(path for path in sys.path if path)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self._environment, "PYTHONPATH": search},
                start_new_session=True,  # a Ctrl-C is for the process that started it
            )
        self._send(self._orders)
        self._receive()

    def work(self, name: str, following: str | None, tick: Tick) -> Outcome:
        """As `Hand.work`; the process tells of its work as it goes."""
        self._send((name, following))
        while not isinstance(answer := self._receive(), Outcome):
            tick(answer)
        return answer

    def kill(self) -> None:
        """By SIGKILL; what the process was doing is lost, what it had finished is in the run folder."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """subprocess.TimeoutExpired where it is still there END seconds after it was killed."""
        if (process := self._process) is None:
            return
        process.kill()
        process.wait(END)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not sent to it cannot be
                assert pipe is not None
                pipe.close()

    def _send(self, message: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
        except OSError:
            self._lost()

    def _receive(self) -> Any:
        """What the process answers; an exception of its worker is raised."""
        assert self._process is not None and self._process.stdout is not None
        try:
            answer = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._lost()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _lost(self) -> NoReturn:
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):  # so that its own exit code is told
            self._process.wait(END)
        self.close()
        code = self._process.returncode
        raise Lost(f"{f'killed by signal {-code}' if code < 0 else f'exit code {code}'}, see {self._log}")


def processes(orders: bytes, folder: RunFolder, count: int, gpus: int = 0, prefix: str = "") -> list[Process]:
    """So many, each with a log in the run folder. gpus: how many this process sees; each gets one of them."""
    environments = gpu_environments(count, gpus, os.environ)
    names = [f"{prefix}worker-{number}" for number in range(count)]
    return [Process(name, orders, folder.log(name), own) for name, own in zip(names, environments, strict=True)]


def gpu_environments(count: int, gpus: int, environment: Mapping[str, str]) -> list[dict[str, str]]:
    """What to add to the environment of each of `count` processes, so that each sees one of the GPUs and nobody else's;
    nothing where there is none. gpus: how many this process sees."""
    if not gpus:
        return [{} for _ in range(count)]
    if count > gpus:
        raise ValueError(f"Each worker takes a GPU of its own and there are {gpus}; set `workers`={gpus}.")
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",")[:gpus] if visible else [str(number) for number in range(gpus)]
    return [{"CUDA_VISIBLE_DEVICES": name.strip()} for name in names[:count]]


def main() -> NoReturn:
    """The process itself."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed goes into the log
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, told), daemon=True).start()

    def answer(message: Any) -> None:
        pickle.dump(message, answers)
        answers.flush()

    try:
        orders = pickle.loads(told.get())  # imports TensorFlow
        from tfadvseg.engine.posted import begin

        worker = begin(orders)
        answer(None)
        while True:
            name, following = told.get()
            answer(worker.work(name, following, answer))
    except Exception as error:
        import traceback

        with contextlib.suppress(OSError):  # the log may lie on the full disk that the error tells of
            traceback.print_exc()
            sys.stderr.flush()
        answer(_sendable(error))
    os._exit(1)  # without waiting for what is still being read


def _listen(source: IO[bytes], told: queue.SimpleQueue[Any]) -> None:
    """Passes on what comes; the end of it, also within a message, is the end of the process, whatever it is doing."""
    try:
        while True:
            told.put(pickle.load(source))
    except Exception:  # what breaks off within a message raises anything
        os._exit(0)


def _sendable(error: Exception) -> Exception:
    """It, or where it cannot be sent, one that says the same."""
    try:
        same = pickle.loads(pickle.dumps(error))
        if str(same) == str(error):
            return error
    except Exception:
        pass
    if isinstance(error, ValueError | MemoryError):
        return (ValueError if isinstance(error, ValueError) else MemoryError)(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
