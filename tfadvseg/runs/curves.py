"""Attacks step by step, as the run folder keeps them; `engine.curves` measures them."""

import os

import pandas as pd

from tfadvseg.runs.csv_text import original

FILE = "curves.csv"
POINT = ("stage", "loss", "changed", "iou", "linf")
"""stage: of several runs that follow each other, the number of those before it. loss: mean cross-entropy in nats to the
labels that the attack was given. changed: per cent of the pixels with another prediction than on the clean image. iou:
mean IoU of the photograph in per cent; empty where it has no label. linf: largest change of a pixel's channel, in grey
levels."""
COLUMNS = ("model", "image", "attack", "epsilon", "step", *POINT)
"""A row a look at the network. step: counted over all stages; the last one is what the attack returns."""

TEXT = ("model", "image", "attack")
KINDS = {name: {"step": int, "stage": int}.get(name, float) for name in COLUMNS} | dict.fromkeys(TEXT, str)
"""What is in a column."""

NONE = pd.DataFrame(columns=list(COLUMNS))
"""Of a run in which nothing was followed."""


def read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The rows of such a file; ValueError where it lacks a column, or a name, or a number is none."""
    found = pd.read_csv(path, usecols=list(COLUMNS), dtype=KINDS, keep_default_na=False, na_values=[""])
    if found[list(TEXT)].isna().any(axis=None):
        raise ValueError("A row does not say of whom it is.")
    return found.assign(**{name: found[name].map(original) for name in TEXT})
