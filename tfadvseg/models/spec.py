"""A model that is not open yet: where it lies and what its files say, without a variable in memory.

Experiments are made of these. They can be compared, sent to other processes, and opened where and when they are needed.
"""

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from tfadvseg.data.framing import Frame
from tfadvseg.models.card import read
from tfadvseg.models.reading import Reading

Refinement = Callable[[Any, Any], Any]
"""(logits [N, H, W, C], images [N, H, W, 3]) -> logits: a frozen dataclass, whose text goes into the digest."""


OF_SEEDS = "logits_of_seeds"
"""The signature of a model that draws at random: (images, seeds int32 [N, 2]) -> logits."""


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """name: as results know it. path: the SavedModel's version folder. files: 16 characters of SHA-256 over its graph
    and weights. frame: how a photograph becomes its input. refinement: what follows the network, such as a dense CRF.
    seeded: it draws at random, and its file also takes the seeds of its draws.
    """

    name: str
    path: pathlib.Path
    files: str
    classes: int
    frame: Frame
    reading: Reading = Reading()
    refinement: Refinement | None = None
    seeded: bool = False

    @property
    def digest(self) -> str:
        """Of all that decides its answers: graph, weights, how photographs become inputs, what follows the network."""
        return hashlib.sha256(f"{self.files} {self.frame} {self.refinement}".encode()).hexdigest()[:16]

    @property
    def bare(self) -> "ModelSpec":
        """The network without its refinement, under the name of its folder; models of one file have the same."""
        return dataclasses.replace(self, name=_name(self.path), refinement=None)

    def open(self):
        """The model, callable from images [N, H, W, 3] to logits [N, H, W, C]."""
        from tfadvseg.models.saved_model import LoadedModel

        if self.refinement is None:
            return LoadedModel.open(self)
        from tfadvseg.models.postprocessed import PostprocessedModel

        return PostprocessedModel(LoadedModel.open(self.bare), self)


def describe(path, **reading) -> ModelSpec:
    """What saved_models/<name>, its newest version, or .../<name>/<version> is, from its files.

    `reading` holds the fields of Reading for a file that this package did not write. Raises ValueError, in one
    sentence that lists what the file offers, where the signature or its shapes do not fit.
    """
    folder = _version_folder(pathlib.Path(path))
    how = Reading(**reading)
    signatures = _signatures(folder)
    size, classes = _shapes(folder, how.signature, signatures)
    card = read(folder)
    frame = Frame(size, card.fit, card.pad_colour) if card else Frame(size)
    seeded = set(signatures[OF_SEEDS].inputs) == {"images", "seeds"} if OF_SEEDS in signatures else False
    return ModelSpec(_name(folder), folder, _digest(folder), classes, frame, how, seeded=seeded and how == Reading())


def _version_folder(path: pathlib.Path) -> pathlib.Path:
    if (path / "saved_model.pb").is_file():
        return path
    if not path.is_dir():
        raise ValueError(f"The model folder {path} does not exist; a model is a SavedModel's folder.")
    versions = [child for child in path.iterdir() if child.name.isdigit() and (child / "saved_model.pb").is_file()]
    if not versions:
        raise ValueError(f"{path} holds no SavedModel: neither saved_model.pb nor a numbered version with one.")
    return max(versions, key=lambda child: int(child.name))


def _name(folder: pathlib.Path) -> str:
    folder = folder.resolve()
    return folder.parent.name if folder.name.isdigit() else folder.name


def _signatures(folder: pathlib.Path) -> Mapping[str, Any]:
    """{name: SignatureDef} of the graph in the file."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = SavedModel()
    try:
        file.ParseFromString((folder / "saved_model.pb").read_bytes())
        signatures = file.meta_graphs[0].signature_def
    except (DecodeError, IndexError) as error:
        raise damaged(folder, error) from error
    return {name: signature for name, signature in signatures.items() if name != "__saved_model_init_op"}


def damaged(folder: pathlib.Path, error: Exception) -> ValueError:
    """The sentence about a SavedModel that cannot be read."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return ValueError(f"{folder} cannot be loaded as a SavedModel; it may be damaged ({text}).")


def _shapes(folder, name, signatures) -> tuple[tuple[int, int] | None, int]:
    """((height, width) or None, classes) of an image-to-scores signature."""
    if name not in signatures:
        raise ValueError(
            f"{folder} has no signature {name!r}; it offers {_offer(signatures)}; name the one from images to logits "
            "as `signature`."
        )
    inputs, outputs = (list(infos.values()) for infos in (signatures[name].inputs, signatures[name].outputs))
    image, scores = (_sides(infos[0]) if len(infos) == 1 else None for infos in (inputs, outputs))
    if image is None or scores is None or not _from_images_to_scores(inputs[0].dtype, image, scores):
        raise ValueError(
            f"The signature {name!r} of {folder} does not go from float32 images [N, H, W, 3] to scores [N, H, W, "
            f"classes]; the file offers {_offer(signatures)}."
        )
    height, width = image[1:3]
    if any(None not in pair and pair[0] != pair[1] for pair in zip(image[1:3], scores[1:3], strict=True)):
        raise ValueError(
            f"The signature {name!r} of {folder} returns scores of another size than its images; the file offers "
            f"{_offer(signatures)}."
        )
    return (None if height is None or width is None else (height, width)), int(scores[-1] or 0)


def _from_images_to_scores(dtype: int, image: list[int | None], scores: list[int | None]) -> bool:
    import tensorflow as tf

    fits = len(image) == len(scores) == 4 and image[-1] == 3 and scores[-1] is not None
    return fits and dtype == tf.float32.as_datatype_enum


def _sides(info) -> list[int | None] | None:
    """A tensor's shape; None for an unknown rank, and for each unknown side."""
    if info.tensor_shape.unknown_rank:
        return None
    return [side.size if side.size >= 0 else None for side in info.tensor_shape.dim]


def _offer(signatures) -> str:
    """The signatures with their shapes, for an error."""
    import tensorflow as tf

    def shapes(infos):
        named = sorted(infos.items())
        return ", ".join(f"{key} {tf.dtypes.as_dtype(i.dtype).name} {shape_text(_sides(i))}" for key, i in named)

    offered = (f"{name!r}: {shapes(s.inputs)} -> {shapes(s.outputs)}" for name, s in sorted(signatures.items()))
    return "; ".join(offered) or "no signature at all"


def shape_text(shape) -> str:
    """A shape as [?, 192, 256, 3]."""
    return "[?]" if shape is None else str(["?" if side is None else side for side in shape]).replace("'", "")


def _digest(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for file in (folder / "saved_model.pb", *sorted((folder / "variables").glob("variables.*"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
