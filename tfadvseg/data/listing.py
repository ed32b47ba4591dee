"""Lists of pairs, image and labels a line, and of names, as they come from any system, and the files that they name.

docs/data/files.md tells users what a line may look like.
"""

import codecs
import collections
import os
import pathlib
import posixpath
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from tfadvseg.confined import refuse_endless

ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""By a file's first bytes; those of UTF-32 begin as those of UTF-16 do, so they come first."""
END_OF_LINE = re.compile("\r\n|\n|\r")
ABSOLUTE = re.compile(r"/|[A-Za-z]:|.*\\")
"""What another system's path begins with, or a name with backslashes."""
TWO_NAMES = re.compile(r"\.(png|jpe?g|tiff?|bmp|gif|webp|p[bgp]m|jp2)\W*[\s,;]", re.IGNORECASE)
"""A file's name that goes on: whoever looks for its end alone would overlook the first of two."""
LONGEST, MOST_GAPS = 8_192, 200
"""Characters of a line, and places at which it may be cut: each is tried."""
DEEPEST = 40
"""Parts of an end of a path that is looked for."""
SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")


Pair = tuple[pathlib.Path, pathlib.Path]
"""The files of an image and of its labels."""


class Line(NamedTuple):
    """Line `number` of a list that has text in it, whose paths lie under `root`."""

    listing: pathlib.Path
    number: int
    text: str
    root: pathlib.Path

    def __str__(self) -> str:
        return f"Line {self.number} of {self.listing}"


def read_pairs(listing: pathlib.Path, root: pathlib.Path) -> list[Pair]:
    """The files that a list names, in its order, each of them there; ValueError names the line that will not do.

    A path is taken relative to `root`, else the longest end of it, of two parts or more, that is a file under `root`:
    so another machine's paths are found. One that is a file of this machine alone is taken as it is.
    """
    texts = END_OF_LINE.split(text_of(listing, "a line 'image labels' for each image"))
    lines = [Line(listing, number, text.strip(), root) for number, text in enumerate(texts, start=1) if text.strip()]
    if not lines:
        raise ValueError(f"{listing} lists no photograph; a line is 'image labels'.")
    cuts = [_cut(line) for line in lines]
    _refuse_repeated(lines, *zip(*cuts, strict=True))
    return [pair for _, pair in cuts]


def read_names(listing: pathlib.Path) -> tuple[str, ...]:
    """The names that a list holds, one a line and each once, in its order; of a path, or a line of two, the first one's
    name without folders and suffix. ValueError where there is no list, or nothing in it."""
    words = (line.split() for line in END_OF_LINE.split(text_of(listing, "a name a line")))
    names = tuple(pathlib.PurePosixPath(line[0].replace("\\", "/")).stem for line in words if line)
    if not names:
        raise ValueError(f"{listing} lists no photograph; a line is the name of one.")
    if repeated := [name for name, count in collections.Counter(names).items() if count > 1]:
        raise ValueError(f"{listing} lists {repeated[0]} {names.count(repeated[0])} times; list each photograph once.")
    return names


def ids(images: Sequence[pathlib.Path]) -> tuple[str, ...]:
    """Of each image its name without the suffix, or the shortest end of its path that no other image has.

    Of seq1/0.png and seq2/0.png these are seq1/0 and seq2/0, of 0.png and 0.jpg beside each other their whole names.
    """
    sizes = [1] * len(images)
    while True:
        found = [_end(*pair) for pair in zip(images, sizes, strict=True)]
        counts = collections.Counter(found)
        longer = [i for i, name in enumerate(found) if counts[name] > 1 and sizes[i] < 2 * len(images[i].parts)]
        if not longer:
            return tuple(found)
        for i in longer:
            sizes[i] += 1


def _end(path: pathlib.Path, size: int) -> str:
    """So many parts of a path without its suffix, and beyond its length from one part again with the suffix."""
    count = len(path.parts)
    return "/".join(path.with_suffix("").parts[-size:] if size <= count else path.parts[count - size :])


