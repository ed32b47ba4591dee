"""Folders and files that a dataset needs, or one sentence with the path that is missing."""

import os
import pathlib
from collections.abc import Iterable


def data_folder(dataset: str, data_dir: str | None, holds: str) -> pathlib.Path:
    """`data_dir` as a path; ValueError where it is none. holds: what lies in it, in words."""
    if not data_dir:
        raise ValueError(f"The dataset {dataset} needs `data_dir`, the folder that holds {holds}.")
    folder = pathlib.Path(data_dir)
    if not folder.is_dir():
        wrong = "is a file" if folder.exists() else "does not exist"
        raise ValueError(f"The data folder {data_dir} {wrong}; `data_dir` must hold {holds}.")
    return folder


def refuse_missing(paths: Iterable[pathlib.Path], why: str) -> None:
    """ValueError names the first path that is not there, and counts the others. why: who wants them.

    Each folder is listed once, which is quicker than asking for each of ten thousand files.
    """
    names: dict[pathlib.Path, set[str]] = {}
    missing = []
    for path in paths:
        if path.parent not in names:
            names[path.parent] = set(os.listdir(path.parent)) if path.parent.is_dir() else set()
        if path.name not in names[path.parent]:
            missing.append(path)
    if missing:
        more = len(missing) - 1
        others = f", nor do {more} others" if more > 1 else ", nor does another" if more else ""
        raise ValueError(f"{missing[0]} does not exist{others}; {why}.")
