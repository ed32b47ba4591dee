"""A user's own photographs, without labels: files, folders and patterns become a split."""

import glob
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tfadvseg.conventions import IGNORED
from tfadvseg.data.files import read_photograph
from tfadvseg.data.listing import ids
from tfadvseg.data.split import Split

SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".tif", ".tiff", ".bmp", ".dib", ".gif", ".webp", ".avif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".mpo",
}  # fmt: skip
"""What is taken of a folder; a file that is named, or that a pattern names, is taken whatever its suffix."""


def split(words: Sequence[str], leave_out: str | os.PathLike[str] | None = None) -> Split:
    """The photographs of files, folders (not those within) and patterns (** goes through folders), each a group.

    A word is one of these, or several with commas between them. A photograph that is named twice comes once; none is
    taken from the folder `leave_out`. Its id is its file's name without the suffix, or as much of the end of its path
    as no other has. ValueError where a word names nothing.
    """
    found: dict[str, pathlib.Path] = {}
    for word in words:
        for path in _of_word(word):
            if leave_out is None or not path.is_relative_to(os.path.abspath(leave_out)):
                found.setdefault(os.path.realpath(path), path)
    if not found:
        raise ValueError("There is no photograph to attack; name files, folders or patterns by `images`.")
    paths = tuple(found.values())
    names = tuple(name.lstrip("/") for name in ids(paths))
    return Split("photographs", "all", names, names, tuple((path,) for path in paths), read)


def read(path: pathlib.Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(image uint8 [H, W, 3], labels uint8 [H, W], all of them ignored); ValueError says why a file will not do."""
    image = read_photograph(path)
    return image, np.full(image.shape[:2], IGNORED, np.uint8)


def _of_word(word: str) -> Iterator[pathlib.Path]:
    whole = list(_files(word))
    for part in [word] if whole else word.split(","):
        files = whole or list(_files(part.strip()))
        if part.strip() and not files:
            raise ValueError(
                f"{part.strip()} names no photograph in `images`: no such file, nor a folder or pattern that has any."
            )
        yield from files


def _files(name: str) -> Iterable[pathlib.Path]:
    """Absolute paths; those of a folder or a pattern by name."""
    path = pathlib.Path(os.path.abspath(name)) if name else None
    if path is None or path.is_file():
        return [path] if path else []
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.is_file() and is_photograph(one))
    matches = sorted(pathlib.Path(os.path.abspath(match)) for match in glob.glob(name, recursive=True))
    return [one for one in matches if one.is_file()]


def is_photograph(path: pathlib.Path) -> bool:
    """Whether a file of this name is taken of a folder."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
