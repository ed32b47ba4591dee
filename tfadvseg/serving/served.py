"""What is served around a network's logits: signatures that take photographs of any size, as bytes or as files."""

import dataclasses

import tensorflow as tf

from tfadvseg.data.framing import Frame
from tfadvseg.serving.answers import Logits, answer
from tfadvseg.serving.encoded import MAX_PIXELS, answer_encoded
from tfadvseg.serving.servable import Servable, Signature

PHOTOGRAPHS = tf.TensorSpec((None, None, None, 3), tf.uint8, "images")
FILES = tf.TensorSpec((None,), tf.string, "image_bytes")


@dataclasses.dataclass(frozen=True)
class Served:
    """max_pixels: that a file which is sent may announce."""

    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if self.max_pixels < 1:
            raise ValueError(f"Files of 1 pixel or more are decoded; got a limit `max_pixels` of {self.max_pixels}.")


def serve(network: Servable, served: Served) -> Servable:
    """The network with the signatures that are served."""
    if network.network.classes > 256:
        raise ValueError(
            f"{network.network.path} knows {network.network.classes} classes, and label maps are served with 8 bits a "
            "pixel; join classes in its reading.json by class_map."
        )
    more = {
        "serving_default": _of_photographs(network.logits, network.frame),
        "encoded": _of_files(network.logits, network.frame, served.max_pixels),
    }
    return network.with_signatures(more)


def _of_photographs(logits: Logits, frame: Frame) -> Signature:
    """images uint8 [N, H, W, 3] of any size -> labels uint8 [N, H, W], confidence and entropy float32 [N]."""
    return lambda images: answer(logits, frame, images)._asdict(), [PHOTOGRAPHS]


def _of_files(logits: Logits, frame: Frame, max_pixels: int) -> Signature:
    """image_bytes, string [N] -> labels_bytes, string [N], confidence and entropy float32 [N]."""
    return lambda image_bytes: answer_encoded(logits, frame, image_bytes, max_pixels), [FILES]
