"""Splits as TFDS datasets, for those who work with TFDS; nothing else here needs them.

A cache is keyed by the split's fingerprint, so other files, or another renderer, never meet an old cache. It lies where
TFDS keeps its data (TFDS_DATA_DIR, by default ~/tensorflow_datasets). Each split is prepared when it is asked for.
"""

import contextlib
import io
import math
import os
import pathlib
import shutil
import sys

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfadvseg.data import DATASETS, Dataset, Split, about
from tfadvseg.lock import locked

NAMES = {"voc": "voc_segmentation"}
"""What builders are called where TFDS has another one of the dataset's name: its `voc` has boxes."""
SPLITS = {"all": "train"}
"""What splits are called where TFDS keeps the name for itself: its `all` is all splits together, here of one."""


def builder(split: Split, cache: pathlib.Path) -> tfds.core.DatasetBuilder:
    """{"id", "image" [H, W, 3] of the split's type, "labels" uint8 [H, W, 1] with 255 ignored}, in its order."""
    shape = (None, None, 3)
    whole = split.dtype == "uint8"  # a PNG holds nothing else
    features = {
        "id": tfds.features.Text(),
        "image": tfds.features.Image(shape=shape)
        if whole
        else tfds.features.Tensor(shape=shape, dtype=np.float32, encoding=tfds.features.Encoding.ZLIB),
        "labels": tfds.features.LabeledImage(labels=256, shape=(None, None, 1)),  # class indices and 255
    }
    examples = (
        (i, {"id": name, "image": image, "labels": labels[..., None]}) for i, (name, image, labels) in enumerate(split)
    )
    own = f"The split {split.name} of {split.dataset}, labelled by pixel."
    return tfds.dataset_builders.AdhocBuilder(
        name=_name(split),
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={SPLITS.get(split.name, split.name): examples},
        data_dir=str(cache),
        disable_shuffling=True,
        description=f"{own}\n\n{about(split.dataset)}" if split.dataset in DATASETS else own,
    )


def load_examples(dataset: Dataset, data_dir: str | None, split: str) -> tf.data.Dataset:
    """All examples of a split in order, through the TFDS cache, which the first call fills."""
    chosen = dataset.split(data_dir, split)
    folder = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser() / "tfadvseg"
    cache = folder / chosen.fingerprint()[:16]
    try:
        made = builder(chosen, cache)
        if not made.is_prepared():
            made = _prepared(chosen, cache)
        return made.as_dataset(split=chosen.name, shuffle_files=False)
    except (OSError, AssertionError, RuntimeError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"The cache {cache} cannot be written ({reason}); set TFDS_DATA_DIR to another folder, or make room "
            "there, delete it and start again."
        ) from error


def _prepared(split: Split, cache: pathlib.Path) -> tfds.core.DatasetBuilder:
    """Fills the cache, or waits while another process does; what a killed one left half made is deleted first."""
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / ".lock", wait=math.inf):
        made = builder(split, cache)
        if made.is_prepared():
            return made
        print(f"Preparing {split.dataset} {split.name} (once; kept in {cache}) ...", file=sys.stderr, flush=True)
        for half in cache.glob(f"{_name(split)}/*"):
            shutil.rmtree(half)
        with contextlib.redirect_stdout(io.StringIO()):  # its bars on stderr are enough; stdout is for results
            made.download_and_prepare()
        return made


def _name(split: Split) -> str:
    return NAMES.get(split.dataset, split.dataset)
