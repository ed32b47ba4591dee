"""A dataset: its name, its classes and the names of its parts."""

import dataclasses
from collections.abc import Callable

from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Split


@dataclasses.dataclass(frozen=True)
class Dataset:
    """name: in the table. splits: the names of its parts. open: (data_dir, name of a part) -> that Split."""

    name: str
    label_space: LabelSpace
    splits: tuple[str, ...]
    open: Callable[[str | None, str], Split]

    def split(self, data_dir: str | None, name: str) -> Split:
        """The photographs of that part of the dataset; `val` is short for `validation`.

        data_dir: the folder with the dataset's files, where it needs any. ValueError where the dataset has no such
        part, or the folder does not hold it.
        """
        return self.open(data_dir, split_name(self, name))


def split_name(dataset: Dataset, split: str) -> str:
    """The split's one name; `val` is short for `validation`."""
    split = "validation" if split == "val" else split
    if split not in dataset.splits:
        raise ValueError(f"{dataset.name} has no split {split!r}; choose one of: {', '.join(sorted(dataset.splits))}.")
    return split
