"""A run folder in an object store, by fsspec: gs://, s3://, az:// and whatever else it knows by a URL.

What holds there in place of renames and locks: an object is put whole or not at all, and a put can be refused where
there is an object already.
"""

import contextlib
import dataclasses
import io
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, ClassVar

from tfadvseg.data.digest import digest_of_contents

PUT_IF_ABSENT = {"gs", "gcs", "s3", "s3a", "az", "abfs", "abfss", "memory"}
"""Protocols whose stores decide themselves which of two puts was the first."""
SETTLING = 1.0
"""Seconds after which, in other stores, a put that met another one is seen."""


class Unreachable(Exception):
    """A store does not do what it is asked, and the text says why. What is finished is kept."""


@dataclasses.dataclass(frozen=True)
class ObjectStore:
    """A `Store`. url: as gs://bucket/run. Every call may raise Unreachable."""

    url: str
    locks: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.url

    def create(self) -> None:
        """There are no folders."""

    def below(self, folder: str) -> "ObjectStore":
        """The store of a URL below; nothing is asked for that."""
        return ObjectStore(f"{self.url}/{folder}")

    def read(self, name: str) -> bytes:
        """The whole object; FileNotFoundError where there is none."""
        with self._asked("read") as system:
            return system.cat_file(self._key(name))

    def write(self, name: str, write: Callable[[IO[bytes]], Any]) -> None:
        """One put of what `write` fills memory with. Unreachable also where a store takes files only piece by piece."""
        content = _filled(write)
        with self._asked("written") as system:
            self._refuse_halves(system)
            system.pipe_file(self._key(name), content)

    def write_once(self, name: str, write: Callable[[IO[bytes]], Any]) -> None:
        """Raises Unreachable where the store cannot tell which of two was the first, and somebody wrote another one at
        the same moment."""
        content = _filled(write)
        with self._asked("written") as system:
            self._refuse_halves(system)
            try:
                system.pipe_file(self._key(name), content, mode="create")
            except Exception:
                if not self.exists(name):  # each library has an error of its own for what is there
                    raise
                return
        if self.protocol not in PUT_IF_ABSENT:
            time.sleep(SETTLING)
            if self.read(name) != content:
                raise Unreachable(
                    f"{self.url}/{name} was written by two processes at the same moment, and this store does not say "
                    "which was the first; start this one again."
                )

    def exists(self, name: str) -> bool:
        """Of an object, not of what lies below it; Unreachable where nobody could look."""
        with self._asked("read") as system:  # whose own `exists` takes any failure for an absence
            try:
                return system.info(self._key(name))["type"] == "file"
            except FileNotFoundError:
                return False

    def names(self, deep: bool = False) -> list[str]:
        """As they are now: no listing is remembered. [] where there is nothing; hidden names are left out."""
        with self._asked("read") as system:
            root = self._key("")
            return sorted(key.removeprefix(root) for key in _keys(system, root.rstrip("/"), deep))

    def remove(self, name: str) -> None:
        """What is not there stays so, without an error."""
        with self._asked("written") as system, contextlib.suppress(FileNotFoundError):
            system.rm_file(self._key(name))

    def room(self) -> float:
        """Infinite: a store does not say."""
        return math.inf

    def digest(self, names: Iterable[str]) -> str:
        """Reads every object anew."""
        return digest_of_contents((name, self.read(name)) for name in names)

    @property
    def protocol(self) -> str:
        """As gs in gs://bucket/run."""
        return self.url.partition("://")[0]

    def _refuse_halves(self, system: Any) -> None:
        """What fsspec only writes piece by piece would leave half a file behind, under its name, when it is killed."""
        from fsspec import AbstractFileSystem

        if not system.async_impl and type(system).pipe_file is AbstractFileSystem.pipe_file:
            raise Unreachable(
                f"{self.url} is in a store that takes no file whole ({self.protocol}); choose another `folder`, "
                "such as one of gs, s3 or az, or a disk."
            )

    def _key(self, name: str) -> str:
        return f"{self._system._strip_protocol(self.url).rstrip('/')}/{name}"

    @property
    def _system(self) -> Any:
        """fsspec's, which keeps one for each set of arguments; it remembers no listings, since others change them."""
        import fsspec

        try:
            system, _ = fsspec.core.url_to_fs(self.url, use_listings_cache=False)
        except ImportError as error:
            own = self._package == "fsspec"  # which says itself what it lacks
            way = error if own else f"install {self._package} by: pip install {self._package}"
            raise Unreachable(f"{self.url} needs a package that is not there; {way}.") from error
        logging.getLogger(self._package).setLevel(logging.CRITICAL)  # failures are told, and without a stack trace
        return system

    @property
    def _package(self) -> str:
        """Which package knows its protocol."""
        from fsspec.registry import known_implementations

        return known_implementations.get(self.protocol, {"class": "fsspec"})["class"].partition(".")[0]

    @contextlib.contextmanager
    def _asked(self, what: str) -> Iterator[Any]:
        """fsspec's file system. Its errors, and its library's, become Unreachable; but not that of an object which is
        to be read and is not there."""
        try:
            yield self._system
        except Unreachable:
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and what == "read":
                raise
            raise Unreachable(self._sentence(error, what)) from error

    def _sentence(self, error: Exception, what: str) -> str:
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200].rstrip('.')}"
        if isinstance(error, ValueError) and "rotocol not known" in str(error):
            return f"{self.url} has a protocol that fsspec does not know; choose another `folder`."
        if "redential" in said:
            return f"{self.url} asks for credentials ({said}); set up those that {self._package} looks for."
        if isinstance(error, PermissionError):
            return (
                f"{self.url} cannot be {what} with these credentials ({said}); ask for the permission, or choose "
                "another `folder`."
            )
        if isinstance(error, FileNotFoundError):
            bucket = self.url.partition("://")[2].partition("/")[0]
            return (
                f"{self.url} cannot be written: there is no bucket {bucket} ({said}); create it, or choose another "
                "`folder`."
            )
        return f"{self.url} cannot be {what} ({said}); start the same command again, nothing finished is lost."


def _keys(system: Any, folder: str, deep: bool) -> Iterator[str]:
    """Not by its `find`, which takes a folder that may not be listed for an empty one."""
    system.invalidate_cache()
    try:
        entries = system.ls(folder, detail=True)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry["type"] == "file":
            name = entry["name"].rpartition("/")[2]
            if name and not name.startswith(".") and entry["name"] != folder:  # some tools keep a folder as an object
                yield entry["name"]
        elif deep and entry["name"].rstrip("/") != folder:
            yield from _keys(system, entry["name"].rstrip("/"), deep)


def _filled(write: Callable[[IO[bytes]], Any]) -> bytes:
    content = io.BytesIO()
    write(content)
    return content.getvalue()
