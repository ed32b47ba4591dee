"""What is served around a network's logits: signatures that take photographs of any size, as bytes or as files."""

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.models.network import PROBE
from tfadvseg.models.spec import OF_SEEDS
from tfadvseg.serving.answers import Logits, answer
from tfadvseg.serving.attacked import ServedAttack, attack_photographs
from tfadvseg.serving.defended import SEEDS, Transform, averaged, fresh_seeds, size_for_transform
from tfadvseg.serving.encoded import MAX_PIXELS, answer_encoded
from tfadvseg.serving.servable import Servable, Signature, export_servable
from tfadvseg.serving.warmup import replay, write_requests
from tfadvseg.transforms import named

FILE = pathlib.Path("assets.extra") / "serving.json"
PHOTOGRAPHS = tf.TensorSpec((None, None, None, 3), tf.uint8, "images")
EPSILONS = tf.TensorSpec((None,), tf.float32, "epsilons")
FILES = tf.TensorSpec((None,), tf.string, "image_bytes")


@dataclasses.dataclass(frozen=True)
class Served:
    """defense: a transform, as `transforms.named` knows it, over whose draws, so many `trials`, probabilities are
    averaged. attack: that is run on request, on the network without that defense. max_pixels: that a file which is sent
    may announce."""

    defense: str | None = None
    trials: int = 9
    attack: ServedAttack | None = None
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"Probabilities are averaged over 1 draw or more; got {self.trials} `trials`.")
        if self.max_pixels < math.prod(PROBE):
            raise ValueError(
                f"Files of {PROBE[0]}x{PROBE[1]} pixels, by which servers are warmed up, are decoded at least; got a "
                f"limit `max_pixels` of {self.max_pixels}."
            )


def serve(network: Servable, served: Served) -> Servable:
    """The network with the signatures that are served."""
    if network.network.classes > 256:
        raise ValueError(
            f"{network.network.path} knows {network.network.classes} classes, and label maps are served with 8 bits a "
            "pixel, 256 classes at most."
        )
    more = {
        "serving_default": _of_photographs(network.logits, network.frame),
        "encoded": _of_files(network.logits, network.frame, served.max_pixels),
    }
    if served.defense:
        more |= _of_defense(network, named(served.defense), served.trials)
    if served.attack:
        more["attacked"] = _of_attack(network, served.attack)
    return network.with_signatures(more)


def export_served(
    network: Servable,
    served: Served,
    name: str,
    added: Mapping[str, Any],
    models_folder: str | os.PathLike[str],
    made_by: Mapping[str, Any] | None = None,
) -> pathlib.Path:
    """Writes the network with what is served around it (`export_servable`), serving.json, which says what that is and
    by which revision and versions it was made, and requests to warm a server up, which it has answered; returns its
    folder.
    """
    servable = serve(network, served)

    def beside(folder: pathlib.Path) -> None:
        (folder / FILE).parent.mkdir(exist_ok=True)
        (folder / FILE).write_text(json.dumps(described(servable, served, made_by or {}), indent=1) + "\n")
        write_requests(name, {signature: specs for signature, (_, specs) in servable.signatures.items()}, folder)
        replay(folder)

    return export_servable(servable, name, added, models_folder, beside, made_by)


def described(servable: Servable, served: Served, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """What serving.json holds."""
    network = servable.network
    found: dict[str, Any] = {
        "signatures": list(servable.signatures),
        "network": {"name": network.name, "digest": network.digest},
        "max_pixels": served.max_pixels,
    }
    if served.defense:
        found |= {"defense": served.defense, "trials": served.trials}
    if served.attack:
        found |= {
            "attack": served.attack.name,
            "protocol": served.attack.protocol,
            "seed": served.attack.seed,
            "epsilons": "bounds of the perturbation in grey levels of 0..255, one for each image, 0 to 255",
            "attacked": "the network without the defense" if served.defense else "the network",
        }
    return found | dict(made_by)


def _of_photographs(logits: Logits, frame: Frame) -> Signature:
    """images uint8 [N, H, W, 3] of any size -> labels uint8 [N, H, W], confidence and entropy float32 [N]."""
    return lambda images: answer(logits, frame, images)._asdict(), [PHOTOGRAPHS]


def _of_files(logits: Logits, frame: Frame, max_pixels: int) -> Signature:
    """image_bytes, string [N] -> labels_bytes, string [N], confidence and entropy float32 [N]."""
    return lambda image_bytes: answer_encoded(logits, frame, image_bytes, max_pixels), [FILES]


def _of_defense(network: Servable, transform: Transform, trials: int) -> dict[str, Signature]:
    """As serving_default behind the transform, by draws that are others in each call, or of seeds int32 [N, 2]."""
    if OF_SEEDS in network.signatures:
        raise ValueError(
            f"{network.network.path} draws at random already, so draws of a defense could not be repeated; leave out "
            "the `transform` or the `defense`."
        )
    size_for_transform(network.network)
    scores = averaged(network.logits, transform, trials)

    def of_seeds(images: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return answer(lambda placed: scores(placed, seeds), network.frame, images)._asdict()

    return {
        "defended": (lambda images: of_seeds(images, fresh_seeds(images)), [PHOTOGRAPHS]),
        "defended_of_seeds": (of_seeds, [PHOTOGRAPHS, SEEDS]),
    }


def _of_attack(network: Servable, attack: ServedAttack) -> Signature:
    """images uint8 [N, H, W, 3] of any size, epsilons float32 [N] -> what `attack_photographs` says."""
    model = network.network
    if not model.differentiable:
        raise ValueError(f"No gradient leads to the input of {model.path}, so it is served without an attack.")
    if OF_SEEDS in network.signatures:
        raise ValueError(
            f"{model.path} is to be attacked and draws at random, so that each gradient would be another one's; leave "
            "out the `transform` or the `attack`."
        )
    return (
        lambda images, epsilons: attack_photographs(network.logits, network.frame, attack, images, epsilons),
        [PHOTOGRAPHS, EPSILONS],
    )
