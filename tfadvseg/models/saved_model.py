"""A SavedModel as attacks and experiments see it: images in 0..255 to logits, whoever wrote it."""

import dataclasses
import hashlib
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.batches import image_to_input
from tfadvseg.models.card import Card, read
from tfadvseg.registry import choose


def _as_they_are(tensor):
    return tensor


def _reversed_channels(images):
    return tf.reverse(images, [-1])


def _log(probabilities):
    return tf.math.log(tf.maximum(probabilities, 1e-30))


CHANNEL_ORDERS = {"rgb": _as_they_are, "bgr": _reversed_channels}
OUTPUTS = {"logits": _as_they_are, "probabilities": _log}


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a SavedModel wants its images and what it returns.

    signature: its name in the file. intensity_range: the values that 0 and 255 become. channel_order: rgb or bgr.
    output: logits or probabilities.
    """

    signature: str = "logits"
    intensity_range: tuple[float, float] = (0.0, 255.0)
    channel_order: str = "rgb"
    output: str = "logits"

    def __post_init__(self):
        choose(CHANNEL_ORDERS, self.channel_order, "channel order")
        choose(OUTPUTS, self.output, "model output")
        low, high = self.intensity_range
        if not low < high:
            raise ValueError(f"An intensity range goes from its low to its high end; got {low} to {high}.")


@dataclasses.dataclass(frozen=True, eq=False)
class LoadedModel:
    """A callable from images [N, H, W, 3] to logits [N, H, W, C].

    input_size: (height, width), or None where the file leaves it open. card: None for a stranger's file. digest: of
    the graph and the weights, 16 characters of SHA-256.
    """

    name: str
    path: pathlib.Path
    input_size: tuple[int, int] | None
    classes: int
    card: Card | None
    digest: str
    reading: Reading
    _signature: Any
    _keep_alive: Any
    """The loaded object: its variables die with it."""

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> logits [N, H, W, C], differentiable."""
        low, high = self.reading.intensity_range
        images = CHANNEL_ORDERS[self.reading.channel_order](images)
        if (low, high) != (0.0, 255.0):
            images = images * ((high - low) / 255.0) + low
        (argument,) = self._signature.structured_input_signature[1]
        (output,) = self._signature(**{argument: images}).values()
        if not output.shape[1:3].is_compatible_with(images.shape[1:3]):
            raise ValueError(
                f"{self.path} returns scores of another size than its images: {_shape_text(output.shape)} for "
                f"{_shape_text(images.shape)}."
            )
        return OUTPUTS[self.reading.output](tf.ensure_shape(output, [*images.shape[:3], self.classes]))

    __call__ = logits

    @property
    def trackable(self) -> Any:
        """What holds the variables, for a module that is to be saved with them."""
        return self._keep_alive

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """{name: values} of the variables behind the signature."""
        return {variable.name.partition(":")[0]: variable.numpy() for variable in self._signature.variables}

    @property
    def pad_colour(self) -> tuple[float, float, float]:
        """RGB that fills up images smaller than the input."""
        return self.card.pad_colour if self.card else (0.0, 0.0, 0.0)

    @property
    def fit(self) -> str:
        """How a photograph becomes an input: one of data.batches.FITS."""
        return self.card.fit if self.card else "pad"

    def segment(self, photograph: tf.Tensor) -> tf.Tensor:
        """Labels int32 [H, W] of an RGB photograph [H, W, 3] of any size, in 0..255.

        Scores are resized bilinearly from the network's input size to the photograph's before the highest is taken.
        """
        shape = tuple(photograph.shape[:2])
        image, (height, width) = image_to_input(photograph, self.input_size or shape, self.pad_colour, self.fit)
        logits = self.logits(image[None])[:, :height, :width]
        return tf.argmax(tf.image.resize(logits, shape)[0], -1, tf.int32)


def load(path, **reading) -> LoadedModel:
    """Loads saved_models/<name>, its newest version, or .../<name>/<version>.

    `reading` holds the fields of Reading for a file that this package did not write. Raises ValueError, in one
    sentence that lists what the file offers, where the signature or its shapes do not fit.
    """
    folder = _version_folder(pathlib.Path(path))
    how = Reading(**reading)
    try:
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow raises whatever the damaged part happens to hit
        raise ValueError(
            f"{folder} cannot be loaded as a SavedModel; it may be damaged ({_first_line(error)})."
        ) from error
    signatures = dict(loaded.signatures)
    if how.signature not in signatures:
        raise ValueError(
            f"{folder} has no signature {how.signature!r}; it offers {_offer(signatures)}; name the one from images to "
            "logits with --signature."
        )
    signature = signatures[how.signature]
    size, classes = _shapes(folder, how.signature, signature, signatures)
    return LoadedModel(_name(folder), folder, size, classes, read(folder), _digest(folder), how, signature, loaded)


def _version_folder(path: pathlib.Path) -> pathlib.Path:
    if (path / "saved_model.pb").is_file():
        return path
    if not path.is_dir():
        raise ValueError(f"The model folder {path} does not exist; --models takes SavedModel folders.")
    versions = [child for child in path.iterdir() if child.name.isdigit() and (child / "saved_model.pb").is_file()]
    if not versions:
        raise ValueError(f"{path} holds no SavedModel: neither saved_model.pb nor a numbered version with one.")
    return max(versions, key=lambda child: int(child.name))


def _name(folder: pathlib.Path) -> str:
    folder = folder.resolve()
    return folder.parent.name if folder.name.isdigit() else folder.name


def _shapes(folder, name, signature, signatures) -> tuple[tuple[int, int] | None, int]:
    """((height, width) or None, classes) of an image-to-scores signature."""
    inputs = list(signature.structured_input_signature[1].values())
    outputs = list(signature.structured_outputs.values())
    fits = len(inputs) == len(outputs) == 1 and all(spec.shape.rank == 4 for spec in (*inputs, *outputs))
    if not fits or inputs[0].shape[-1] != 3 or inputs[0].dtype != tf.float32 or outputs[0].shape[-1] is None:
        raise ValueError(
            f"The signature {name!r} of {folder} does not go from float32 images [N, H, W, 3] to scores [N, H, W, "
            f"classes]; the file offers {_offer(signatures)}."
        )
    height, width = inputs[0].shape[1:3]
    if not outputs[0].shape[1:3].is_compatible_with((height, width)):
        raise ValueError(
            f"The signature {name!r} of {folder} returns scores of another size than its images; the file offers "
            f"{_offer(signatures)}."
        )
    return (None if None in (height, width) else (height, width)), outputs[0].shape[-1]


def _offer(signatures) -> str:
    """The signatures with their shapes, for an error."""

    def shapes(specs):
        return ", ".join(f"{key} {spec.dtype.name} {_shape_text(spec.shape)}" for key, spec in sorted(specs.items()))

    return (
        "; ".join(
            f"{name!r}: {shapes(s.structured_input_signature[1])} -> {shapes(s.structured_outputs)}"
            for name, s in sorted(signatures.items())
        )
        or "no signature at all"
    )


def _shape_text(shape) -> str:
    return "[?]" if shape.rank is None else str(["?" if side is None else side for side in shape]).replace("'", "")


def _digest(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for file in (folder / "saved_model.pb", *sorted((folder / "variables").glob("variables.*"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
