"""A network with its signatures, and its SavedModel: written whole, with the card, and safe to load by anybody."""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models import packing, reading, safety
from tfadvseg.models.card import Card, numbers
from tfadvseg.models.postprocessed import Model, PostprocessedModel
from tfadvseg.models.reading import PLAIN, Reading
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import OF_A_SCALE, OF_SEEDS
from tfadvseg.serving.export import write_version

Signature = tuple[Callable[..., Mapping[str, tf.Tensor]], list[tf.TensorSpec]]
"""(function, what it takes)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Servable:
    """A network with its signatures by name, of which `logits` says what the network is."""

    network: LoadedModel
    signatures: Mapping[str, Signature]

    @property
    def frame(self) -> Frame:
        """How a photograph becomes an input of `logits`."""
        return self.network.frame

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """Images float32 [N, H, W, 3] in 0..255 of the network's size -> logits [N, H, W, C]."""
        return self.signatures["logits"][0](images)["logits"]

    def with_signatures(self, more: Mapping[str, Signature]) -> "Servable":
        """The same with further ones."""
        return Servable(self.network, {**self.signatures, **more})

    def save(self, folder: pathlib.Path) -> None:
        """Writes graph and variables."""
        module = tf.Module()
        module.kept = self.network.trackable  # the variables go with it
        signatures = {name: _endpoint(name, *signature) for name, signature in self.signatures.items()}
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
        tf.saved_model.save(module, str(folder), signatures, options)


def _endpoint(name: str, function: Callable[..., Mapping[str, tf.Tensor]], specs: list[tf.TensorSpec]) -> Any:
    """A signature under its own name, by which errors of a server tell it."""

    def call(*given: tf.Tensor) -> Mapping[str, tf.Tensor]:
        return function(*given)

    call.__name__ = name
    return tf.function(call, specs)


def of_file(model: LoadedModel) -> Servable:
    """A network as it is, with all signatures of its logits: those of scales, and of seeds."""
    signatures: dict[str, Signature] = {"logits": of_logits(model)}
    if model.spec.interface.signature == "logits" and not model.spec.stranger:
        loaded = model.trackable.signatures
        for name in filter(lambda name: name == OF_SEEDS or OF_A_SCALE.fullmatch(name), loaded):
            signatures[name] = _again(loaded[name])
    return Servable(model, signatures)


def _again(loaded: Any) -> Signature:
    """A loaded signature, which takes its tensors by their names."""
    specs = [tf.TensorSpec(one.shape, one.dtype, key) for key, one in loaded.structured_input_signature[1].items()]
    return lambda *given: loaded(**{spec.name: one for spec, one in zip(specs, given, strict=True)}), specs


def of_logits(model: Model) -> Signature:
    """The signature `logits` of a model, images float32 [N, H, W, 3] -> logits, differentiable."""
    images = tf.TensorSpec((None, *(model.spec.frame.size or (None, None)), 3), tf.float32, "images")
    return lambda images: {"logits": model.logits(images)}, [images]


def postprocessed(model: PostprocessedModel) -> Servable:
    """The model with what follows it, such as a dense CRF, behind the signature `logits`."""
    return Servable(model.model, {"logits": of_logits(model)})


def export_servable(
    servable: Servable,
    name: str,
    added: Mapping[str, Any],
    models_folder: str | os.PathLike[str],
    beside: Callable[[pathlib.Path], object] = lambda folder: None,
    made_by: Mapping[str, Any] | None = None,
) -> pathlib.Path:
    """Writes it as the next version of <models_folder>/<name>; returns its folder.

    added: what stands around the network, for its card, whose scores and provenance stay as they were where that is
    nothing. The card says the frame that is served, whatever reading it came from. The new SavedModel takes images and
    gives logits by this package's convention, whatever the network's own file wants; where it takes images of any size,
    a reading.json keeps what their sides must be multiples of. beside: is given the folder when the graph lies in it,
    to add files and to try it; where it raises, nothing is left. made_by: revision and versions, which the card gets as
    `exported`. ValueError where the graph does more than compute, unless the network's own file is trusted to.
    """
    network = servable.network
    frame = servable.frame
    card = dataclasses.replace(_card(network), name=name, input_size=frame.size, fit=frame.fit, pad_colour=frame.colour)
    if added:
        history = {"added": dict(added), "network": {"name": network.name, "digest": network.digest}}
        history |= {"of the network": network.card.provenance} if network.card else {}
        card = dataclasses.replace(card, scores={}, provenance=history)
    if made_by:
        card = dataclasses.replace(card, provenance=card.provenance | {"exported": dict(made_by)})

    def write(folder: pathlib.Path) -> None:
        servable.save(folder)
        if frame.multiple != PLAIN.multiple:
            reading.write(Reading(multiple=frame.multiple, fit=frame.fit, colour=frame.colour), folder)
        if (network.path / packing.FILE).is_file():
            (folder / packing.FILE).parent.mkdir(exist_ok=True)
            shutil.copy(network.path / packing.FILE, folder / packing.FILE)
        if not network.spec.trusted:
            safety.check(folder)
        beside(folder)

    return write_version(card, models_folder, write)


def _card(model: LoadedModel) -> Card:
    """The network's card, or what can be said of a stranger's."""
    if model.card:
        return model.card
    names = numbers(model.classes)
    grey = [round(255 * i / max(1, model.classes - 1)) for i in range(model.classes)]
    palette = tuple((level, level, level) for level in grey)
    frame = model.frame
    return Card(model.name, "unknown", names, palette, frame.size, frame.colour, 0, {}, {}, frame.fit)
