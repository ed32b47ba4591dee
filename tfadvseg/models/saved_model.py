"""A SavedModel as attacks and experiments see it: images in 0..255 to logits, whoever wrote it."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models import card, safety
from tfadvseg.models.card import Card
from tfadvseg.models.conversion import classes_last, joined, tiles, to_input, to_logits, untiled
from tfadvseg.models.labelling import labels_on_photographs
from tfadvseg.models.loading import load
from tfadvseg.models.network import PROBE, Network, open_network
from tfadvseg.models.packing import unpacked
from tfadvseg.models.reading import TILES, Reading
from tfadvseg.models.signatures import damaged
from tfadvseg.models.spec import OF_SEEDS, ModelSpec, digest_of, reread


@dataclasses.dataclass(frozen=True, eq=False)
class LoadedModel:
    """A callable from images [N, H, W, 3] to logits [N, H, W, C]. spec: what it is. card: None for a stranger's file.
    network: what is called of the file.
    """

    spec: ModelSpec
    card: Card | None
    network: Network
    _signature: Any
    _keep_alive: Any
    """The loaded object: its variables die with it."""

    @classmethod
    def open(cls, spec: ModelSpec) -> "LoadedModel":
        """Loads graph and weights; raises ValueError in one sentence where the file is damaged, is no longer what its
        spec was made of, or its graph does more than compute and nobody trusts it."""
        if not spec.trusted:
            safety.check(spec.path)
        try:
            loaded = load(spec.path)
            signature = loaded.signatures[spec.interface.signature]
        except Exception as error:  # TensorFlow raises whatever the damaged part happens to hit
            raise damaged(spec.path, error) from error
        if digest_of(spec.path) != spec.files:
            raise ValueError(
                f"The files of {spec.path} have changed since this run began; let them be, or choose another `folder`."
            )
        return cls(spec, card.read(spec.path), open_network(spec, signature), signature, loaded)

    @property
    def name(self) -> str:
        """As results know it."""
        return self.spec.name

    @property
    def path(self) -> pathlib.Path:
        """Its version folder."""
        return self.spec.path

    @property
    def classes(self) -> int:
        """Number of classes C."""
        return self.spec.classes

    @property
    def frame(self) -> Frame:
        """How a photograph becomes an input, and back."""
        return self.spec.frame

    @property
    def input_size(self) -> tuple[int, int] | None:
        """(height, width), or None where the file leaves it open."""
        return self.spec.frame.size

    @property
    def network_kind(self) -> str:
        """What is called of the file returns: logits, probabilities, sigmoid or labels."""
        return self.network.kind

    @property
    def digest(self) -> str:
        """Of the graph and the weights, 16 characters of SHA-256."""
        return self.spec.digest

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> logits [N, H, W, C], differentiable."""
        spec = self.spec
        reading, interface = spec.reading, spec.interface
        tile = spec.frame.multiple if reading.fit == TILES else None
        seen = tiles(images, tile) if tile else images
        scores = self.network.call(to_input(seen, reading, interface.layout))
        own = len(spec.mapping) or spec.classes
        logits = to_logits(scores, self.network.kind, self.network.layout, _size(seen), own)
        logits = untiled(logits, images) if tile else logits
        return self._of_dataset(logits, images)

    __call__ = logits

    def _of_dataset(self, logits: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """Logits of the network's own classes -> of those of the dataset, where these are others."""
        spec = self.spec
        if spec.mapping:
            logits = joined(logits, spec.mapping, spec.classes, spec.reading.joined)
        return tf.ensure_shape(logits, [*images.shape[:3], spec.classes])

    def features(self, images: tf.Tensor) -> tf.Tensor:
        """float32 RGB images [N, H, W, 3] in 0..255 -> what a tensor within the network holds, [N, h, w, C],
        differentiable; of an image in tiles one below the other. Which tensor, and ValueError where there is none:
        `features.open_features`."""
        tile = self.spec.frame.multiple if self.spec.reading.fit == TILES else None
        seen = tiles(images, tile) if tile else images
        found = self._features(to_input(seen, self.spec.reading, self.spec.interface.layout))
        return tf.reshape(found, [tf.shape(images)[0], -1, *found.shape[2:]]) if tile else found

    @functools.cached_property
    def _features(self) -> Callable[[tf.Tensor], tf.Tensor]:
        from tfadvseg.models.features import open_features

        with tf.init_scope():  # it may first be asked for where an attack is traced
            return open_features(self.spec, self._signature)

    def raw(self, images: tf.Tensor) -> tf.Tensor:
        """What the network returns for images [N, H, W, 3], not yet read as logits; classes on the last axis."""
        tile = self.spec.frame.multiple if self.spec.reading.fit == TILES else None
        given = to_input(tiles(images, tile) if tile else images, self.spec.reading, self.spec.interface.layout)
        return classes_last(self.network.call(given), self.network.layout)

    def read_as(self, how: Reading) -> "LoadedModel":
        """The same file with its images prepared in another way."""
        return dataclasses.replace(self, spec=reread(self.spec, how))

    def on(self, spec: ModelSpec) -> "LoadedModel":
        """The same file with the classes of a dataset (`ModelSpec.on`)."""
        return dataclasses.replace(self, spec=spec)

    def logits_of_seeds(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """The same of a model whose spec is `seeded`, by the draws of seeds int32 [N, 2], one for each image."""
        (output,) = self._keep_alive.signatures[OF_SEEDS](images=images, seeds=seeds).values()
        return self._of_dataset(output, images)

    @property
    def trackable(self) -> Any:
        """What holds the variables, for a module that is to be saved with them."""
        return self._keep_alive

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """{name: values} of the variables behind the signature."""
        return unpacked(self.path, self._signature.variables) or {
            variable.name.partition(":")[0]: variable.numpy() for variable in self._signature.variables
        }

    @property
    def differentiable(self) -> bool:
        """Whether any gradient can lead to its input."""
        return self.network.gradient

    def segment(self, photograph: tf.Tensor) -> tf.Tensor:
        """Labels int32 [H, W] of an RGB photograph [H, W, 3] of any size, in 0..255.

        Scores are resized bilinearly from the network's input size to the photograph's before the highest is taken.
        """
        image, inside = self.frame.place(photograph)
        shape = tf.shape(photograph)[:2]
        return labels_on_photographs(self.logits(image[None]), self.frame, inside, shape, tf.int32)[0]


def asked(spec: ModelSpec) -> tuple[int, bool]:
    """(How many channels the scores of a file have, by its answer to a black image, 0 for labels; whether a gradient
    can lead to its input), where its signature does not say it."""
    model = LoadedModel.open(spec)
    if model.network.kind == "labels":
        return 0, False
    height, width = spec.frame.size or spec.interface.size or PROBE
    black = to_input(tf.zeros([1, height, width, 3]), spec.reading, spec.interface.layout)
    try:
        scores = model.network.call(black)
    except Exception as error:  # whatever its graph happens to hit
        text = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{spec.path} does not say how many classes it has, and cannot be asked with an image of {height}x{width} "
            f"({text}); say its size and classes in a reading.json."
        ) from error
    if model.network.layout == "NHW":
        return 1, model.differentiable
    return int(scores.shape[1 if model.network.layout == "NCHW" else -1]), model.differentiable


def _size(images: tf.Tensor) -> Any:
    """(H, W), as numbers where these are known."""
    size = tf.TensorShape(images.shape[1:3])  # of an array, too
    return size if size.is_fully_defined() else tf.shape(images)[1:3]
