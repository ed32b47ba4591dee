"""How an image is sent to an endpoint, and what of it arrives there."""

import dataclasses
import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfadvseg.endpoints.client import DEFAULT, Client
from tfadvseg.endpoints.segmentation import labels_of_file, labels_of_pixels

PIXELS, PNG = "uint8", "png"


class Parcel(NamedTuple):
    """file: of the image, or None where its pixels are sent. arrives: uint8 [H, W, 3], what the file holds."""

    file: bytes | None
    arrives: np.ndarray

    @property
    def size(self) -> int:
        """Bytes of the image."""
        return self.arrives.nbytes if self.file is None else len(self.file)


@dataclasses.dataclass(frozen=True)
class Sending:
    """name: as uint8, png or jpeg95. quality: of JPEG, else None. signature: that is asked about pixels; files are
    answered by `encoded`."""

    name: str
    quality: int | None = None
    signature: str = DEFAULT

    @classmethod
    def named(cls, name: str, signature: str = DEFAULT) -> "Sending":
        """ValueError where there is no such way, or the signature takes no files."""
        if signature != DEFAULT and name != PIXELS:
            raise ValueError(f"The signature {signature} takes pixels alone, so `send` is {PIXELS}; got {name}.")
        if name in (PIXELS, PNG):
            return cls(name, signature=signature)
        found = re.fullmatch(r"jpeg(\d{1,3})", name)
        if not found or not 1 <= int(found[1]) <= 100:
            raise ValueError(
                f"To `send` there are {PIXELS}, {PNG} and jpeg with its quality of 1 to 100, as jpeg95; got {name}."
            )
        return cls(f"jpeg{int(found[1])}", int(found[1]))

    def pack(self, image: np.ndarray) -> Parcel:
        """Of an image uint8 [H, W, 3]; JPEG as `transforms.jpeg` makes and reads it."""
        if self.name == PIXELS:
            return Parcel(None, image)
        if self.quality is None:
            return Parcel(tf.io.encode_png(image).numpy(), image)
        file = tf.io.encode_jpeg(image, quality=self.quality)
        return Parcel(file.numpy(), tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE").numpy())

    def ask(self, client: Client, parcel: Parcel, seeds: np.ndarray | None = None) -> np.ndarray:
        """The served label map uint8 [H, W]. seeds: int32 [1, 2], for a signature that takes them."""
        if parcel.file is None:
            return labels_of_pixels(client, parcel.arrives, self.signature, seeds)
        return labels_of_file(client, parcel.file, parcel.arrives.shape[:2])
