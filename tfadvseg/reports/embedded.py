"""Pictures that are part of a page, as text (data URIs), and how much room they have there."""

import base64
import dataclasses
import io
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs.examples import pixels

KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
"""By the ending of a file, the one to be preferred first: lines stay sharp at any size."""
QUALITY = 80
"""Of JPEG, for photographs and noise alike: PNG takes five times the room of the one and 50 times the time."""


@dataclasses.dataclass
class Room:
    """left: how many characters of pictures may still come. used: how many there are."""

    left: int
    used: int = 0

    def take(self, *pictures: str) -> bool:
        """Whether all of them fit; then they are counted."""
        size = sum(map(len, pictures))
        if size > self.left:
            return False
        self.left -= size
        self.used += size
        return True


def picture_file(path: pathlib.Path, room: Room) -> str:
    """A file or, where that is there and fits, the same drawn in vectors beside it; "" where there is no room."""
    for ending, kind in KINDS.items():
        other = path.with_suffix(ending)
        if other.is_file() and room.take(found := data_uri(other.read_bytes(), kind)):
            return found
    return ""


def photograph(image: np.ndarray) -> str:
    """RGB [H, W, 3] in 0..255; what an attack adds to each channel stays visible (no chroma subsampling)."""
    shown = Image.fromarray(pixels(image))
    return data_uri(_bytes(shown, "JPEG", quality=QUALITY, subsampling=0), "image/jpeg")


def label_map(labels: np.ndarray, label_space: LabelSpace) -> str:
    """Labels [H, W] in the colours of their classes, exactly."""
    shown = Image.fromarray(labels.astype(np.uint8))
    shown.putpalette(label_space.colours(np.arange(256)).tobytes())
    return data_uri(_bytes(shown, "PNG"), "image/png")


def data_uri(content: bytes, kind: str) -> str:
    """kind: its MIME type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