def text_of(listing: pathlib.Path, holds: str) -> str:
    """In the encoding that the file begins with, else UTF-8, else the one of Western Windows. holds: what it should."""
    refuse_endless(listing)
    try:
        content = listing.read_bytes()
    except OSError as error:
        raise ValueError(f"The list {listing} cannot be read ({error.strerror}).") from error
    encoding = next((name for start, name in ENCODINGS.items() if content.startswith(start)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252" if encoding == "utf-8" else encoding, errors="replace")
    if "\0" in text:
        raise ValueError(f"The list {listing} is not text; save it as UTF-8, {holds}.")
    return text


class Cut(NamedTuple):
    """Two names that a line may be made of, and the files of these names, where there are any."""

    names: tuple[str, str]
    image: pathlib.Path | None
    labels: pathlib.Path | None


def _cut(line: Line) -> tuple[tuple[str, str], Pair]:
    """The two names in a line, and their files; it is cut where both sides are files, since names may hold spaces."""
    cuts = []
    gaps = list(SEPARATOR.finditer(line.text))
    if len(line.text) > LONGEST or len(gaps) > MOST_GAPS:
        raise ValueError(
            f"{line} is not 'image labels': it has {len(line.text):,} characters in {len(gaps) + 1:,} words."
        )
    for gap in gaps:
        names = _unquoted(line.text[: gap.start()]), _unquoted(line.text[gap.end() :])
        if all(names):
            cuts.append(Cut(names, *(_find(name, line.root) for name in names)))
    whole = [(cut.names, (cut.image, cut.labels)) for cut in cuts if cut.image and cut.labels]
    if len(whole) == 1:
        return whole[0]
    if whole:
        raise ValueError(f"{line} can be read in {len(whole)} ways; put quotation marks around both names.")
    # What is missing is told of the likeliest cut: behind an image that is there, or amid an even number of words.
    likely = [cut for cut in cuts if cut.image] or (cuts[len(cuts) // 2 :] if len(cuts) % 2 else [])
    if not likely or _find(_unquoted(line.text), line.root):
        raise ValueError(f"{line} is not 'image labels': {line.text!r}.")
    name = likely[0].names[1 if likely[0].image else 0]
    raise ValueError(f"{line} names {name}, which is not under {line.root}: {_missing(name, line.root)}.")


def _unquoted(name: str) -> str:
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"" else name


def _places(name: str, root: pathlib.Path) -> list[pathlib.Path]:
    """Where a listed file may lie under `root`, the likeliest place first; a name of Windows also with slashes."""
    places = []
    for path in (name, re.sub("^[A-Za-z]:", "", name).replace("\\", "/")):
        parts = posixpath.normpath(path).lstrip("/").split("/")
        ends = () if ".." in parts or TWO_NAMES.search(path) else range(max(1, len(parts) - DEEPEST), len(parts) - 1)
        places += [root / path.lstrip("/"), *(root.joinpath(*parts[k:]) for k in ends)]
    return list(dict.fromkeys(places))


def _find(name: str, root: pathlib.Path) -> pathlib.Path | None:
    itself = [pathlib.Path(name)] if pathlib.Path(name).is_absolute() else []
    return next((path for path in [*_places(name, root), *itself] if _is_file(path)), None)


def _is_file(path: pathlib.Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be entered
        return False


def _missing(name: str, root: pathlib.Path) -> str:
    """Where it should be, and what is there in its place."""
    places = _places(name, root)
    for path in places:
        other = _of_other_case(path, root)
        if other:
            return f"there is no {path}, but there is {other}"
    return f"there is no {places[-1] if ABSOLUTE.match(name) else places[0]}"


def _of_other_case(path: pathlib.Path, root: pathlib.Path) -> pathlib.Path | None:
    """A file under `root` whose path differs in upper and lower case alone, or in how accents are written."""
    found = [root]
    for part in path.relative_to(root).parts:
        found = [child for folder in found if folder.is_dir() for child in folder.iterdir() if _alike(child.name, part)]
    return next((path for path in found if _is_file(path)), None)


def _alike(name: str, other: str) -> bool:
    return unicodedata.normalize("NFC", name).casefold() == unicodedata.normalize("NFC", other).casefold()


def _refuse_repeated(lines: Sequence[Line], names: Sequence[tuple[str, str]], pairs: Sequence[Pair]) -> None:
    """Two lines that end at one image, or at one file of labels by different names: what they mean is not there.

    Lines may share labels that they name alike, as pictures of one scene do.
    """
    images: dict[str, Line] = {}
    labels: dict[str, tuple[Line, str]] = {}
    for line, (_, name), pair in zip(lines, names, pairs, strict=True):
        image_file, labels_file = (os.path.realpath(path) for path in pair)
        if image_file == labels_file:
            raise ValueError(f"{line} names {pair[0]} as image and as labels.")
        first = images.setdefault(image_file, line)
        if first != line:
            raise ValueError(f"{_both(first, line)} end at the image {pair[0]}; list each image once.")
        first, first_name = labels.setdefault(labels_file, (line, name))
        if name != first_name:
            raise ValueError(f"{_both(first, line)} end at the labels {pair[1]}; list each by a name of its own.")


def _both(first: Line, other: Line) -> str:
    return f"Lines {first.number} and {other.number} of {other.listing} both"
