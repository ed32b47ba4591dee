"""Inputs by their numbers, and what becomes of one: it works, it is refused by a sentence, or it is a fault."""

import linecache
import os
import pathlib
import random
import shutil
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.fuzz.guard import SECONDS, Broken, Guard, TooSlow, limited_time
from tests.fuzz.mutations import SECRET, Content, Files, Link, Pipe, files_of

OWN = ("tfadvseg", "pipelines")
"""Folders of the program, whose own sentences count."""


class Target(NamedTuple):
    """What strangers give us. seeds: small valid inputs. readers: what the program does with their folder, one after
    the other, each whatever the one before has said. changed: another input, made of a valid one."""

    seeds: Callable[[], Sequence[Files]]
    readers: Sequence[Callable[[pathlib.Path], object]]
    changed: Callable[[Files, random.Random], Files] = files_of


class Fault(NamedTuple):
    """key: what faults of one cause have in common. text: what happened, where."""

    key: str
    text: str


def numbered(target: Target, name: str, seeds: Sequence[Files], number: str) -> Files:
    """The input of a number such as 0:1234, always the same one."""
    rng = random.Random(f"{name} {number}")
    return target.changed(rng.choice(seeds), rng)


def write(files: Files, work: pathlib.Path) -> pathlib.Path:
    """Writes an input into work/input, beside the secret that nothing in it may reach; what cannot be written is left
    out."""
    folder = work / "input"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (work / SECRET).mkdir(exist_ok=True)
    (work / SECRET / "file").write_bytes(b"secret")
    for name, content in files.items():
        path = folder / name
        if ".." in path.parts or not path.is_relative_to(folder):
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(path, content)
        except (OSError, ValueError):  # no name that a file can have
            continue
    return folder


def _put(path: pathlib.Path, content: Content) -> None:
    if isinstance(content, Link):
        path.symlink_to(content.target)
    elif isinstance(content, Pipe):
        os.mkfifo(path)
    else:
        path.write_bytes(content)


def faults(target: Target, folder: pathlib.Path, guard: Guard) -> list[Fault]:
    """Of an input that was written."""
    return [fault for reader in target.readers if (fault := _fault(reader, folder, guard))]


def _fault(reader: Callable[[pathlib.Path], object], folder: pathlib.Path, guard: Guard) -> Fault | None:
    try:
        with limited_time(SECONDS), guard.watching(folder):
            reader(folder)
    except (Exception, Broken, TooSlow) as error:
        if is_sentence(error):
            return None
        where = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in where if _is_own(frame.filename)] or list(where)
        last = f"{pathlib.Path(own[-1].filename).name}:{own[-1].lineno}"
        kind = type(error).__name__
        return Fault(
            f"{kind} at {last}",
            f"{kind}: {str(error)[:300]!r} at {last}, innermost {where[-1].filename}:{where[-1].lineno}",
        )
    return None


def is_sentence(error: BaseException) -> bool:
    """Whether people read a sentence of ours: a ValueError that this program raises itself, or what the system says of
    a file, of which `pipelines.common.sentences` makes one."""
    if isinstance(error, OSError) and error.errno:
        return True
    if not isinstance(error, ValueError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return _is_own(last.filename) and line.startswith(("raise", "fail(")) and bool(str(error).strip())


def _is_own(file: str) -> bool:
    root = pathlib.Path(__file__).parents[2]
    return any(pathlib.Path(file).is_relative_to(root / folder) for folder in OWN)
