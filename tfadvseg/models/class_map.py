"""A map between the classes of a network and those of a dataset, from a CSV file (docs/data/datasets.md)."""

import os
import pathlib
import re
from collections.abc import Sequence

from tfadvseg.data.spreadsheet import read_rows

COLUMNS = ("model", "dataset")
NUMBER = re.compile("[0-9]{1,9}")


def read_class_map(path: str | os.PathLike[str], names: Sequence[str]) -> tuple[str, ...]:
    """For each class of a network, of these names, the dataset's class that it counts as, "" for none.

    A line is a class of the network, by its name or its number, and a class of the dataset, which may be left empty.
    ValueError names the line that does not fit.
    """
    path = pathlib.Path(path)
    rows = read_rows(path, "with the columns model and dataset")
    header = rows[0][1] if rows else []
    if sorted(word.lower() for word in header) != sorted(COLUMNS):
        raise ValueError(f"{path} has the columns {header}; a class map has the columns model and dataset.")
    own, counts_as = ([word.lower() for word in header].index(column) for column in COLUMNS)
    found: dict[int, str] = {}
    for line, row in rows[1:]:
        model, to = row[own], row[counts_as]
        if model not in names and not (NUMBER.fullmatch(model) and int(model) < len(names)):
            raise ValueError(
                f"{line} names {model!r}, which is none of the network's {len(names)} classes: {', '.join(names)}."
            )
        number = names.index(model) if model in names else int(model)
        if number in found:
            raise ValueError(f"{line} names {model!r} again.")
        found[number] = to
    if missing := [name for number, name in enumerate(names) if number not in found]:
        raise ValueError(
            f"{path} does not say what {missing[0]!r} counts as; leave its dataset empty if it is nothing."
        )
    return tuple(found[number] for number in range(len(names)))
