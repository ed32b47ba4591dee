"""Image files in memory, for requests."""

import io

import numpy as np
from PIL import Image


def file_of(array, kind="PNG", mode=None, **settings):
    """The bytes of an image [H, W] or [H, W, channels]."""
    stream = io.BytesIO()
    Image.fromarray(array, mode).save(stream, kind, **settings)
    return stream.getvalue()


def array_of(file):
    """What an image file holds."""
    return np.asarray(Image.open(io.BytesIO(file)))
