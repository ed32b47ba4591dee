"""Attacks step by step, as the run folder keeps them; `engine.curves` measures them."""

import os
import pathlib

import pandas as pd

FILE = "curves.csv"
POINT = ("stage", "loss", "changed", "iou", "linf")
"""stage: of several runs that follow each other, the number of those before it. loss: mean cross-entropy in nats to the
labels that the attack was given. changed: per cent of the pixels with another prediction than on the clean image. iou:
mean IoU of the photograph in per cent; empty where it has no label. linf: largest change of a pixel's channel, in grey
levels."""
COLUMNS = ("model", "image", "attack", "epsilon", "step", *POINT)
"""A row a look at the network. step: counted over all stages; the last one is what the attack returns."""


def read(folder: str | os.PathLike) -> pd.DataFrame:
    """The rows of a run folder."""
    text = dict.fromkeys(("model", "image", "attack"), str)
    return pd.read_csv(pathlib.Path(folder) / FILE, dtype=text, keep_default_na=False, na_values=[""])
