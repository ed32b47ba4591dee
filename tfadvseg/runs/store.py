"""Where a run folder lies: on a disk, or in an object store.

The work of a run (recipe, units, decisions, findings, kept perturbations) is read and written by names relative to its
folder, through these few calls. Whatever is there is whole: on a disk it is renamed into place, in an object store it
is a single put.
"""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable
from typing import IO, Any, ClassVar, Protocol

from tfadvseg import atomic
from tfadvseg.confined import refuse_endless
from tfadvseg.data.digest import digest
from tfadvseg.runs.object_store import ObjectStore

Place = str | os.PathLike[str]
"""A folder's path, or the URL of one, such as gs://bucket/run."""

Write = Callable[[IO[bytes]], Any]
"""Fills a file that is opened for it."""


class Store(Protocol):
    """A folder. Its text is what people call it. Reading what is not there is a FileNotFoundError."""

    @property
    def locks(self) -> bool:
        """Whether file locks keep processes out of each other's runs."""

    def create(self) -> None:
        """Makes the folder where that is needed before anything is written into it."""

    def below(self, folder: str) -> "Store":
        """A folder within."""

    def read(self, name: str) -> bytes:
        """The whole file."""

    def write(self, name: str, write: Write) -> None:
        """Whole or not at all; what was there is replaced."""

    def write_once(self, name: str, write: Write) -> None:
        """The same, unless it is there: of several who write at once the first one wins."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name now."""

    def names(self, deep: bool = False) -> list[str]:
        """Of the files in this folder, and with `deep` of those in folders below, as "folder/file"; sorted."""

    def remove(self, name: str) -> None:
        """Whether it is there or not."""

    def room(self) -> float:
        """Bytes that can still be written."""

    def digest(self, names: Iterable[str]) -> str:
        """Of these files, as `data.digest` has it."""


@dataclasses.dataclass(frozen=True)
class Disk:
    """A folder on a local or shared disk."""

    path: pathlib.Path
    locks: ClassVar[bool] = True

    def __str__(self) -> str:
        return str(self.path)

    def create(self) -> None:
        """With its parents; it may be there."""
        self.path.mkdir(parents=True, exist_ok=True)

    def below(self, folder: str) -> "Disk":
        """A path below, whether it is there or not."""
        return Disk(self.path / folder)

    def read(self, name: str) -> bytes:
        """The whole file; ValueError for a pipe or a device, which would never end."""
        refuse_endless(self.path / name)
        return (self.path / name).read_bytes()

    def write(self, name: str, write: Write) -> None:
        """Renamed into place from a temporary file beside it."""
        atomic.write_atomically(self.path / name, write)

    def write_once(self, name: str, write: Write) -> None:
        """By a second name for a temporary file, where the file system has such; by a rename where it has not."""
        atomic.write_once(self.path / name, write)

    def exists(self, name: str) -> bool:
        """Of a file or a folder."""
        return (self.path / name).exists()

    def names(self, deep: bool = False) -> list[str]:
        """Hidden names, such as locks and temporary files, are left out."""
        found = self.path.rglob("[!.]*") if deep else self.path.glob("[!.]*")
        return sorted(path.relative_to(self.path).as_posix() for path in found if path.is_file())

    def remove(self, name: str) -> None:
        """What is not there stays so, without an error."""
        (self.path / name).unlink(missing_ok=True)

    def room(self) -> float:
        """Free bytes of the disk; the folder must be there."""
        return shutil.disk_usage(self.path).free

    def digest(self, names: Iterable[str]) -> str:
        """Kept between calls for files that have not changed; OSError where one cannot be read."""
        return digest(self.path / name for name in names)


def store_of(place: "Place | Store") -> Store:
    """The store of a path or URL; file:// is a path, and a store is itself."""
    if not isinstance(place, str | os.PathLike):
        return place
    if isinstance(place, str) and is_url(place):
        return ObjectStore(place.rstrip("/"))
    return Disk(pathlib.Path(os.fspath(place).removeprefix("file://")))


def is_url(place: str) -> bool:
    """Whether it names an object store."""
    return "://" in place and not place.startswith("file://")
