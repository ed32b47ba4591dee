"""The TFDS builders, one a dataset, each on its raw reader; and loading through their cache.

A cache is keyed by the fingerprint of what it was made from, so other files, or another renderer, never meet an old
cache. It lies where TFDS keeps its data (TFDS_DATA_DIR, by default ~/tensorflow_datasets).
"""

import contextlib
import hashlib
import io
import os
import pathlib
import sys

import tensorflow as tf
import tensorflow_datasets as tfds

from tfadvseg.data import DATASETS, Dataset


class _Builder(tfds.core.GeneratorBasedBuilder):
    """{"id", "image" uint8 [H, W, 3], "labels" uint8 [H, W, 1] with 255 ignored}, in the order of the split's list."""

    VERSION = tfds.core.Version("1.0.0")
    SKIP_REGISTERING = True
    dataset: Dataset

    def _info(self):
        features = {
            "id": tfds.features.Text(),
            "image": tfds.features.Image(shape=(None, None, 3)),
            "labels": tfds.features.LabeledImage(
                labels=256, shape=(None, None, 1)  # class indices and 255
            ),
        }  # fmt: skip
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features), description=self.__doc__, disable_shuffling=True
        )

    def _split_generators(self, dl_manager):
        folder = str(dl_manager.manual_dir) if self.dataset.manual else None
        return {name: self._generate_examples(folder, name) for name in self.dataset.available(folder)}

    def _generate_examples(self, folder, split):
        for number, (name, image, labels) in enumerate(self.dataset.read(folder, split)):
            yield number, {"id": name, "image": image, "labels": labels[..., None]}


class Camvid(_Builder):
    """CamVid, 11 classes, from a manual folder."""

    name = "camvid"
    MANUAL_DOWNLOAD_INSTRUCTIONS = "The folder with train.txt, val.txt and the files that they list."
    dataset = DATASETS["camvid"]


class Scenes(_Builder):
    """Rendered road scenes with CamVid's classes."""

    name = "scenes"
    dataset = DATASETS["scenes"]


BUILDERS = {"camvid": Camvid, "scenes": Scenes}


def fingerprint(dataset: Dataset, data_dir: str | None) -> str:
    """SHA-256 over whatever decides the dataset's content: the files' names and bytes, or the renderer's source."""
    digest = hashlib.sha256()
    for file in dataset.sources(data_dir):
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def load_examples(dataset: Dataset, data_dir: str | None, split: str) -> tf.data.Dataset:
    """All examples of a split in order, through the TFDS cache, which the first call fills."""
    key = fingerprint(dataset, data_dir)[:16]
    cache = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser() / "tfadvseg" / key
    try:
        builder = BUILDERS[dataset.name](data_dir=str(cache))
        if not builder.data_path.exists():
            print(f"Preparing the dataset {dataset.name} (once; kept in {cache}) ...", file=sys.stderr, flush=True)
            config = tfds.download.DownloadConfig(manual_dir=data_dir, verify_ssl=True)
            with contextlib.redirect_stdout(io.StringIO()):  # its bars on stderr are enough; stdout is for results
                builder.download_and_prepare(download_config=config)
    except OSError as error:
        raise ValueError(
            f"The cache {cache} cannot be written ({error}); set TFDS_DATA_DIR to another folder."
        ) from error
    if split not in builder.info.splits:
        raise ValueError(
            f"{data_dir} holds no {split} split of {dataset.name}; it has {', '.join(builder.info.splits)}."
        )
    return builder.as_dataset(split=split, shuffle_files=False)
