"""Files that others name or made: they do not lead out of the folder that they should lie in, and they have an end."""

import os
import pathlib
import stat


def confined(
    folder: str | os.PathLike[str], name: str, file: str | os.PathLike[str], links: bool = False
) -> pathlib.Path:
    """<folder>/<name>, where `file` gives the name; ValueError where it is a path from the root, goes up by .., or is
    led out of the folder by a symbolic link. links: lets these be, where people link their own files."""
    path = pathlib.PurePath(str(name))
    leaves = path.is_absolute() or ".." in path.parts or "\0" in str(name)
    if leaves or (not links and not _is_below(pathlib.Path(folder, path), pathlib.Path(folder))):
        raise ValueError(f"{file} names {str(name)!r}, which is outside of {folder}; it may name what lies within.")
    return pathlib.Path(folder, path)


def is_endless(path: str | os.PathLike[str]) -> bool:
    """Whether a pipe, a device or the like is there: such may have no end, or keep whoever reads waiting for ever."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # whoever reads it says what there is to say
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def refuse_endless(path: str | os.PathLike[str]) -> None:
    """ValueError where that is so."""
    if is_endless(path):
        raise ValueError(f"{path} is a pipe or a device; only files are read.")


def _is_below(path: pathlib.Path, folder: pathlib.Path) -> bool:
    return pathlib.Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
