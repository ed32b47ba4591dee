"""What a process may do while it reads an input: read that folder and this program, and no more.

Python tells a hook of everything that it opens, imports, runs and starts (PEP 578). Libraries that open files by
themselves, as TensorFlow's and HDF5's do, are not seen.
"""

import contextlib
import os
import pathlib
import resource
import signal
import sys
import sysconfig
from collections.abc import Iterator

NEVER = (
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "subprocess.Popen",
    "pty.spawn", "socket.", "urllib.Request", "ftplib.", "smtplib.", "webbrowser.open", "pickle.",
    "marshal.load", "code.__new__", "ctypes.", "os.kill", "os.killpg", "os.putenv", "os.chdir", "sqlite3.", "winreg.",
)  # fmt: skip
"""Beginnings of events that nothing in a file may lead to."""
PATHS = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "os.listdir",
    "os.scandir",
    "os.setxattr",
    "shutil.",
)
"""Events whose arguments are paths."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MEMORY = 2 << 30
"""Bytes that an input may take beyond what the process has."""
SECONDS = 10.0
"""That reading one input may take of a processor; six times as many by the clock, which also ends what waits for ever
and leaves room for other work on the machine."""


class Broken(BaseException):
    """What an input led to and must not; no library may swallow it."""


class TooSlow(BaseException):
    """An input took too long."""


class Guard:
    """A hook, which cannot be taken away again; it looks only within `watching`."""

    def __init__(self) -> None:
        packages = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        own = pathlib.Path(__file__).parents[2]
        places = {*packages, sys.prefix, sys.base_prefix, own / "tfadvseg", own / "pipelines", own / "tests"}
        self._program = tuple(os.path.realpath(place) + "/" for place in places)
        self._folder: str | None = None
        self._linked: set[str] = set()
        self.seen: list[str] = []
        sys.addaudithook(self._look)

    @contextlib.contextmanager
    def watching(self, folder: pathlib.Path) -> Iterator[None]:
        """Broken at the end where anything but `folder` was touched, also where a library has swallowed it. Symbolic
        links in it are followed where something is read, as people link files of their own, and never to write."""
        self.seen, self._linked = [], {os.path.realpath(path) for path in folder.rglob("*") if path.is_symlink()}
        self._folder = os.path.realpath(folder)
        try:
            yield
        finally:
            self._folder = None
        if self.seen:
            raise Broken(self.seen[0])

    def _look(self, event: str, arguments: tuple) -> None:
        if self._folder is None:
            return
        folder, self._folder = self._folder, None  # what is asked here is not looked at
        try:
            what = self._refused(event, arguments, folder)
        finally:
            self._folder = folder
        if what:
            self.seen.append(what)
            raise Broken(what)

    def _refused(self, event: str, arguments: tuple, folder: str) -> str | None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int):
                return None
            writes = bool((flags or 0) & WRITING)
            return None if self._may(path, folder, writes) else f"{'writes' if writes else 'opens'} {path!r}"
        if event.startswith(PATHS):
            paths = [one for one in arguments if isinstance(one, str | bytes | os.PathLike)]
            looks = event in ("os.listdir", "os.scandir")
            return None if all(self._may(one, folder, not looks) for one in paths) else f"{event} of {paths}"
        if event == "import":
            file = arguments[1]
            return None if not file or self._of_program(file) else f"imports {file!r}"
        if event == "exec":
            file = arguments[0].co_filename
            return (
                None if self._of_program(file) or (file.startswith("<") and _importing()) else f"runs code of {file!r}"
            )
        return f"{event} {arguments!r}"[:300] if event.startswith(NEVER) and not _importing() else None

    def _may(self, path: str | bytes | os.PathLike, folder: str, writes: bool) -> bool:
        real = os.path.realpath(os.fsdecode(path))
        if real == folder or real.startswith(folder + "/"):
            return True
        return not writes and (
            self._of_program(real) or real in {*HARMLESS, *self._linked} or real + "/" in self._program
        )

    def _of_program(self, file: str) -> bool:
        return os.path.realpath(file).startswith(self._program) or file.startswith("<frozen")


HARMLESS = ("/dev/null", "/dev/urandom", "/etc/mime.types", "/proc/self/status", "/proc/self/maps")


def _importing() -> bool:
    """Whether a module is imported now: those of this program run code as they begin."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def limit_memory() -> None:
    """From now on the process gets no more than MEMORY beyond what it has."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextlib.contextmanager
def limited_time(seconds: float) -> Iterator[None]:
    """TooSlow within, where it takes longer. A decoder that does not come back to Python is ended by whoever waits."""

    def ring(number: int, frame: object) -> None:
        raise TooSlow(f"takes more than {seconds:g} seconds")

    timers = {signal.ITIMER_PROF: (signal.SIGPROF, seconds), signal.ITIMER_REAL: (signal.SIGALRM, 6 * seconds)}
    for timer, (number, after) in timers.items():
        signal.signal(number, ring)
        signal.setitimer(timer, after)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)
