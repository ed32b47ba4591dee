"""The labelled photographs of one part of a dataset, by index."""

import contextlib
import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tfadvseg.data.digest import digest
from tfadvseg.data.files import Unreachable


class Example(NamedTuple):
    """A labelled photograph. image: [H, W, 3] in 0..255, uint8, or float32 where a dataset shrinks its photographs;
    labels: uint8 [H, W], void is 255."""

    id: str
    image: np.ndarray
    labels: NDArray[np.uint8]


class Damaged(ValueError):
    """A photograph of a split that will not do by what its files hold, so whenever it is read. id: its name."""

    def __init__(self, id: str, sentence: str):
        super().__init__(sentence)
        self.id = id


class Examples(Protocol):
    """Labelled photographs by index: a `Split`, or a list of examples in memory."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[str, np.ndarray, NDArray[np.uint8]]: ...


@dataclasses.dataclass(frozen=True)
class Split:
    """The labelled photographs of one part of a dataset, each read when it is asked for.

    ids, groups: of each photograph; those of one group are alike, as frames of one second of a drive are: statistics
    draw groups. origins: for each what `read` is given, paths or numbers. read: *origin -> (image, labels); a function
    of a module or a frozen dataclass, so that a split can be sent to another process. sources: files that decide all
    photographs, as a renderer's code does. dtype: of the images, uint8 or float32.
    """

    dataset: str
    name: str
    ids: tuple[str, ...] = dataclasses.field(repr=False)
    groups: tuple[str, ...] = dataclasses.field(repr=False)
    origins: tuple[tuple[Any, ...], ...] = dataclasses.field(repr=False)
    read: Callable[..., tuple[np.ndarray, NDArray[np.uint8]]] = dataclasses.field(repr=False)
    sources: tuple[pathlib.Path, ...] = dataclasses.field(default=(), repr=False)
    dtype: str = dataclasses.field(default="uint8", repr=False)

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.groups) == len(self.origins):
            raise ValueError(
                "A split needs a group and an origin for each id; got "
                f"{len(self.ids)} ids, {len(self.groups)} groups and {len(self.origins)} origins."
            )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Example:
        """The example of that index, read now. Damaged, a ValueError, names a file that will not do; Unreachable, one,
        too, a file that cannot be read now."""
        try:
            return Example(self.ids[index], *self.read(*self.origins[index]))
        except Unreachable:
            raise
        except ValueError as error:
            raise Damaged(self.ids[index], " ".join(str(error).split())) from error

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))

    def chosen(self, every: int = 1, limit: int = 0) -> "Split":
        """Every n-th photograph in the order of the split, and `limit` of these (0 for all), spread evenly over them:
        neighbours in a list are often neighbours in a video."""
        if every < 1 or limit < 0:
            raise ValueError(f"Choose every 1st or later photograph and a limit of 0 or more; got {every} and {limit}.")
        kept = list(range(0, len(self), every))
        if 0 < limit < len(kept):
            kept = [kept[i * len(kept) // limit] for i in range(limit)]
        return self._of(kept)

    def only(self, index: int) -> "Split":
        """That photograph alone."""
        return self._of([index])

    def readable(self) -> Iterator[Example]:
        """Those that are not damaged, each read when it is asked for."""
        for index in range(len(self)):
            with contextlib.suppress(Damaged):
                yield self[index]

    def _of(self, kept: list[int]) -> "Split":
        ids, groups = (tuple(part[i] for i in kept) for part in (self.ids, self.groups))
        return dataclasses.replace(self, ids=ids, groups=groups, origins=tuple(self.origins[i] for i in kept))

    def fingerprint(self) -> str:
        """SHA-256 in hex over whatever decides the content of exactly these photographs, in their order.

        These are their ids, the names and bytes of their files, and the numbers and the code from which they are drawn.
        Bytes are read once (see `digest`).
        """
        parts = [part for origin in self.origins for part in origin]
        files = [*self.sources, *(part for part in parts if isinstance(part, pathlib.Path))]
        others = [part for part in parts if not isinstance(part, pathlib.Path)]
        return hashlib.sha256(repr((self.dataset, self.ids, others, digest(files))).encode()).hexdigest()
